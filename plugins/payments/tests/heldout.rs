//! The held-out payments of `plugins/fraud` through the adapter: what it makes of them must be what the model was trained on.

use checks::testing::{assert_trained_on, numbers, prepare};
use payments::Payments;
use scoregate_sdk::Datatype;

const EVENTS: &[u8] = include_bytes!("../../fraud/heldout.ndjson");
const SCORES: &str = include_str!("../../fraud/heldout.scores.csv");
const FEATURES: &[u8] = include_bytes!("../../fraud/heldout.features.bin");
const FEATURES_PER_ROW: usize = 15;

fn payloads() -> Vec<&'static [u8]> {
    EVENTS
        .trim_ascii_end()
        .split(|byte| *byte == b'\n')
        .collect()
}

#[test]
fn every_feature_is_bit_equal_to_what_the_model_was_trained_on() {
    let made = prepare::<Payments>(&payloads()).features;
    assert_trained_on(&made, &numbers(Datatype::Fp32, FEATURES), FEATURES_PER_ROW);
}

#[test]
fn every_spoilt_event_is_rejected_by_the_name_of_its_field_and_no_other_is() {
    let rejected = prepare::<Payments>(&payloads()).rejected;
    let fields = SCORES
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap_or_default());
    let expected: Vec<(usize, &str)> = fields
        .enumerate()
        .filter(|(_, field)| !field.is_empty())
        .collect();
    assert_eq!(rejected.len(), expected.len(), "{rejected:#?}");
    for ((row, reason), (expected_row, field)) in rejected.iter().zip(expected) {
        assert_eq!(*row, expected_row);
        assert!(
            reason.starts_with(&format!("{field}: ")),
            "row {row}: `{reason}` should name `{field}`"
        );
    }
}
