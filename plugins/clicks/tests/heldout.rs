//! The held-out events of `plugins/conversion` through the adapter: what it makes of them must be what the model was trained on.

use checks::testing::{assert_trained_on, prepare};
use clicks::Clicks;

const EVENTS: &[u8] = include_bytes!("../../conversion/heldout.ndjson");
const FEATURES: &[u8] = include_bytes!("../../conversion/heldout.features.bin");
const FEATURES_PER_ROW: usize = 18;

#[test]
fn every_feature_is_bit_equal_to_what_the_model_was_trained_on() {
    let events = EVENTS.trim_ascii_end().split(|byte| *byte == b'\n');
    let batch = prepare::<Clicks>(&events.collect::<Vec<_>>());
    assert_eq!(batch.rejected, []);
    assert_trained_on(&batch.features, FEATURES, FEATURES_PER_ROW);
}
