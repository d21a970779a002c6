//! The held-out events of `plugins/conversion` through the adapter: what it makes of them must be what the model was trained on.

mod common;

use common::prepare;

const EVENTS: &[u8] = include_bytes!("../../conversion/heldout.ndjson");
const FEATURES: &[u8] = include_bytes!("../../conversion/heldout.features.bin");
const FEATURES_PER_ROW: usize = 18;

#[test]
fn every_feature_is_bit_equal_to_what_the_model_was_trained_on() {
    let events = EVENTS.trim_ascii_end().split(|byte| *byte == b'\n');
    let batch = prepare(&events.collect::<Vec<_>>());
    assert_eq!(batch.rejected, []);
    assert_trained_on(&batch.features);
}

#[track_caller]
fn assert_trained_on(made: &[f32]) {
    let expected: Vec<f32> = FEATURES
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    assert_eq!(made.len(), expected.len());
    for (index, (made, expected)) in made.iter().zip(&expected).enumerate() {
        // Which of the many NaNs stands for "missing" is nobody's promise.
        let equal = made.to_bits() == expected.to_bits() || made.is_nan() && expected.is_nan();
        let (row, feature) = (index / FEATURES_PER_ROW, index % FEATURES_PER_ROW);
        assert!(
            equal,
            "row {row}, feature {feature}: {made} instead of {expected}"
        );
    }
}
