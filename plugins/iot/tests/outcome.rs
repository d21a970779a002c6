//! From the model's score to the outcome.

use iot::Iot;
use scoregate_sdk::{Adapter, Config, Datatype, Event, Outcome, TensorView, batch};

const EVENTS: &[u8] = include_bytes!("../../anomaly/heldout.ndjson");

/// What becomes of the first held-out reading where the model gives it this score.
fn outcome(score: f32) -> Result<Outcome, String> {
    let iot = Iot::configure(&Config::new("{}")).unwrap();
    let event = EVENTS.split(|byte| *byte == b'\n').next().unwrap();
    let prepared = batch::prepare(&iot, &iot.contract(), &[Event::new(event)]).unwrap();
    let data = score.to_le_bytes();
    let scores = TensorView::new(Datatype::Fp32, &[1, 1], &data).unwrap();
    let mut outcomes = batch::finish(&iot, prepared.rows, &[scores]).unwrap();
    outcomes.remove(0)
}

#[test]
fn the_less_ordinary_a_reading_is_the_more_is_done_about_it() {
    for (ordinary, outlier, decision) in [
        (0.5, 0.0, "ok"),
        (0.0, 0.5, "ok"),
        (-0.0625, 0.5625, "inspect"),
        (-0.125, 0.625, "alarm"),
        (-0.5, 1.0, "alarm"),
    ] {
        let outcome = outcome(ordinary).unwrap();
        assert_eq!(outcome.score, Some(outlier));
        assert_eq!(outcome.decision.as_deref(), Some(decision), "{ordinary}");
    }
}

#[test]
fn what_no_isolation_forest_gives_is_rejected() {
    for (score, was) in [(f32::NAN, "NaN"), (0.75, "0.75"), (-0.625, "-0.625")] {
        let reason = format!("scores: must lie between -0.5 and 0.5, was {was}");
        assert_eq!(outcome(score), Err(reason));
    }
}
