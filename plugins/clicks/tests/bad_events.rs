//! Clicks that no page should send: each is rejected by a sentence that names the field, or taken for a reason.

use checks::REASON_MAX_BYTES;
use checks::testing::{damage, prepare};
use clicks::Clicks;

const GOOD: &str = r#"{"session_id":"s_1","event":"cart","timestamp":"2026-03-02T10:04:11Z","utc_offset_min":60,"device":"mobile","source":"search","product":{"price_eur":29.0},"session":{"age_s":38.4,"clicks":5,"products":4,"searches":0,"removed":0,"cart_items":1,"cart_eur":29.0,"visits_before":0,"scroll_percent":61,"since_last_s":3.1}}"#;

fn with(piece: &str, other: &str) -> Vec<u8> {
    assert!(GOOD.contains(piece), "{piece}");
    GOOD.replacen(piece, other, 1).into_bytes()
}

fn reason(payload: &[u8]) -> Option<String> {
    prepare::<Clicks>(&[payload])
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
    assert_eq!(reason(GOOD.as_bytes()), None);
    rejected(b"", "payload: must be one JSON object");
    rejected(b"\xff", "payload: must be UTF-8, is not from byte 0");
    rejected(
        &with("\"cart\"", "\"click\""),
        "event: unknown variant `click`, expected one of `view`",
    );
    rejected(
        &with("mobile", "watch"),
        "device: unknown variant `watch`, expected one of `desktop`",
    );
    rejected(
        &with("10:04", "25:04"),
        "timestamp: must be a UTC time like",
    );
    rejected(
        &with(":60", ":900"),
        "utc_offset_min: must lie between -720 and 840, was 900",
    );
    rejected(
        &with("{\"price_eur\":29.0}", "29"),
        "product: invalid type: integer `29`, expected an object",
    );
    rejected(
        &with("29.0}", "-1}"),
        "product.price_eur: must lie between 0 and 1000000, was -1",
    );
    rejected(
        &with("\"clicks\":5", "\"clicks\":0"),
        "session.clicks: must lie between 1 and 1000000, was 0",
    );
    rejected(
        &with("\"searches\":0", "\"searches\":-1"),
        "session.searches: invalid value: integer `-1`, expected a whole number",
    );
    rejected(
        &with("61", "101"),
        "session.scroll_percent: must lie between 0 and 100, was 101",
    );
    rejected(&with("\"clicks\":5,", ""), "session.clicks: missing field");
    rejected(
        &with("s_1", &"x".repeat(65)),
        "session_id: must have 1 to 64 bytes, was 65",
    );
}

#[test]
fn what_a_page_may_not_know_is_missing_and_no_mistake() {
    let features = |payload: &[u8]| prepare::<Clicks>(&[payload]).features;
    assert!(features(&with("{\"price_eur\":29.0}", "null"))[5].is_nan());
    assert!(features(&with(",\"since_last_s\":3.1", ""))[15].is_nan());
    assert!(features(&with("38.4", "0"))[16].is_nan());
    assert!(features(&with("\"products\":4", "\"products\":0"))[17].is_nan());
}

#[test]
fn no_damage_to_a_click_panics_or_makes_an_infinite_feature() {
    damage::<Clicks>(&[GOOD.as_bytes()], 20_000);
}
