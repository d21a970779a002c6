//! The models that the real XGBoost trained, and what it makes of hard rows. `fixtures/make.py` writes them.
#![allow(dead_code, reason = "each test uses its part")]

use std::path::PathBuf;

use scoregate_compiler::{Options, Output};

/// Every fixture.
pub const NAMES: [&str; 18] = [
    "classes",
    "deep",
    "early_stopping",
    "exact_thresholds",
    "given_base_score",
    "huge",
    "many_classes",
    "many_trees",
    "missing",
    "no_trees",
    "old_spelling",
    "parallel",
    "reg_logistic",
    "regression",
    "saturated",
    "softmax",
    "stump",
    "tiny",
];

/// A model and XGBoost's answers.
pub struct Fixture {
    pub model: Vec<u8>,
    pub rows: usize,
    pub features: usize,
    pub groups: usize,
    /// Row by row.
    pub values: Vec<f32>,
    pub margins: Vec<f32>,
    /// What XGBoost's `predict` gives: probabilities, a regression's predictions, or the classes of `multi:softmax`.
    pub predictions: Vec<f32>,
}

pub fn fixture(name: &str) -> Fixture {
    let file = |ending: &str| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join(format!("tests/fixtures/{name}.{ending}"));
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let bytes = file("rows");
    let (words, _) = bytes.as_chunks::<4>();
    let [rows, features, groups] = [0, 1, 2].map(|at| u32::from_le_bytes(words[at]) as usize);
    let floats: Vec<f32> = words[3..]
        .iter()
        .map(|word| f32::from_le_bytes(*word))
        .collect();
    let (values, rest) = floats.split_at(rows * features);
    let (margins, predictions) = rest.split_at(rows * groups);
    Fixture {
        model: file("json"),
        rows,
        features,
        groups,
        values: values.to_vec(),
        margins: margins.to_vec(),
        predictions: predictions.to_vec(),
    }
}

pub fn options(outputs: Option<&[Output]>) -> Options {
    Options {
        outputs: outputs.map(<[Output]>::to_vec),
        name: "fixture".to_owned(),
        version: "1".to_owned(),
        explain: false,
        iterations: None,
    }
}

/// Bits, so that a NaN or a zero's sign counts.
pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// The greatest distance of two lists of non-negative numbers in units of the last place.
pub fn ulps(left: &[f32], right: &[f32]) -> u32 {
    assert_eq!(left.len(), right.len());
    left.iter()
        .zip(right)
        .map(|(left, right)| left.to_bits().abs_diff(right.to_bits()))
        .max()
        .unwrap_or(0)
}

/// As the reference takes a row.
pub fn wide(row: &[f32]) -> Vec<f64> {
    row.iter().map(|value| f64::from(*value)).collect()
}

/// As XGBoost gives what the reference gives.
pub fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}
