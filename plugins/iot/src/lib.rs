//! A sample adapter: one reading of a machine's sensors in, 16 features out; how ordinary the model finds it in, `ok`, `inspect` or `alarm` out.
//!
//! `reading` is the event, `json` and `frame` its two forms, told by the first byte; `features` is what the model is told of it.
//! A reading in JSON, as an edge gateway sends it; a sensor that gave nothing is `null` or left out:
//!
//! ```json
//! {
//!   "device_id": "dev-5ce2c000", "kind": "pump", "timestamp": "2026-03-02T00:00:00Z", "uptime_s": 4806598,
//!   "temperature_c": 39.16, "vibration_mm_s": 2.1, "pressure_kpa": 350.4, "current_a": 5.65, "rpm": 1478, "supply_v": 23.95,
//!   "last_hour": {
//!     "readings": 12, "unchanged": 0,
//!     "temperature_c": 39.4, "vibration_mm_s": 2.04, "pressure_kpa": 351.2, "current_a": 5.6
//!   }
//! }
//! ```
//!
//! The same as a frame, as the device itself sends it over a thin line: see [`mod@frame`].

#![warn(missing_docs)]

mod features;
pub mod frame;
mod json;
mod reading;

use scoregate_sdk::{
    Adapter, Config, Contract, Datatype, Event, Features, Outcome, Rejection, Scores, reject,
};
use serde::{Deserialize, Serialize};

/// The adapter: what the operator set for it.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Iot {
    /// A reading that is more of an outlier than this has its machine looked at; 0 to 1, at most `alarm_above`.
    inspect_above: f64,
    /// A reading that is more of an outlier than this is an alarm; 0 to 1.
    alarm_above: f64,
}

impl Default for Iot {
    /// See `plugins/anomaly/README.md` for what these find.
    fn default() -> Self {
        Self {
            inspect_above: 0.5,
            alarm_above: 0.6,
        }
    }
}

/// What is kept of a reading until its score is there.
pub struct Kept {
    device_id: String,
    missing: u8,
}

/// What the caller and the next system read beside score and decision.
#[derive(Serialize)]
struct Payload<'a> {
    device_id: &'a str,
    /// Sensors that gave nothing.
    missing: u8,
}

impl Adapter for Iot {
    type Row = Kept;

    fn configure(config: &Config<'_>) -> Result<Self, String> {
        let iot: Self = config.parse()?;
        if !(0.0..=1.0).contains(&iot.alarm_above) {
            return Err(format!(
                "alarm_above: must lie between 0 and 1, was {}",
                iot.alarm_above
            ));
        }
        if !(0.0..=iot.alarm_above).contains(&iot.inspect_above) {
            return Err(format!(
                "inspect_above: must lie between 0 and alarm_above, was {}",
                iot.inspect_above
            ));
        }
        Ok(iot)
    }

    fn contract(&self) -> Contract {
        Contract::new()
            .feature("features", Datatype::Fp32, [-1, features::COUNT as i64])
            .score("scores", Datatype::Fp32, [-1, 1])
    }

    fn preprocess(&self, event: &Event<'_>, features: &mut Features) -> Result<Kept, Rejection> {
        let reading = match event.payload.first() {
            // No JSON begins with these, and no other version's frame is taken for a broken text.
            Some(0..=8) => frame::read(event.payload)?,
            _ => json::read(event.payload)?,
        };
        features.extend_f32(&features::of(&reading));
        Ok(Kept {
            missing: reading.missing(),
            device_id: reading.device_id,
        })
    }

    fn postprocess(&self, kept: Kept, scores: &Scores<'_>) -> Result<Outcome, Rejection> {
        // scikit-learn's decision function, below 0 for outliers: 0.5 less it is the isolation forest's own score.
        let ordinary = f64::from(scores.f32(0));
        if !(-0.5..=0.5).contains(&ordinary) {
            return Err(reject(format!(
                "scores: must lie between -0.5 and 0.5, was {ordinary}"
            )));
        }
        let outlier = 0.5 - ordinary;
        let decision = match outlier {
            o if o > self.alarm_above => "alarm",
            o if o > self.inspect_above => "inspect",
            _ => "ok",
        };
        let payload = Payload {
            device_id: &kept.device_id,
            missing: kept.missing,
        };
        Ok(Outcome::new()
            .score(outlier)
            .decision(decision)
            .json(&payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_checked_by_name() {
        let configure = |config: &str| Iot::configure(&Config::new(config)).err();
        assert_eq!(configure("{}"), None);
        for (config, names) in [
            (
                r#"{"alarm_above":1.5}"#,
                "alarm_above: must lie between 0 and 1, was 1.5",
            ),
            (
                r#"{"inspect_above":0.9}"#,
                "inspect_above: must lie between 0 and alarm_above, was 0.9",
            ),
            (r#"{"alarm_over":0.9}"#, "alarm_over"),
        ] {
            let error = configure(config).expect(config);
            assert!(error.contains(names), "{config}: {error}");
        }
    }
}

scoregate_sdk::export_adapter!(Iot);
