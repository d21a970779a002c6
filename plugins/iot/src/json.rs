//! A reading in JSON, and the checks that it must pass.

use std::borrow::Cow;

use checks::{Timestamp, id, within};
use scoregate_sdk::Rejection;
use serde::Deserialize;

use crate::reading::{Kind, Reading, Sensors};

/// A hundred times what a reading has.
const PAYLOAD_MAX_BYTES: usize = 64 << 10;

/// Fields that it does not name are ignored, so that senders may add some.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Document<'a> {
    #[serde(borrow)]
    device_id: Cow<'a, str>,
    kind: Kind,
    /// Checked, though the model is not told of it: a reading without a time is of no use to whoever reads the outcome.
    #[serde(rename = "timestamp")]
    _timestamp: Timestamp,
    uptime_s: u32,
    temperature_c: Option<f64>,
    vibration_mm_s: Option<f64>,
    pressure_kpa: Option<f64>,
    current_a: Option<f64>,
    rpm: Option<f64>,
    supply_v: Option<f64>,
    last_hour: LastHour,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct LastHour {
    readings: u8,
    unchanged: u8,
    temperature_c: Option<f64>,
    vibration_mm_s: Option<f64>,
    pressure_kpa: Option<f64>,
    current_a: Option<f64>,
}

/// Reads and checks one reading. The rejection names the field and what would be right.
pub fn read(payload: &[u8]) -> Result<Reading, Rejection> {
    let document: Document = checks::object(payload, PAYLOAD_MAX_BYTES)?;
    let hour = &document.last_hour;
    let sensors = Sensors {
        temperature_c: document.temperature_c,
        vibration_mm_s: document.vibration_mm_s,
        pressure_kpa: document.pressure_kpa,
        current_a: document.current_a,
    };
    let mean = Sensors {
        temperature_c: hour.temperature_c,
        vibration_mm_s: hour.vibration_mm_s,
        pressure_kpa: hour.pressure_kpa,
        current_a: hour.current_a,
    };
    id("device_id", &document.device_id)?;
    check("", &sensors)?;
    within("rpm", document.rpm, 0.0, 65_534.0)?;
    within("supply_v", document.supply_v, 0.0, 655.34)?;
    check("last_hour.", &mean)?;
    Ok(Reading {
        device_id: document.device_id.into_owned(),
        kind: document.kind,
        uptime_s: document.uptime_s,
        sensors,
        rpm: document.rpm,
        supply_v: document.supply_v,
        mean,
        readings: hour.readings,
        unchanged: hour.unchanged,
    })
}

/// The bounds are those of a frame's integers: what one form can say, the other can.
fn check(prefix: &str, sensors: &Sensors) -> Result<(), Rejection> {
    for (name, value, least, most) in [
        ("temperature_c", sensors.temperature_c, -327.67, 327.67),
        ("vibration_mm_s", sensors.vibration_mm_s, 0.0, 655.34),
        ("pressure_kpa", sensors.pressure_kpa, 0.0, 6553.4),
        ("current_a", sensors.current_a, 0.0, 655.34),
    ] {
        if !value.is_none_or(|value| (least..=most).contains(&value)) {
            within(&format!("{prefix}{name}"), value, least, most)?;
        }
    }
    Ok(())
}
