use scoregate_graph::ops::{Fold, Normalise, Op, Reduce};

use super::{Value, f32s, f64s, given, i32s, i64s, refusal, run, texts};

fn fold(fold: Fold, axes: Option<Vec<i64>>, keep: bool) -> Op {
    Op::Reduce(Reduce::Fold { fold, axes, keep })
}

fn table() -> Value {
    f32s(&[2, 3], &[1.0, -2.0, 3.0, 4.0, 5.0, -6.0])
}

#[test]
fn sums_and_the_like_are_exact() {
    let log = |value: f32| value.ln();
    for (how, rows, columns) in [
        (Fold::Sum, [2.0, 3.0], [5.0, 3.0, -3.0]),
        (Fold::Mean, [2.0 / 3.0, 1.0], [2.5, 1.5, -1.5]),
        (Fold::Prod, [-6.0, -120.0], [4.0, -10.0, -18.0]),
        (Fold::Max, [3.0, 5.0], [4.0, 5.0, 3.0]),
        (Fold::Min, [-2.0, -6.0], [1.0, -2.0, -6.0]),
        (Fold::L1, [6.0, 15.0], [5.0, 7.0, 9.0]),
        (Fold::SumSquare, [14.0, 77.0], [17.0, 29.0, 45.0]),
    ] {
        assert_eq!(
            run(fold(how, Some(vec![1]), false), &[table()]),
            f32s(&[2], &rows),
            "{how:?}"
        );
        assert_eq!(
            run(fold(how, Some(vec![-2]), true), &[table()]),
            f32s(&[1, 3], &columns),
            "{how:?}"
        );
    }
    assert_eq!(
        run(fold(Fold::L2, None, false), &[f32s(&[2, 1], &[3.0, 4.0])]),
        f32s(&[], &[5.0])
    );
    assert_eq!(
        run(fold(Fold::LogSum, None, true), &[f32s(&[2], &[3.0, 4.0])]),
        f32s(&[1], &[log(7.0)])
    );
    assert_eq!(
        run(
            fold(Fold::Sum, Some(vec![0, 1]), false),
            &[i64s(&[2, 2], &[1, 2, 3, i64::MAX])]
        ),
        i64s(&[], &[i64::MIN + 5])
    );
    assert_eq!(
        run(fold(Fold::Mean, None, false), &[i32s(&[3], &[1, 2, 5])]),
        i32s(&[], &[2])
    );
    let none = f32s(&[2, 2], &[f32::NAN, 1.0, f32::NAN, f32::NAN]);
    let made = run(fold(Fold::Max, Some(vec![1]), false), &[none]);
    assert_eq!(made.as_f32().unwrap()[0], 1.0);
    assert!(made.as_f32().unwrap()[1].is_nan());
    refusal(fold(Fold::Sum, Some(vec![2]), true), &[table()]);
    refusal(fold(Fold::Sum, None, true), &[texts(&[1], &["a"])]);
}

#[test]
fn axes_need_not_be_neighbours() {
    let cube: Vec<f32> = (0..12).map(|nth| nth as f32).collect();
    let cube = f32s(&[2, 3, 2], &cube);
    assert_eq!(
        run(
            fold(Fold::Sum, Some(vec![0, 2]), false),
            std::slice::from_ref(&cube)
        ),
        f32s(&[3], &[14.0, 22.0, 30.0])
    );
    assert_eq!(
        run(
            fold(Fold::Max, Some(vec![1]), true),
            std::slice::from_ref(&cube)
        ),
        f32s(&[2, 1, 2], &[4.0, 5.0, 10.0, 11.0])
    );
    let long: Vec<f32> = (0..21).map(|nth| nth as f32).collect();
    assert_eq!(
        run(
            fold(Fold::Sum, Some(vec![1]), false),
            &[f32s(&[1, 21], &long)]
        ),
        f32s(&[1], &[210.0])
    );
    assert_eq!(
        run(fold(Fold::Sum, Some(vec![1]), false), &[f32s(&[2, 0], &[])]),
        f32s(&[2], &[0.0, 0.0])
    );
    assert_eq!(
        run(
            fold(Fold::LogSumExp, Some(vec![0]), false),
            &[f32s(&[0, 2], &[])]
        )
        .shape()
        .dims(),
        [2]
    );
    assert_eq!(
        run(
            fold(Fold::LogSumExp, Some(vec![0]), false),
            &[f32s(&[2, 0], &[])]
        ),
        f32s(&[0], &[])
    );
}

