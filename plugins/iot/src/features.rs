//! What the model is told of a reading: the same numbers, bit for bit, as `plugins/anomaly/features.py` trained it on.

use crate::reading::Reading;

/// How many features a reading has.
pub const COUNT: usize = 16;

/// A quotient by less than the wire's smallest step would tell nothing.
const LEAST: f64 = 0.01;

/// The features of `reading` in the model's order, computed in f64 and rounded once; NaN where a sensor gave nothing.
pub fn of(reading: &Reading) -> [f32; COUNT] {
    let (now, mean) = (&reading.sensors, &reading.mean);
    let known = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let temperature_c = known(now.temperature_c);
    let table: [(&str, f64); COUNT] = [
        ("kind", f64::from(reading.kind as u8)),
        ("uptime_hours", f64::from(reading.uptime_s) / 3600.0),
        ("temperature_c", temperature_c),
        ("vibration_mm_s", known(now.vibration_mm_s)),
        ("pressure_kpa", known(now.pressure_kpa)),
        ("current_a", known(now.current_a)),
        ("rpm", known(reading.rpm)),
        ("supply_v", known(reading.supply_v)),
        (
            "temperature_rise_k",
            temperature_c - known(mean.temperature_c),
        ),
        (
            "vibration_ratio",
            ratio(now.vibration_mm_s, mean.vibration_mm_s),
        ),
        ("pressure_ratio", ratio(now.pressure_kpa, mean.pressure_kpa)),
        ("current_ratio", ratio(now.current_a, mean.current_a)),
        ("heat_per_a", ratio(now.temperature_c, now.current_a)),
        ("missing", f64::from(reading.missing())),
        ("readings", f64::from(reading.readings)),
        ("unchanged", f64::from(reading.unchanged)),
    ];
    table.map(|(_, value)| value as f32)
}

fn ratio(value: Option<f64>, by: Option<f64>) -> f64 {
    match (value, by) {
        (Some(value), Some(by)) if by >= LEAST => value / by,
        _ => f64::NAN,
    }
}
