//! The held-out events of `plugins/bots` through the adapter: what it makes of them must be what the model was trained on.

use checks::testing::{assert_trained_on, numbers, prepare};
use scoregate_sdk::Datatype;
use weblog::Weblog;

const EVENTS: &[u8] = include_bytes!("../../bots/heldout.log");
const FEATURES: &[u8] = include_bytes!("../../bots/heldout.features.bin");
const FEATURES_PER_ROW: usize = 22;

#[test]
fn every_feature_is_bit_equal_to_what_the_model_was_trained_on() {
    let events = EVENTS.trim_ascii_end().split(|byte| *byte == b'\n');
    let batch = prepare::<Weblog>(&events.collect::<Vec<_>>());
    assert_eq!(batch.rejected, []);
    assert_trained_on(
        &batch.features,
        &numbers(Datatype::Fp64, FEATURES),
        FEATURES_PER_ROW,
    );
}
