use scoregate_graph::blob::Blobs;
use scoregate_graph::data::Datatype;
use scoregate_graph::ops::{Algebra, Dense, Einsum, Metric, Op, Part, Parts, pack};

use super::{Value, f32s, f64s, given, i32s, i64s, refusal, run};

fn op(algebra: Algebra) -> Op {
    Op::Algebra(algebra)
}

/// A table of small whole numbers, whose sums are exact.
fn small(rows: usize, columns: usize, seed: usize) -> Value {
    let numbers: Vec<f32> = (0..rows * columns)
        .map(|at| ((at * 7 + seed) % 11) as f32 - 5.0)
        .collect();
    f32s(&[rows, columns], &numbers)
}

fn plain(left: &Value, right: &Value, of: fn(f32, f32) -> f32) -> Value {
    let (rows, depth) = left.shape().table();
    let (_, width) = right.shape().table();
    let (left, right) = (left.as_f32().unwrap(), right.as_f32().unwrap());
    let sums = (0..rows * width).map(|at| {
        let (row, column) = (at / width, at % width);
        (0..depth)
            .map(|nth| of(left[row * depth + nth], right[nth * width + column]))
            .sum()
    });
    f32s(&[rows, width], &sums.collect::<Vec<f32>>())
}

#[test]
fn products_of_all_sizes_are_sums_of_products() {
    for rows in [0, 1, 2, 4, 5, 9] {
        for (depth, width) in [
            (0, 3),
            (1, 1),
            (7, 1),
            (17, 1),
            (3, 2),
            (5, 4),
            (6, 5),
            (9, 8),
            (4, 17),
            (3, 33),
        ] {
            let (left, right) = (small(rows, depth, 1), small(depth, width, 3));
            let expected = plain(&left, &right, |x, y| x * y);
            assert_eq!(
                run(op(Algebra::MatMul), &[left.clone(), right.clone()]),
                expected,
                "{rows} {depth} {width}"
            );
            let mut blobs = Blobs::default();
            let panels = pack(&right, false, &mut blobs).unwrap();
            let dense = Dense {
                metric: Metric::Products,
                datatype: Datatype::F32,
                depth: depth as u32,
                width: width as u32,
                panels,
                plus: None,
                table: false,
            };
            let held = given(
                &op(Algebra::Dense(dense)),
                &[Some(left)],
                blobs.bytes(),
                false,
            )
            .unwrap();
            assert_eq!(held, [expected], "{rows} {depth} {width}");
        }
    }
}

#[test]
fn a_row_has_one_answer_whatever_rows_come_with_it() {
    let numbers = |count: usize| {
        (0..count)
            .map(|at| 1.0 / (at + 1) as f32)
            .collect::<Vec<f32>>()
    };
    for width in [1, 3, 8, 40] {
        let (left, right) = (
            f32s(&[7, 13], &numbers(91)),
            f32s(&[13, width], &numbers(13 * width)),
        );
        let together = run(op(Algebra::MatMul), &[left.clone(), right.clone()]);
        for row in 0..7 {
            let alone = f32s(&[1, 13], &left.as_f32().unwrap()[row * 13..(row + 1) * 13]);
            let alone = run(op(Algebra::MatMul), &[alone, right.clone()]);
            assert_eq!(
                alone.as_f32().unwrap(),
                &together.as_f32().unwrap()[row * width..(row + 1) * width]
            );
        }
    }
}

