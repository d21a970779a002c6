//! The self-check finds nothing where there is nothing, and whatever is changed in a model's tables.

mod grown;

use std::convert::Infallible;

use grown::{Random, Shape, grow, options, threshold};
use scoregate_compiler::description::{Description, Link, Precision};
use scoregate_compiler::forest::{Node, Test};
use scoregate_compiler::{
    CheckError, Checked, EdgeRows, Options, Output, check, reader, reference, tables_for,
};
use scoregate_kernel::layout::Kind;
use scoregate_kernel::{Kernel, Rows, Values};

const SMALL: Shape = Shape {
    precision: Precision::F64,
    trees: 5,
    leaves: 20,
    features: 4,
    groups: 1,
    grid: 30,
    sets_percent: 10,
    varied: true,
};

fn shapes() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for precision in [Precision::F32, Precision::F64] {
        let small = Shape { precision, ..SMALL };
        shapes.extend([
            small,
            Shape { leaves: 1, ..small },
            Shape {
                groups: 3,
                trees: 9,
                ..small
            },
            Shape {
                leaves: 300,
                sets_percent: 60,
                ..small
            },
        ]);
    }
    shapes
}

#[test]
fn a_sound_kernel_passes() {
    for (seed, shape) in shapes().into_iter().enumerate() {
        let mut model = grow(&shape, seed as u64);
        for link in [
            Link::Identity,
            Link::Exp,
            Link::Logistic { steepness: 1.0 },
            Link::Softmax,
        ] {
            model.link = link;
            for kind in [Kind::Walk, Kind::Ranked] {
                let options = with(&[Output::Prediction, Output::Margin]);
                let tables = tables_for(&model, kind, &options).unwrap();
                let checked = run(&model, &tables).unwrap();
                assert!(checked.rows >= 1_000, "{shape:?}: {}", checked.rows);
                assert!(!checked.kept.is_empty());
            }
        }
        let tables = tables_for(&model, Kind::Walk, &with(&[Output::Leaf])).unwrap();
        run(&model, &tables).unwrap();
    }
}

#[test]
fn whatever_is_changed_in_the_tables_is_found() {
    let mut found = 0;
    for (seed, (precision, kind)) in [
        (Precision::F64, Kind::Walk),
        (Precision::F32, Kind::Ranked),
        (Precision::F64, Kind::Ranked),
    ]
    .into_iter()
    .enumerate()
    {
        let shape = Shape { precision, ..SMALL };
        let model = grow(&shape, 40 + seed as u64);
        let sound = tables_for(&model, kind, &with(&[Output::Margin])).unwrap();
        let mut random = Random(seed as u64);
        let many = rows(&shape, 1_500, &mut random);
        for _ in 0..60 {
            let mut tables = sound.clone();
            // Not the header, nor the text that says what the model is.
            let at = 256 + random.below(tables.len() - 256);
            tables[at] ^= 1;
            let Ok(kernel) = Kernel::from_tables(&tables) else {
                continue;
            };
            match run(&model, &tables) {
                Err(CheckError::Differs(difference)) => {
                    assert_eq!(difference.output, Output::Margin);
                    found += 1;
                }
                Err(error) => panic!("byte {at}: {error:?}"),
                // What has no effect is no difference.
                Ok(_) => {
                    let sound = Kernel::from_tables(&sound).unwrap();
                    let same = margins(&kernel, &many, &shape) == margins(&sound, &many, &shape);
                    assert!(same, "byte {at} of {kind:?}");
                }
            }
        }
    }
    assert!(found > 30, "{found}");
}

#[test]
fn a_difference_names_row_output_and_both_numbers() {
    let shape = Shape {
        trees: 1,
        leaves: 1,
        features: 2,
        ..SMALL
    };
    let model = grow(&shape, 3);
    let mut other = model.clone();
    other.base_margins[0] += 1.0;
    let tables = tables_for(&other, Kind::Ranked, &with(&[Output::Margin])).unwrap();
    let Err(CheckError::Differs(difference)) = run(&model, &tables) else {
        panic!("no difference")
    };
    let values = &difference.values;
    let expected = reference::margins(&model, values)[0];
    assert_eq!(difference.found, reference::margins(&other, values)[0]);
    assert_eq!(
        difference.to_string(),
        format!(
            "row 0 of the self-check, output `margin`, element 0: the model's file says {expected:?}, its component {:?}; the row is [{:?}, {:?}]",
            difference.found, values[0], values[1]
        )
    );
}

#[test]
fn the_same_model_and_seed_give_the_same_rows() {
    let model = grow(&SMALL, 1);
    let bits = |seed| -> Vec<u64> {
        let rows = EdgeRows::new(&model, seed);
        rows.flatten().map(f64::to_bits).collect()
    };
    assert_eq!(bits(1), bits(1));
    assert_ne!(bits(1), bits(2));
}

#[test]
fn every_threshold_is_met_from_both_sides() {
    let shape = Shape {
        sets_percent: 0,
        ..SMALL
    };
    let model = grow(&shape, 5);
    let rows: Vec<Vec<f64>> = EdgeRows::new(&model, 1).collect();
    for tree in model.forest().unwrap().trees() {
        for at in 0..tree.nodes() {
            let Node::Split(split) = tree.node(at) else {
                continue;
            };
            let Test::LessOrEqual(threshold) = split.test else {
                panic!("{split:?}")
            };
            for value in [threshold.next_down(), threshold, threshold.next_up()] {
                assert!(rows.iter().any(|row| row[split.feature] == value));
            }
        }
    }
}

