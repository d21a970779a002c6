//! The held-out payments, and what XGBoost itself makes of them.

use std::sync::OnceLock;

use serde_json::Value;

use crate::workspace;

/// A payment of the held-out file.
pub struct Payment {
    /// The line, without its end.
    pub json: &'static str,
    pub expected: Expected,
}

/// What must become of it.
pub enum Expected {
    Scored {
        margin: f32,
        probability: f32,
    },
    /// The rejection must name this field.
    Rejected {
        field: &'static str,
    },
}

/// Features of a payment in the sample model's input.
pub const FEATURES: usize = 15;

/// The whole file, a payment a line.
pub fn ndjson() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| read("heldout.ndjson"))
}

/// All payments, in the file's order.
pub fn heldout() -> &'static [Payment] {
    static PAYMENTS: OnceLock<Vec<Payment>> = OnceLock::new();
    static SCORES: OnceLock<String> = OnceLock::new();
    PAYMENTS.get_or_init(|| {
        let scores = SCORES
            .get_or_init(|| read("heldout.scores.csv"))
            .lines()
            .skip(1);
        let payments: Vec<Payment> = std::iter::zip(ndjson().lines(), scores)
            .map(|(json, score)| Payment {
                json,
                expected: expected(score),
            })
            .collect();
        assert_eq!(payments.len(), ndjson().lines().count());
        payments
    })
}

/// Features of the payments that are not rejected, in order: little-endian f32, [`FEATURES`] a row.
pub fn features() -> Vec<u8> {
    let path = workspace::root().join("plugins/fraud/heldout.features.bin");
    std::fs::read(path).expect("the features")
}

/// Whether an answer's score is XGBoost's: its margin bit for bit, its probability within 1 ULP.
pub fn assert_scored(answer: &Value, margin: f32, probability: f32) {
    let got = answer["output"]["margin"]
        .as_f64()
        .unwrap_or_else(|| panic!("no margin: {answer}"));
    assert_same_bits(got as f32, margin);
    let got = answer["score"]
        .as_f64()
        .unwrap_or_else(|| panic!("no score: {answer}"));
    assert_within_1_ulp(got as f32, probability);
}

pub fn assert_same_bits(got: f32, expected: f32) {
    assert_eq!(
        got.to_bits(),
        expected.to_bits(),
        "margin {got}, XGBoost's is {expected}"
    );
}

pub fn assert_within_1_ulp(got: f32, expected: f32) {
    let ulps = got.to_bits().abs_diff(expected.to_bits());
    assert!(
        ulps <= 1,
        "probability {got} is {ulps} ULP from XGBoost's {expected}"
    );
}

/// Whether an error names the field: the reason begins with it, or with the object that holds it.
pub fn assert_names(error: &str, field: &str) {
    assert!(
        error.starts_with(&format!("{field}:")),
        "`{error}` does not name `{field}`"
    );
}

fn read(name: &str) -> String {
    let path = workspace::root().join("plugins/fraud").join(name);
    std::fs::read_to_string(path).expect("a sample file")
}

fn expected(line: &'static str) -> Expected {
    let columns: Vec<&str> = line.split(',').collect();
    let [margin, probability, _, rejected] = columns[..] else {
        panic!("a line of four columns: {line}");
    };
    if !rejected.is_empty() {
        return Expected::Rejected { field: rejected };
    }
    Expected::Scored {
        margin: margin.parse().expect("a margin"),
        probability: probability.parse().expect("a probability"),
    }
}
