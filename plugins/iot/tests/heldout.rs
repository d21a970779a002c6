//! The held-out events of `plugins/anomaly` through the adapter: what it makes of them must be what the model was trained on.

use checks::testing::{assert_trained_on, numbers, prepare};
use iot::Iot;
use scoregate_sdk::Datatype;

const EVENTS: &[u8] = include_bytes!("../../anomaly/heldout.ndjson");
const FEATURES: &[u8] = include_bytes!("../../anomaly/heldout.features.bin");
const FEATURES_PER_ROW: usize = 16;

#[test]
fn every_feature_is_bit_equal_to_what_the_model_was_trained_on() {
    let events = EVENTS.trim_ascii_end().split(|byte| *byte == b'\n');
    let batch = prepare::<Iot>(&events.collect::<Vec<_>>());
    assert_eq!(batch.rejected, []);
    assert_trained_on(
        &batch.features,
        &numbers(Datatype::Fp32, FEATURES),
        FEATURES_PER_ROW,
    );
}

#[test]
fn a_frame_has_the_same_features_as_its_json() {
    let frames = include_bytes!("../../anomaly/heldout.bin");
    let frames: Vec<&[u8]> = frames.chunks(iot::frame::BYTES).collect();
    let batch = prepare::<Iot>(&frames);
    assert_eq!(batch.rejected, []);
    assert_trained_on(
        &batch.features,
        &numbers(Datatype::Fp32, FEATURES),
        FEATURES_PER_ROW,
    );
}