#[test]
fn the_rows_of_a_large_model_are_bounded() {
    let shape = Shape {
        trees: 200,
        leaves: 255,
        features: 50,
        grid: 255,
        ..SMALL
    };
    let model = grow(&shape, 5);
    let rows = EdgeRows::new(&model, 1);
    assert!((1_000..=16_384).contains(&rows.rows()), "{}", rows.rows());
    assert_eq!(rows.rows(), rows.count());
}

#[test]
fn a_linear_model_is_checked() {
    let linear = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/models/xgboost-3.2.0.linear.json"
    );
    let model = reader::read(&std::fs::read(linear).unwrap()).unwrap();
    let tables = tables_for(&model, Kind::Linear, &with(&[Output::Margin])).unwrap();
    assert!(run(&model, &tables).unwrap().rows >= 1_000);
    let mut other = tables.clone();
    *other.last_mut().unwrap() ^= 1;
    assert!(matches!(run(&model, &other), Err(CheckError::Differs(_))));
}

#[test]
fn contributions_are_checked_by_their_definition_or_their_sum() {
    // By their definition where trees ask for few features, else by their sum.
    for features in [4, 40] {
        for precision in [Precision::F32, Precision::F64] {
            let shape = Shape {
                precision,
                features,
                ..SMALL
            };
            let model = grow(&shape, 60);
            let outputs = with(&[Output::Margin, Output::Contributions]);
            let sound = tables_for(&model, Kind::Ranked, &outputs).unwrap();
            assert!(run(&model, &sound).unwrap().rows >= 1_000);

            let mut other = sound.clone();
            let leaf = last_place(&sound, a_leaf(&model));
            other[leaf..leaf + 8].copy_from_slice(&(a_leaf(&model) + 1.0).to_le_bytes());
            assert_differs(&model, &other);

            // Shares of covers, which then do not go with the trees' means.
            let mut other = sound.clone();
            let shares = sound.len() - 16;
            other[shares..].fill(0x41);
            assert_differs(&model, &other);
        }
    }
}

fn assert_differs(model: &Description, tables: &[u8]) {
    let Err(CheckError::Differs(difference)) = run(model, tables) else {
        panic!("no difference")
    };
    assert_eq!(difference.output, Output::Contributions);
}

/// A leaf's value of the first tree.
fn a_leaf(model: &Description) -> f64 {
    let tree = model.forest().unwrap().tree(0);
    let mut leaves = (0..tree.nodes()).filter_map(|at| match tree.node(at) {
        Node::Leaf(value) => Some(value),
        _ => None,
    });
    leaves.next().unwrap()
}

/// Where a number stands last in tables: in their second body, from which contributions come.
fn last_place(tables: &[u8], number: f64) -> usize {
    let bytes = number.to_le_bytes();
    tables.windows(8).rposition(|part| part == bytes).unwrap()
}

fn with(outputs: &[Output]) -> Options {
    Options {
        outputs: Some(outputs.to_vec()),
        ..options()
    }
}

fn run(model: &Description, tables: &[u8]) -> Result<Checked, CheckError<Infallible>> {
    let kernel = Kernel::from_tables(tables).unwrap();
    let outputs = kernel.header().outputs.clone();
    let score = |values: &[f64], rows: usize| {
        let narrow: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        let answers = match model.precision {
            Precision::F32 => kernel.infer(Rows::F32(&narrow), rows),
            Precision::F64 => kernel.infer(Rows::F64(values), rows),
        };
        Ok(answers.into_iter().map(bytes).collect())
    };
    check(model, &outputs, 7, score, |_, _| {})
}

fn bytes(values: Values) -> Vec<u8> {
    match values {
        Values::F32 { values, .. } => values.into_iter().flat_map(f32::to_le_bytes).collect(),
        Values::F64 { values, .. } => values.into_iter().flat_map(f64::to_le_bytes).collect(),
        Values::I32 { values, .. } => values.into_iter().flat_map(i32::to_le_bytes).collect(),
        Values::I64(values) => values.into_iter().flat_map(i64::to_le_bytes).collect(),
    }
}

fn margins(kernel: &Kernel<'_>, values: &[f64], shape: &Shape) -> Vec<u64> {
    let narrow: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    // Many together, and few: each is scored from other tables.
    let of = |from: usize, rows: usize| {
        let range = from * shape.features..(from + rows) * shape.features;
        let margins = match shape.precision {
            Precision::F32 => kernel.margins(Rows::F32(&narrow[range]), rows),
            Precision::F64 => kernel.margins(Rows::F64(&values[range]), rows),
        };
        margins.into_iter().map(f64::to_bits).collect::<Vec<_>>()
    };
    let rows = values.len() / shape.features;
    let mut all = of(0, rows);
    all.extend((0..rows).flat_map(|row| of(row, 1)));
    all
}

/// Rows near the thresholds, of which a changed table would have to answer one otherwise.
fn rows(shape: &Shape, rows: usize, random: &mut Random) -> Vec<f64> {
    let mut value = || {
        let near = threshold(shape, random.below(shape.grid));
        let beside = |up: bool| match (shape.precision, up) {
            (Precision::F32, true) => f64::from((near as f32).next_up()),
            (Precision::F32, false) => f64::from((near as f32).next_down()),
            (Precision::F64, true) => near.next_up(),
            (Precision::F64, false) => near.next_down(),
        };
        match random.below(6) {
            0 => near,
            1 => beside(true),
            2 => beside(false),
            3 => f64::NAN,
            4 => random.below(66) as f64,
            _ => grown::number(shape, 5.0 * random.unit() - 2.5),
        }
    };
    (0..rows * shape.features).map(|_| value()).collect()
}
