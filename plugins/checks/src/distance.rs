//! How far a merchant is from the cardholder's home.
//!
//! A library's sine differs in its last bit from machine to machine, and so would a score. Here are only `+ - * /` and
//! square root, which IEEE 754 rounds alike everywhere: `plugins/fraud/features.py` computes the same bits.

use std::f64::consts::PI;

const EARTH_DIAMETER_KM: f64 = 2.0 * 6371.0;
const RADIANS: f64 = PI / 180.0;

/// The haversine formula's chord, straight through the globe, in km; places are latitude and longitude in degrees.
/// A tree only compares, so the chord tells it as much as the arc above it, and needs no arc sine.
pub fn chord_km((lat1, lon1): (f64, f64), (lat2, lon2): (f64, f64)) -> f64 {
    let gap = (lon2 - lon1).abs();
    let gap = if gap > 180.0 { 360.0 - gap } else { gap };
    let lat_half = sine((lat2 - lat1).abs() / 2.0);
    let lon_half = sine(gap / 2.0);
    let cosines = sine(90.0 - lat1.abs()) * sine(90.0 - lat2.abs());
    EARTH_DIAMETER_KM * (lat_half * lat_half + cosines * (lon_half * lon_half)).sqrt()
}

/// Of 0 to 90 degrees, to eleven digits: the Taylor series up to x^15.
fn sine(degrees: f64) -> f64 {
    let x = degrees * RADIANS;
    let xx = x * x;
    let mut series = 1.0;
    for n in [14.0, 12.0, 10.0, 8.0, 6.0, 4.0, 2.0] {
        series = 1.0 - xx / (n * (n + 1.0)) * series;
    }
    x * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sine_is_right_to_eleven_digits() {
        for tenth in 0..=900 {
            let degrees = f64::from(tenth) / 10.0;
            assert!(
                (sine(degrees) - degrees.to_radians().sin()).abs() < 1e-11,
                "{degrees}"
            );
        }
    }

    #[test]
    fn known_distances_are_right() {
        let berlin = (52.52, 13.405);
        let chord = |arc_km: f64| EARTH_DIAMETER_KM * (arc_km / EARTH_DIAMETER_KM).sin();
        assert_eq!(chord_km(berlin, berlin), 0.0);
        assert!((chord_km(berlin, (48.857, 2.352)) - chord(877.3)).abs() < 1.0);
        assert!((chord_km((90.0, 0.0), (-90.0, 50.0)) - EARTH_DIAMETER_KM).abs() < 1e-6);
        assert!(
            (chord_km((0.0, 179.5), (0.0, -179.5)) - chord(111.195)).abs() < 0.01,
            "across the date line"
        );
    }
}
