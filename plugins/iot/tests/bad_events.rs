//! Readings that no device should send: each is rejected by a sentence that names the field, or taken for a reason.

use checks::REASON_MAX_BYTES;
use checks::testing::{damage, prepare};
use iot::Iot;

const GOOD: &str = r#"{"device_id":"dev-1","kind":"pump","timestamp":"2026-03-02T00:00:00Z","uptime_s":60,"temperature_c":39.16,"vibration_mm_s":2.1,"pressure_kpa":350.4,"current_a":5.65,"rpm":1478,"supply_v":23.95,"last_hour":{"readings":12,"unchanged":0,"temperature_c":39.4,"vibration_mm_s":2.04,"pressure_kpa":351.2,"current_a":5.6}}"#;
const FRAMES: &[u8] = include_bytes!("../../anomaly/heldout.bin");

fn frame() -> Vec<u8> {
    FRAMES[..iot::frame::BYTES].to_vec()
}

/// The frame with one byte changed, and a checksum that fits.
fn frame_with(at: usize, byte: u8) -> Vec<u8> {
    let mut frame = frame();
    frame[at] = byte;
    let crc = iot::frame::crc16(&frame[..36]);
    frame[36..].copy_from_slice(&crc.to_le_bytes());
    frame
}

fn with(piece: &str, other: &str) -> Vec<u8> {
    assert!(GOOD.contains(piece), "{piece}");
    GOOD.replacen(piece, other, 1).into_bytes()
}

fn reason(payload: &[u8]) -> Option<String> {
    prepare::<Iot>(&[payload])
        .rejected
        .pop()
        .map(|(_, reason)| reason)
}

#[track_caller]
fn rejected(payload: &[u8], starts: &str) {
    let reason = reason(payload).unwrap_or_else(|| panic!("taken instead of rejected: {starts}"));
    assert!(
        reason.starts_with(starts),
        "`{reason}` instead of `{starts}…`"
    );
    assert!(reason.len() <= REASON_MAX_BYTES);
}

#[test]
fn a_wrong_field_is_rejected_by_its_name_with_what_is_right() {
    rejected(b"", "payload: must be one JSON object");
    rejected(b"[]", "payload: must be one JSON object");
    rejected(&GOOD.as_bytes()[..GOOD.len() - 1], "payload: EOF");
    rejected(
        &with("pump", "boiler"),
        "kind: unknown variant `boiler`, expected one of `pump`",
    );
    rejected(
        &with("39.16", "327.68"),
        "temperature_c: must lie between -327.67 and 327.67, was 327.68",
    );
    rejected(
        &with("2.1", "-0.5"),
        "vibration_mm_s: must lie between 0 and 655.34, was -0.5",
    );
    rejected(
        &with("351.2", "7000"),
        "last_hour.pressure_kpa: must lie between 0 and 6553.4, was 7000",
    );
    rejected(
        &with("1478", r#""fast""#),
        "rpm: invalid type: string \"fast\", expected a number",
    );
    rejected(
        &with("12", "300"),
        "last_hour.readings: invalid value: integer `300`, expected a whole number",
    );
    rejected(&with(r#""kind":"pump","#, ""), "kind: missing field");
    rejected(
        &with("2026-03-02T", "2026-02-30T"),
        "timestamp: must be a UTC time like",
    );
    rejected(
        &with("dev-1", ""),
        "device_id: must have 1 to 64 bytes, was 0",
    );
}

#[test]
fn a_sensor_that_gave_nothing_is_missing_and_no_mistake() {
    let whole = prepare::<Iot>(&[GOOD.as_bytes()]).features;
    let silent = prepare::<Iot>(&[&with("39.16", "null")]).features;
    assert!(silent[2].is_nan() && silent[8].is_nan() && silent[12].is_nan());
    assert_eq!((whole[13], silent[13]), (0.0, 1.0));
    let left_out = prepare::<Iot>(&[&with(r#""temperature_c":39.16,"#, "")]).features;
    assert_eq!(format!("{left_out:?}"), format!("{silent:?}"));
}

#[test]
fn a_wrong_frame_is_rejected_by_what_is_wrong_in_it() {
    assert_eq!(reason(&frame()), None);
    assert_eq!(reason(&frame_with(1, 2)), None);
    rejected(
        &frame_with(1, 3),
        "kind: must be 0 (pump), 1 (fan) or 2 (compressor), was 3",
    );
    rejected(
        &frame()[..37],
        "frame: must have 38 bytes in version 1, has 37",
    );
    rejected(&[1], "frame: must have 38 bytes in version 1, has 1");
    rejected(&frame_with(0, 2), "version: must be 1, was 2");
    rejected(&frame_with(0, 0), "version: must be 1, was 0");
    let mut longer = frame();
    longer.push(0);
    rejected(&longer, "frame: must have 38 bytes in version 1, has 39");
}

#[test]
fn every_flipped_bit_of_a_frame_is_noticed() {
    for bit in 0..iot::frame::BYTES * 8 {
        let mut frame = frame();
        frame[bit / 8] ^= 1 << (bit % 8);
        let reason = reason(&frame).unwrap_or_else(|| panic!("bit {bit} went unnoticed"));
        assert!(
            bit < 8 || reason.starts_with("crc: must be 0x"),
            "bit {bit}: {reason}"
        );
    }
}

#[test]
fn no_damage_to_a_reading_panics_or_makes_an_infinite_feature() {
    damage::<Iot>(&[GOOD.as_bytes(), &frame()], 20_000);
    // Damage that the checksum does not notice.
    for at in 1..36 {
        for byte in [0, 1, 0x7f, 0x80, 0xff] {
            let batch = prepare::<Iot>(&[&frame_with(at, byte)]);
            assert!(batch.features.iter().all(|feature| !feature.is_infinite()));
        }
    }
}