#[test]
fn great_exponents_do_not_overflow() {
    let great = f32s(
        &[2, 2],
        &[1000.0, 1000.0, f32::NEG_INFINITY, f32::NEG_INFINITY],
    );
    let made = run(
        fold(Fold::LogSumExp, Some(vec![1]), false),
        std::slice::from_ref(&great),
    );
    assert_eq!(
        made.as_f32().unwrap(),
        [1000.0 + 2.0_f32.ln(), f32::NEG_INFINITY]
    );
    let made = run(
        fold(Fold::LogSumExp, Some(vec![0]), false),
        &[f64s(&[2, 2], &[1000.0, 0.0, 1000.0, 0.0])],
    );
    assert_eq!(
        made.as_f64().unwrap(),
        [1000.0 + 2.0_f64.ln(), 2.0_f64.ln()]
    );
    let softmax = |axis, flat| {
        Op::Reduce(Reduce::Normalise {
            how: Normalise::Softmax,
            axis,
            flat,
        })
    };
    let same = f32s(&[1, 2, 2], &[1000.0; 4]);
    assert_eq!(
        run(softmax(-1, false), std::slice::from_ref(&same)),
        f32s(&[1, 2, 2], &[0.5; 4])
    );
    assert_eq!(
        run(softmax(1, false), std::slice::from_ref(&same)),
        f32s(&[1, 2, 2], &[0.5; 4])
    );
    assert_eq!(
        run(softmax(1, true), std::slice::from_ref(&same)),
        f32s(&[1, 2, 2], &[0.25; 4])
    );
    let hard = Op::Reduce(Reduce::Normalise {
        how: Normalise::Hardmax,
        axis: 1,
        flat: false,
    });
    assert_eq!(
        run(hard, &[table()]),
        f32s(&[2, 3], &[0.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    );
    let log = Op::Reduce(Reduce::Normalise {
        how: Normalise::LogSoftmax,
        axis: 1,
        flat: false,
    });
    assert_eq!(
        run(log, &[f32s(&[1, 2], &[7.0, 7.0])]),
        f32s(&[1, 2], &[-(2.0_f32.ln()); 2])
    );
}

#[test]
fn of_equal_elements_the_first_or_the_last_is_placed() {
    let place = |greatest, last, keep| {
        Op::Reduce(Reduce::Extreme {
            greatest,
            axis: 1,
            keep,
            last,
        })
    };
    let ties = f32s(&[2, 3], &[1.0, 3.0, 3.0, 0.0, 0.0, 1.0]);
    assert_eq!(
        run(place(true, false, false), std::slice::from_ref(&ties)),
        i64s(&[2], &[1, 2])
    );
    assert_eq!(
        run(place(true, true, true), std::slice::from_ref(&ties)),
        i64s(&[2, 1], &[2, 2])
    );
    assert_eq!(
        run(place(false, true, false), std::slice::from_ref(&ties)),
        i64s(&[2], &[0, 1])
    );
    assert_eq!(
        run(place(true, false, false), &[f32s(&[0, 0], &[])]),
        i64s(&[0], &[])
    );
    refusal(place(true, false, false), &[f32s(&[2, 0], &[])]);
}

#[test]
fn the_top_is_in_order() {
    let top = |greatest, axis| Op::Reduce(Reduce::Top { greatest, axis });
    let both = |op, value: &Value, count| {
        given(
            &op,
            &[Some(value.clone()), Some(i64s(&[1], &[count]))],
            &[],
            false,
        )
    };
    let ties = f32s(&[1, 5], &[2.0, 3.0, f32::NAN, 3.0, 1.0]);
    assert_eq!(
        both(top(true, -1), &ties, 3).unwrap(),
        [f32s(&[1, 3], &[3.0, 3.0, 2.0]), i64s(&[1, 3], &[1, 3, 0])]
    );
    let many: Vec<i64> = (0..50).map(|nth| nth % 25).collect();
    let made = both(top(false, 0), &i64s(&[50], &many), 40).unwrap();
    assert_eq!(made[0].as_i64().unwrap()[..4], [0, 0, 1, 1]);
    assert_eq!(made[1].as_i64().unwrap()[..4], [0, 25, 1, 26]);
    let turned = both(top(true, 0), &f32s(&[2, 2], &[1.0, 4.0, 2.0, 3.0]), 1).unwrap();
    assert_eq!(turned[1], i64s(&[1, 2], &[1, 0]));
    assert!(both(top(true, -1), &ties, 6).is_err());
    assert!(both(top(true, -1), &ties, -1).is_err());
    assert_eq!(
        both(top(true, -1), &ties, 0).unwrap()[0],
        f32s(&[1, 0], &[])
    );
}

#[test]
fn running_sums_go_both_ways() {
    let sums = |exclusive, reverse| Op::Reduce(Reduce::Running { exclusive, reverse });
    let inputs = [
        f32s(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        i64s(&[], &[1]),
    ];
    assert_eq!(
        run(sums(false, false), &inputs),
        f32s(&[2, 3], &[1.0, 3.0, 6.0, 4.0, 9.0, 15.0])
    );
    assert_eq!(
        run(sums(true, true), &inputs),
        f32s(&[2, 3], &[5.0, 3.0, 0.0, 11.0, 6.0, 0.0])
    );
    let columns = [inputs[0].clone(), i64s(&[], &[0])];
    assert_eq!(
        run(sums(false, false), &columns),
        f32s(&[2, 3], &[1.0, 2.0, 3.0, 5.0, 7.0, 9.0])
    );
    refusal(sums(false, false), &[inputs[0].clone(), i64s(&[], &[2])]);
}
