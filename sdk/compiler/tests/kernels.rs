//! Every kernel gives the reference's margins bit for bit, whatever the trees and the rows, in batches of every size.

mod grown;

use grown::{Random, Shape, grow, options, threshold};
use scoregate_compiler::description::{Description, Precision};
use scoregate_compiler::{reference, tables_for};
use scoregate_kernel::layout::Kind;
use scoregate_kernel::{Kernel, Rows};

const SMALL: Shape = Shape {
    precision: Precision::F64,
    trees: 9,
    leaves: 31,
    features: 7,
    groups: 1,
    grid: 40,
    sets_percent: 0,
    varied: true,
};

/// Shapes that meet each path of the kernels, and the kind that serves them.
fn shapes() -> Vec<(Shape, Kind)> {
    let mut shapes = Vec::new();
    for precision in [Precision::F32, Precision::F64] {
        let small = Shape { precision, ..SMALL };
        shapes.extend([
            (small, Kind::Ranked),
            (Shape { leaves: 1, ..small }, Kind::Ranked),
            (
                Shape {
                    leaves: 2,
                    grid: 1,
                    ..small
                },
                Kind::Ranked,
            ),
            (
                Shape {
                    leaves: 64,
                    varied: false,
                    ..small
                },
                Kind::Ranked,
            ),
            (
                Shape {
                    features: 13,
                    ..small
                },
                Kind::Ranked,
            ),
            (
                Shape {
                    trees: 20,
                    groups: 3,
                    ..small
                },
                Kind::Ranked,
            ),
            (
                Shape {
                    sets_percent: 15,
                    ..small
                },
                Kind::Ranked,
            ),
            (
                Shape {
                    sets_percent: 90,
                    ..small
                },
                Kind::Walk,
            ),
        ]);
        shapes.extend(large_shapes(small).map(|shape| (shape, Kind::Ranked)));
    }
    shapes
}

/// Those that need more room than most.
fn large_shapes(small: Shape) -> [Shape; 5] {
    [
        // More thresholds than one scale holds, more columns than a narrow node names.
        Shape {
            leaves: 256,
            features: 2,
            grid: 3_000,
            varied: false,
            ..small
        },
        Shape {
            leaves: 200,
            features: 400,
            trees: 5,
            ..small
        },
        // More leaves than planes have, with narrow nodes and with wide ones.
        Shape {
            leaves: 1_000,
            trees: 3,
            varied: false,
            ..small
        },
        Shape {
            leaves: 700,
            features: 900,
            trees: 3,
            varied: false,
            ..small
        },
        Shape {
            leaves: 40_000,
            trees: 2,
            grid: 200,
            varied: false,
            ..small
        },
    ]
}

#[test]
fn every_kernel_gives_the_references_margins_in_batches_of_every_size() {
    for (seed, (shape, kind)) in shapes().into_iter().enumerate() {
        let model = grow(&shape, seed as u64);
        let mut random = Random(1_000 + seed as u64);
        let rows = 40 + 64;
        let values: Vec<f64> = (0..rows * shape.features)
            .map(|_| value(&shape, &mut random))
            .collect();
        let expected: Vec<u64> = values
            .chunks_exact(shape.features)
            .flat_map(|row| reference::margins(&model, row))
            .map(f64::to_bits)
            .collect();
        for asked in [Kind::Walk, Kind::Ranked] {
            let tables = tables_for(&model, asked, &options()).unwrap();
            let kernel = Kernel::from_tables(&tables).unwrap();
            if asked == Kind::Ranked {
                assert_eq!(kernel.header().kind, kind, "{shape:?}");
            }
            for batch in (0..=40).chain([rows]) {
                let got = margins(&kernel, &model, &values[..batch * shape.features], batch);
                assert!(
                    got == expected[..batch * shape.groups],
                    "{asked:?}, {batch} rows of {shape:?}"
                );
            }
        }
    }
}

#[test]
fn tables_over_ranks_that_were_tampered_with_are_refused_or_harmless() {
    let shape = Shape {
        trees: 2,
        leaves: 9,
        features: 3,
        sets_percent: 20,
        ..SMALL
    };
    let many = Shape {
        leaves: 300,
        features: 2,
        trees: 1,
        varied: false,
        ..SMALL
    };
    for (shape, step) in [(shape, 3), (many, 97)] {
        let good = tables_for(&grow(&shape, 5), Kind::Ranked, &options()).unwrap();
        assert_eq!(
            Kernel::from_tables(&good).unwrap().header().kind,
            Kind::Ranked
        );
        for length in (0..good.len()).step_by(step) {
            assert!(Kernel::from_tables(&good[..length]).is_err(), "{length}");
        }
        // Whatever is accepted must score without a panic and come to an end.
        for at in (0..good.len()).step_by(step) {
            for byte in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] = byte;
                if let Ok(kernel) = Kernel::from_tables(&bad) {
                    score(&kernel);
                }
            }
        }
    }
}

/// Rows that take every way through a kernel.
fn score(kernel: &Kernel<'_>) {
    let header = kernel.header();
    if header.features > 1 << 16 {
        return;
    }
    for rows in [1, 9, 70] {
        let zeros = vec![0.0; rows * header.features];
        match header.precision {
            scoregate_kernel::layout::Precision::F32 => {
                let zeros: Vec<f32> = zeros.iter().map(|zero| *zero as f32).collect();
                kernel.infer(Rows::F32(&zeros), rows);
            }
            scoregate_kernel::layout::Precision::F64 => {
                kernel.infer(Rows::F64(&zeros), rows);
            }
        }
    }
}

fn margins(kernel: &Kernel<'_>, model: &Description, values: &[f64], rows: usize) -> Vec<u64> {
    let narrow: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    let margins = match model.precision {
        Precision::F32 => kernel.margins(Rows::F32(&narrow), rows),
        Precision::F64 => kernel.margins(Rows::F64(values), rows),
    };
    margins.into_iter().map(f64::to_bits).collect()
}

/// A value of a row: anything between the thresholds, one of them, a neighbour of one, a category, or an extreme.
fn value(shape: &Shape, random: &mut Random) -> f64 {
    let beside = |threshold: f64, up: bool| match (shape.precision, up) {
        (Precision::F32, true) => f64::from((threshold as f32).next_up()),
        (Precision::F32, false) => f64::from((threshold as f32).next_down()),
        (Precision::F64, true) => threshold.next_up(),
        (Precision::F64, false) => threshold.next_down(),
    };
    let near = threshold(shape, random.below(shape.grid));
    let extremes = [
        f64::NAN,
        0.0,
        -0.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::from(f32::MAX),
        f64::from(f32::MIN),
        f64::from(f32::from_bits(1)),
        f64::from(1e-35_f32),
        -2e-35_f32 as f64,
        -0.5,
    ];
    match random.below(8) {
        0 => near,
        1 => beside(near, true),
        2 => beside(near, false),
        3 | 4 => extremes[random.below(extremes.len())],
        5 => random.below(70) as f64,
        _ => grown::number(shape, 5.0 * random.unit() - 2.5),
    }
}
