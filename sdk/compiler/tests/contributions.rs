//! What each feature added to a score: the libraries' own contributions (models/train.py), and those of the plain definition.

mod trained;

use scoregate_compiler::description::Precision;
use scoregate_compiler::shapley;
use trained::{Distance, Trained};

#[test]
fn contributions_are_the_librarys_bit_for_bit() {
    let mut differ = Vec::new();
    let mut compared = 0;
    for trained in trained::all() {
        let Some(theirs) = &trained.contributions else {
            continue;
        };
        let [_, ours] = trained.explained(&theirs.rows);
        let distance = Distance::of(&ours, &theirs.values);
        if distance != Distance::NONE {
            differ.push(format!("{}: {distance}", trained.name));
        }
        compared += 1;
    }
    assert!(differ.is_empty(), "{differ:#?}");
    assert!(compared > 220, "{compared}");
}

#[test]
fn contributions_are_shapley_values_by_their_definition() {
    let mut differ = Vec::new();
    for trained in explainable() {
        let model = trained.read();
        let places: Vec<usize> = (0..trained.rows).collect();
        let [_, ours] = trained.explained(&places);
        let width = ours.len() / places.len();
        for (row, ours) in places.iter().zip(ours.chunks_exact(width)) {
            let row = trained.rows_at(&[*row]);
            let defined = shapley::contributions(&model, &row).unwrap();
            let apart = ours.iter().zip(&defined).map(|(a, b)| (a - b).abs());
            let worst = apart.fold(0.0, greater) / unit(&trained, &defined);
            if worst.is_nan() || worst > 64.0 {
                differ.push(format!("{}: {worst} units", trained.name));
            }
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn contributions_sum_to_the_margin() {
    let mut differ = Vec::new();
    for trained in explainable() {
        let places: Vec<usize> = (0..trained.rows).collect();
        let [margins, ours] = trained.explained(&places);
        let width = trained.features + 1;
        for (margin, ours) in margins.iter().zip(ours.chunks_exact(width)) {
            let sum: f64 = ours.iter().sum();
            let apart = (sum - margin).abs() / unit(&trained, ours);
            if apart.is_nan() || apart > 16.0 {
                differ.push(format!("{}: {apart} units", trained.name));
            }
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

/// Models without linear leaves.
fn explainable() -> impl Iterator<Item = Trained> {
    trained::all()
        .into_iter()
        .filter(|trained| !trained.name.contains(".linear") || trained.precision == Precision::F32)
}

/// One unit in the last place of the greatest number of a row.
fn unit(trained: &Trained, numbers: &[f64]) -> f64 {
    let epsilon = match trained.precision {
        Precision::F32 => f64::from(f32::EPSILON),
        Precision::F64 => f64::EPSILON,
    };
    let sizes = numbers.iter().map(|number| number.abs());
    sizes.fold(f64::MIN_POSITIVE, greater) * epsilon
}

/// The greater of two numbers, or NaN where one is.
fn greater(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}