#[test]
fn vectors_and_stacks_meet_as_in_numpy() {
    let matmul = || op(Algebra::MatMul);
    let table = f64s(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    let vector = f64s(&[2], &[1.0, 10.0]);
    assert_eq!(
        run(matmul(), &[table.clone(), vector.clone()]),
        f64s(&[2], &[21.0, 43.0])
    );
    assert_eq!(
        run(matmul(), &[vector.clone(), table.clone()]),
        f64s(&[2], &[31.0, 42.0])
    );
    assert_eq!(
        run(matmul(), &[vector.clone(), vector]),
        f64s(&[], &[101.0])
    );
    let stack = f64s(&[2, 1, 2], &[1.0, 0.0, 0.0, 1.0]);
    assert_eq!(
        run(matmul(), &[stack.clone(), table.clone()]),
        f64s(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0])
    );
    let both = f64s(&[2, 2, 1], &[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(run(matmul(), &[stack, both]), f64s(&[2, 1, 1], &[1.0, 4.0]));
    assert_eq!(
        run(matmul(), &[i64s(&[1, 2], &[2, 3]), i64s(&[2, 1], &[4, 5])]),
        i64s(&[1, 1], &[23])
    );
    let refused = refusal(matmul(), &[table.clone(), f64s(&[3, 1], &[0.0; 3])]);
    assert_eq!(
        refused,
        "the matrices' shapes [2, 2] and [3, 1] do not fit each other"
    );
    refusal(matmul(), &[table, i64s(&[2, 1], &[4, 5])]);
    refusal(matmul(), &[f64s(&[], &[1.0]), f64s(&[], &[1.0])]);
}

#[test]
fn gemm_takes_its_third_matrix() {
    let gemm = |turn_left, turn_right| {
        op(Algebra::Gemm {
            alpha: 2.0,
            beta: 3.0,
            turn_left,
            turn_right,
        })
    };
    let (left, right) = (
        f32s(&[1, 2], &[1.0, 2.0]),
        f32s(&[2, 2], &[1.0, 2.0, 3.0, 4.0]),
    );
    let plus = f32s(&[2], &[1.0, 0.0]);
    assert_eq!(
        run(
            gemm(false, false),
            &[left.clone(), right.clone(), plus.clone()]
        ),
        f32s(&[1, 2], &[17.0, 20.0])
    );
    assert_eq!(
        run(gemm(false, true), &[left.clone(), right.clone()]),
        f32s(&[1, 2], &[10.0, 22.0])
    );
    let column = f32s(&[2, 1], &[1.0, 2.0]);
    assert_eq!(
        run(gemm(true, false), &[column, right.clone(), plus]),
        f32s(&[1, 2], &[17.0, 20.0])
    );
    refusal(gemm(false, false), &[left, right, f32s(&[2, 2], &[0.0; 4])]);
}

#[test]
fn distances_are_of_rows() {
    let (left, right) = (small(5, 3, 2), small(6, 3, 4));
    let turned = {
        let right = right.as_f32().unwrap();
        let numbers: Vec<f32> = (0..18).map(|at| right[at % 6 * 3 + at / 6]).collect();
        f32s(&[3, 6], &numbers)
    };
    let distance = |metric| {
        run(
            op(Algebra::Distance(metric)),
            &[left.clone(), right.clone()],
        )
    };
    let squares = plain(&left, &turned, |x, y| (x - y) * (x - y));
    assert_eq!(distance(Metric::Squares), squares);
    assert_eq!(
        distance(Metric::Sizes),
        plain(&left, &turned, |x, y| (x - y).abs())
    );
    assert_eq!(
        distance(Metric::Powers(3.0)),
        plain(&left, &turned, |x, y| (x - y).abs().powi(3))
    );
    assert_eq!(
        distance(Metric::Powers(4.0)),
        plain(&left, &turned, |x, y| (x - y).abs().powi(4))
    );
    let roots: Vec<f32> = squares
        .as_f32()
        .unwrap()
        .iter()
        .map(|value| value.sqrt())
        .collect();
    assert_eq!(distance(Metric::Euclidean), f32s(&[5, 6], &roots));
    refusal(op(Algebra::Distance(Metric::Squares)), &[left, turned]);
}

#[test]
fn equations_name_dimensions() {
    let einsum = |equation: &str| op(Algebra::Einsum(Einsum::parse(equation).unwrap()));
    let (left, right) = (small(2, 3, 1), small(3, 4, 2));
    assert_eq!(
        run(einsum("ij, jk -> ik"), &[left.clone(), right.clone()]),
        plain(&left, &right, |x, y| x * y)
    );
    let square = f32s(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(
        run(einsum("ii->"), std::slice::from_ref(&square)),
        f32s(&[], &[5.0])
    );
    assert_eq!(
        run(einsum("ij->ji"), &[square]),
        f32s(&[2, 2], &[1.0, 3.0, 2.0, 4.0])
    );
    refusal(einsum("ij,jk->ik"), &[right, left]);
    for equation in ["ij", "ij->k", "...i->i", "ij->ii"] {
        assert!(Einsum::parse(equation).is_err(), "{equation}");
    }
}

/// Numbers whose sums are rounded.
fn rough(count: usize, seed: usize) -> Vec<f32> {
    let numbers = (0..count).map(|at| (at * 7_919 + seed * 31 + 1) % 1_009);
    numbers.map(|number| number as f32 / 17.0 - 29.3).collect()
}

#[test]
fn rows_in_parts_have_the_sums_of_whole_rows() {
    let parts = [
        Part::Category(5),
        Part::Numbers(3),
        Part::Numbers(1),
        Part::Category(2),
    ];
    let depth = 11;
    for (rows, width) in [(0, 3), (1, 2), (3, 33), (4, 8), (5, 4), (9, 17), (1_000, 5)] {
        let places = |count: usize, seed: usize| -> Vec<i32> {
            let places = (0..rows).map(|row| ((row * 5 + seed) % (count + 1)) as i32);
            places.collect()
        };
        let (first, last) = (places(5, 1), places(2, 0));
        let (three, one) = (rough(rows * 3, 1), rough(rows, 2));
        let mut whole = Vec::new();
        for row in 0..rows {
            let ones = |count: i32, place: i32| (0..count).map(move |at| f32::from(at == place));
            whole.extend(ones(5, first[row]));
            whole.extend(&three[row * 3..row * 3 + 3]);
            whole.push(one[row]);
            whole.extend(ones(2, last[row]));
        }
        let matrix = rough(depth * width, 3);
        let (plus, mut blobs) = (rough(width, 4), Blobs::default());
        let expected = run(
            op(Algebra::Gemm {
                alpha: 1.0,
                beta: 1.0,
                turn_left: false,
                turn_right: false,
            }),
            &[
                f32s(&[rows, depth], &whole),
                f32s(&[depth, width], &matrix),
                f32s(&[width], &plus),
            ],
        );
        let joined = Algebra::Parts(Parts {
            parts: parts.to_vec(),
            width: width as u32,
            panels: Parts::pack(&parts, &matrix, width, false, &mut blobs).unwrap(),
            plus: Some(blobs.put_numbers(&plus).unwrap()),
        });
        let inputs = [
            i32s(&[rows, 1], &first),
            f32s(&[rows, 3], &three),
            f32s(&[rows, 1, 1], &one),
            i32s(&[rows], &last),
        ]
        .map(Some);
        let made = given(&op(joined), &inputs, blobs.bytes(), false).unwrap();
        assert_eq!(made, [expected], "{rows} rows, {width} columns");
    }
}

#[test]
fn parts_that_are_not_of_a_size_are_refused() {
    let mut blobs = Blobs::default();
    let sound = [Part::Numbers(2), Part::Category(1)];
    let panels = Parts::pack(&sound, &rough(6, 1), 2, false, &mut blobs).unwrap();
    let joined = |parts: &[Part], plus| {
        let (parts, width) = (parts.to_vec(), 2);
        op(Algebra::Parts(Parts {
            parts,
            width,
            panels,
            plus,
        }))
    };
    let fits = joined(&sound, None);
    for (inputs, reason) in [
        (
            [f32s(&[2, 2], &[1.0; 4]), i32s(&[1], &[0])],
            "2 rows of Category(1)",
        ),
        (
            [f32s(&[2, 3], &[1.0; 6]), i32s(&[2], &[0, 0])],
            "2 rows of Numbers(2)",
        ),
        (
            [f32s(&[1, 2], &[1.0; 2]), i64s(&[1], &[0])],
            "Category(1) of int64",
        ),
    ] {
        let refused = given(&fits, &inputs.map(Some), blobs.bytes(), false).unwrap_err();
        assert!(refused.contains(reason), "{refused}");
    }
    let short = blobs.put_numbers(&[1.0_f32]).unwrap();
    for wrong in [
        joined(&[], None),
        joined(&[Part::Category(u32::MAX), Part::Category(u32::MAX)], None),
        joined(&[Part::Numbers(2)], None),
        joined(&sound, Some(short)),
    ] {
        assert!(wrong.ready(blobs.bytes()).is_err(), "{wrong:?}");
    }
}
