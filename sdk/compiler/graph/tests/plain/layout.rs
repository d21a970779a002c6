use scoregate_graph::ops::{Layout, Op, PadMode};

use super::{Value, f32s, given, i64s, refusal, run, texts, trial};

fn table() -> Value {
    f32s(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
}

fn op(layout: Layout) -> Op {
    Op::Layout(layout)
}

fn list(numbers: &[i64]) -> Value {
    i64s(&[numbers.len()], numbers)
}

#[test]
fn dimensions_are_worked_out() {
    let reshape = |wanted: &[i64]| {
        run(
            op(Layout::Reshape { allow_zero: false }),
            &[table(), list(wanted)],
        )
    };
    assert_eq!(reshape(&[3, -1]).shape().dims(), [3, 2]);
    assert_eq!(reshape(&[0, 1, -1]).shape().dims(), [2, 1, 3]);
    assert_eq!(reshape(&[6]).shape().dims(), [6]);
    for wanted in [
        &[4, -1][..],
        &[-1, -1],
        &[7],
        &[-2, 3],
        &[i64::MAX, 2],
        &[2, 3, 0],
    ] {
        refusal(
            op(Layout::Reshape { allow_zero: false }),
            &[table(), list(wanted)],
        );
    }
    let empty = f32s(&[0, 3], &[]);
    let made = run(
        op(Layout::Reshape { allow_zero: true }),
        &[empty.clone(), list(&[3, 0])],
    );
    assert_eq!(made.shape().dims(), [3, 0]);
    assert_eq!(
        run(
            op(Layout::Reshape { allow_zero: false }),
            &[empty, list(&[-1, 3])]
        )
        .shape()
        .dims(),
        [0, 3]
    );
    let flatten = |axis| run(op(Layout::Flatten { axis }), &[f32s(&[2, 1, 2], &[0.0; 4])]);
    assert_eq!(flatten(0).shape().dims(), [1, 4]);
    assert_eq!(flatten(-1).shape().dims(), [2, 2]);
    assert_eq!(flatten(3).shape().dims(), [4, 1]);
    let squeeze = |axes| op(Layout::Squeeze { axes });
    let value = f32s(&[1, 2, 1], &[1.0, 2.0]);
    assert_eq!(
        run(squeeze(None), std::slice::from_ref(&value))
            .shape()
            .dims(),
        [2]
    );
    assert_eq!(
        run(squeeze(Some(vec![-1])), std::slice::from_ref(&value))
            .shape()
            .dims(),
        [1, 2]
    );
    refusal(squeeze(Some(vec![1])), std::slice::from_ref(&value));
    assert_eq!(
        run(op(Layout::Unsqueeze { axes: vec![-1, 0] }), &[table()])
            .shape()
            .dims(),
        [1, 2, 3, 1]
    );
    refusal(op(Layout::Unsqueeze { axes: vec![1, 1] }), &[table()]);
    let shape = |start, end| run(op(Layout::Shape { start, end }), &[table()]);
    assert_eq!(shape(0, None), list(&[2, 3]));
    assert_eq!(shape(-1, Some(9)), list(&[3]));
    assert_eq!(shape(2, Some(1)), list(&[]));
    assert_eq!(run(op(Layout::Size), &[table()]), i64s(&[], &[6]));
}

#[test]
fn tensors_are_joined_and_taken_apart() {
    let concat = |axis| op(Layout::Concat { axis });
    let column = f32s(&[2, 1], &[7.0, 8.0]);
    let joined = f32s(&[2, 5], &[7.0, 1.0, 2.0, 3.0, 7.0, 8.0, 4.0, 5.0, 6.0, 8.0]);
    assert_eq!(
        run(concat(1), &[column.clone(), table(), column.clone()]),
        joined
    );
    assert_eq!(run(concat(-2), &[table(), table()]).shape().dims(), [4, 3]);
    let words = [texts(&[1, 1], &["a"]), texts(&[1, 2], &["b", "c"])];
    assert_eq!(run(concat(1), &words), texts(&[1, 3], &["a", "b", "c"]));
    refusal(concat(0), &[table(), column]);
    refusal(concat(0), &[table(), i64s(&[1, 3], &[0; 3])]);
    refusal(concat(2), &[table(), table()]);
    let split = |parts, sizes: Option<Value>| {
        given(
            &op(Layout::Split { axis: 1, parts }),
            &[Some(table()), sizes],
            &[],
            false,
        )
    };
    assert_eq!(
        split(2, Some(list(&[1, 2]))).unwrap(),
        [
            f32s(&[2, 1], &[1.0, 4.0]),
            f32s(&[2, 2], &[2.0, 3.0, 5.0, 6.0])
        ]
    );
    assert_eq!(split(2, None).unwrap()[1], f32s(&[2, 1], &[3.0, 6.0]));
    assert!(split(2, Some(list(&[1, 1]))).is_err());
    assert!(split(3, Some(list(&[-1, 2, 2]))).is_err());
}

#[test]
fn parts_are_cut() {
    let slice = |numbers: [&[i64]; 4]| {
        let mut inputs = vec![Some(table())];
        inputs.extend(numbers.map(|numbers| Some(list(numbers))));
        given(&op(Layout::Slice), &inputs, &[], false).map(|mut made| made.remove(0))
    };
    assert_eq!(
        slice([&[1], &[3], &[1], &[1]]).unwrap(),
        f32s(&[2, 2], &[2.0, 3.0, 5.0, 6.0])
    );
    assert_eq!(
        slice([&[-1], &[i64::MIN], &[-1], &[-2]]).unwrap(),
        f32s(&[2, 2], &[3.0, 1.0, 6.0, 4.0])
    );
    assert_eq!(
        slice([&[0, 9], &[i64::MAX, 99], &[0, 1], &[1, 1]]).unwrap(),
        f32s(&[2, 0], &[])
    );
    assert_eq!(
        slice([&[0], &[3], &[1], &[i64::MAX]]).unwrap(),
        f32s(&[2, 1], &[1.0, 4.0])
    );
    assert!(slice([&[0], &[3], &[1], &[0]]).is_err());
    assert!(slice([&[0], &[3], &[2], &[1]]).is_err());
    assert!(slice([&[0], &[3, 3], &[0], &[1]]).is_err());
}

#[test]
fn tensors_grow() {
    let row = f32s(&[1, 2], &[1.0, 2.0]);
    let made = run(op(Layout::Expand), &[row.clone(), list(&[2, 1])]);
    assert_eq!(made, f32s(&[2, 2], &[1.0, 2.0, 1.0, 2.0]));
    assert_eq!(
        run(op(Layout::Expand), &[f32s(&[], &[3.0]), list(&[0, 2])]),
        f32s(&[0, 2], &[])
    );
    refusal(
        op(Layout::Expand),
        &[row.clone(), list(&[1 << 20, 1 << 20, 2])],
    );
    refusal(op(Layout::Expand), &[row.clone(), list(&[-1])]);
    let made = run(op(Layout::Tile), &[row.clone(), list(&[2, 2])]);
    assert_eq!(
        made,
        f32s(&[2, 4], &[1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0])
    );
    refusal(op(Layout::Tile), &[row.clone(), list(&[1 << 40, 1 << 40])]);
    refusal(op(Layout::Tile), &[row.clone(), list(&[2])]);
    let pad = |mode, pads: &[i64]| {
        run(
            op(Layout::Pad { mode }),
            &[f32s(&[3], &[1.0, 2.0, 3.0]), list(pads)],
        )
    };
    assert_eq!(
        pad(PadMode::Constant, &[1, 2]),
        f32s(&[6], &[0.0, 1.0, 2.0, 3.0, 0.0, 0.0])
    );
    assert_eq!(
        pad(PadMode::Edge, &[1, 1]),
        f32s(&[5], &[1.0, 1.0, 2.0, 3.0, 3.0])
    );
    assert_eq!(
        pad(PadMode::Reflect, &[2, 1]),
        f32s(&[6], &[3.0, 2.0, 1.0, 2.0, 3.0, 2.0])
    );
    assert_eq!(
        pad(PadMode::Wrap, &[1, 1]),
        f32s(&[5], &[3.0, 1.0, 2.0, 3.0, 1.0])
    );
    assert_eq!(pad(PadMode::Constant, &[-1, 0]), f32s(&[2], &[2.0, 3.0]));
    refusal(
        op(Layout::Pad {
            mode: PadMode::Edge,
        }),
        &[row.clone(), list(&[0, 0, 0, i64::MAX])],
    );
    refusal(
        op(Layout::Pad {
            mode: PadMode::Edge,
        }),
        &[row, list(&[-9, 0, 0, 0])],
    );
}

#[test]
fn dimensions_change_places() {
    let transpose = |order: Option<Vec<i64>>| op(Layout::Transpose { order });
    assert_eq!(
        run(transpose(None), &[table()]),
        f32s(&[3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0])
    );
    let cube: Vec<f32> = (0..8).map(|nth| nth as f32).collect();
    let made = run(transpose(Some(vec![1, 2, 0])), &[f32s(&[2, 2, 2], &cube)]);
    assert_eq!(
        made,
        f32s(&[2, 2, 2], &[0.0, 4.0, 1.0, 5.0, 2.0, 6.0, 3.0, 7.0])
    );
    refusal(transpose(Some(vec![0, 0])), &[table()]);
    refusal(transpose(Some(vec![0])), &[table()]);
    let square = f32s(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(
        run(
            op(Layout::Trilu { upper: true }),
            std::slice::from_ref(&square)
        ),
        f32s(&[2, 2], &[1.0, 2.0, 0.0, 4.0])
    );
    assert_eq!(
        run(
            op(Layout::Trilu { upper: false }),
            &[square, i64s(&[], &[-1])]
        ),
        f32s(&[2, 2], &[0.0, 0.0, 3.0, 0.0])
    );
}

#[test]
fn elements_are_picked_by_place() {
    let gather = |axis| op(Layout::Gather { axis });
    assert_eq!(
        run(gather(1), &[table(), list(&[2, -3])]),
        f32s(&[2, 2], &[3.0, 1.0, 6.0, 4.0])
    );
    assert_eq!(
        run(gather(1), &[table(), i64s(&[], &[1])]),
        f32s(&[2], &[2.0, 5.0])
    );
    assert_eq!(
        run(gather(0), &[table(), list(&[1])]),
        f32s(&[1, 3], &[4.0, 5.0, 6.0])
    );
    let refused = refusal(gather(0), &[table(), list(&[2])]);
    assert_eq!(refused, "the place 2 of a dimension of 2 elements");
    refusal(gather(0), &[table(), list(&[i64::MIN])]);
    assert_eq!(
        trial(gather(0), &[table(), list(&[2])]).unwrap(),
        [f32s(&[1, 3], &[1.0, 2.0, 3.0])]
    );
    let elements = op(Layout::GatherElements { axis: 1 });
    assert_eq!(
        run(elements.clone(), &[table(), i64s(&[2, 1], &[2, 0])]),
        f32s(&[2, 1], &[3.0, 4.0])
    );
    refusal(elements.clone(), &[table(), i64s(&[3, 1], &[0; 3])]);
    refusal(elements, &[table(), i64s(&[2, 1], &[3, 0])]);
    let nd = |batch| op(Layout::GatherNd { batch });
    assert_eq!(
        run(nd(0), &[table(), i64s(&[2, 2], &[0, 1, 1, -1])]),
        f32s(&[2], &[2.0, 6.0])
    );
    assert_eq!(
        run(nd(1), &[table(), i64s(&[2, 1], &[2, 0])]),
        f32s(&[2], &[3.0, 4.0])
    );
    refusal(nd(9), &[table(), i64s(&[2, 1], &[2, 0])]);
    refusal(nd(0), &[table(), i64s(&[1, 3], &[0; 3])]);
    let scatter = op(Layout::ScatterElements { axis: 1 });
    let made = run(
        scatter.clone(),
        &[table(), i64s(&[2, 1], &[1, -1]), f32s(&[2, 1], &[8.0, 9.0])],
    );
    assert_eq!(made, f32s(&[2, 3], &[1.0, 8.0, 3.0, 4.0, 5.0, 9.0]));
    refusal(
        scatter,
        &[table(), i64s(&[2, 1], &[1, 2]), f32s(&[1, 1], &[8.0])],
    );
}

#[test]
fn places_become_elements() {
    let hot = run(
        op(Layout::OneHot { axis: -1 }),
        &[list(&[1, -1, 5]), i64s(&[], &[3]), f32s(&[2], &[0.0, 2.0])],
    );
    assert_eq!(
        hot,
        f32s(&[3, 3], &[0.0, 2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0])
    );
    refusal(
        op(Layout::OneHot { axis: 0 }),
        &[list(&[1]), i64s(&[], &[1 << 40]), f32s(&[2], &[0.0, 1.0])],
    );
    let range = |start, limit, step| [i64s(&[], &[start]), i64s(&[], &[limit]), i64s(&[], &[step])];
    assert_eq!(run(op(Layout::Range), &range(5, 0, -2)), list(&[5, 3, 1]));
    assert_eq!(run(op(Layout::Range), &range(0, -3, 1)), list(&[]));
    refusal(op(Layout::Range), &range(0, i64::MAX, 1));
    refusal(op(Layout::Range), &range(0, 1, 0));
    let zero = run(op(Layout::NonZero), &[f32s(&[2, 2], &[0.0, 1.0, 2.0, 0.0])]);
    assert_eq!(zero, i64s(&[2, 2], &[0, 1, 1, 0]));
    let eye = run(op(Layout::EyeLike { diagonal: 1 }), &[table()]);
    assert_eq!(eye, f32s(&[2, 3], &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]));
    let kept = super::bools(&[3], &[1, 0, 1]);
    let compress = op(Layout::Compress { axis: Some(1) });
    assert_eq!(
        run(compress, &[table(), kept.clone()]),
        f32s(&[2, 2], &[1.0, 3.0, 4.0, 6.0])
    );
    assert_eq!(
        run(op(Layout::Compress { axis: None }), &[table(), kept]),
        f32s(&[2], &[1.0, 3.0])
    );
}
