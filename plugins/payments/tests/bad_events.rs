//! Events that no sender should send: each is rejected by a sentence that names the field, or taken for a reason.

use checks::REASON_MAX_BYTES;
use checks::testing::{damage, prepare};
use payments::Payments;

const GOOD: &str = r#"{"payment_id":"pay_1","card_id":"card_1","timestamp":"2026-03-14T22:41:07Z","utc_offset_min":60,"amount":42.5,"currency":"EUR","entry_mode":"chip","merchant":{"id":"m_1","mcc":5411,"country":"DE","lat":52.5,"lon":13.4},"home":{"country":"DE","lat":52.5,"lon":13.4},"velocity":{"count_1h":1,"sum_1h":42.5,"count_24h":1,"sum_24h":42.5}}"#;

/// GOOD with one piece of its text changed.
fn with(piece: &str, other: &str) -> Vec<u8> {
    assert!(GOOD.contains(piece), "{piece}");
    GOOD.replacen(piece, other, 1).into_bytes()
}

fn reason(payload: &[u8]) -> Option<String> {
    prepare::<Payments>(&[payload])
        .rejected
        .pop()
        .map(|(_, reason)| reason)
}

#[track_caller]
fn rejected(payload: &[u8], field: &str, rule: &str) {
    let reason =
        reason(payload).unwrap_or_else(|| panic!("taken instead of rejected for `{field}`"));
    assert!(
        reason.starts_with(&format!("{field}: ")) && reason.contains(rule),
        "`{reason}` instead of `{field}: … {rule}`"
    );
    assert!(
        reason.len() <= REASON_MAX_BYTES,
        "{} bytes of reason",
        reason.len()
    );
}

#[track_caller]
fn taken(payload: &[u8]) {
    assert_eq!(reason(payload), None);
}

#[test]
fn what_is_no_json_object_is_rejected() {
    rejected(b"", "payload", "must be one JSON object");
    rejected(b" \n", "payload", "must be one JSON object");
    rejected(b"null", "payload", "must be one JSON object");
    rejected(b"[1,2]", "payload", "must be one JSON object");
    rejected(b"\xef\xbb\xbf{}", "payload", "must be one JSON object");
    rejected(
        "[".repeat(10_000).as_bytes(),
        "payload",
        "must be one JSON object",
    );
    rejected(b"{", "payload", "EOF");
    rejected(b"{,}", "payload", "key must be a string");
    rejected(b"{}{}", "payment_id", "missing field");
    rejected(
        &[GOOD.as_bytes(), b"{}"].concat(),
        "payload",
        "trailing characters",
    );
    rejected(&GOOD.as_bytes()[..GOOD.len() - 1], "payload", "EOF");
}

#[test]
fn what_is_not_utf_8_is_rejected() {
    rejected(b"\xff\xfe", "payload", "is not from byte 0");
    let mut payload = GOOD.as_bytes().to_vec();
    payload[15] = 0xc3;
    rejected(&payload, "payload", "must be UTF-8, is not from byte 15");
}

#[test]
fn a_wrong_type_is_rejected_with_the_right_one() {
    rejected(&with("42.5", r#""42.5""#), "amount", "expected a number");
    rejected(&with("42.5", "true"), "amount", "expected a number");
    rejected(&with("42.5", "{}"), "amount", "expected a number");
    rejected(
        &with("42.5", &"[".repeat(10_000)),
        "amount",
        "expected a number",
    );
    rejected(&with(r#""pay_1""#, "17"), "payment_id", "expected a string");
    rejected(
        &with("5411", "5411.5"),
        "merchant.mcc",
        "expected a whole number of at least 0",
    );
    rejected(
        &with(r#""2026-03-14T22:41:07Z""#, "0"),
        "timestamp",
        "expected a UTC time like 2026-03-14T22:41:07Z",
    );
    rejected(
        &with(r#""lat":52.5"#, r#""lat":"north""#),
        "merchant.lat",
        "expected a number",
    );
    rejected(
        &with(r#""home":{"#, r#""home":[],"at":{"#),
        "home",
        "invalid length 0, expected an object",
    );
    rejected(
        &with(r#""home":{"#, r#""home":1,"at":{"#),
        "home",
        "integer `1`, expected an object",
    );
    rejected(&with(r#""EUR""#, "[1]"), "currency", "");
    rejected(
        &with(r#""EUR""#, r#"{"X":1}"#),
        "currency",
        "unknown variant `X`",
    );
}

#[test]
fn what_is_no_number_is_rejected() {
    for literal in [
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "1e",
        "0x10",
        "1,5",
        "01",
        "+1",
        ".5",
        "--1",
    ] {
        let reason = reason(&with("42.5", literal)).expect(literal);
        assert!(
            reason.starts_with("amount: ") || reason.starts_with("payload: "),
            "{literal}: {reason}"
        );
    }
    rejected(&with("42.5", r#""NaN""#), "amount", "expected a number");
    rejected(&with("42.5", "1e400"), "amount", "number out of range");
    rejected(&with("42.5", "-1e400"), "amount", "number out of range");
    rejected(
        &with("42.5", &"9".repeat(1000)),
        "amount",
        "number out of range",
    );
    rejected(
        &with("42.5", "1e300"),
        "amount",
        "must be greater than 0 and at most 1000000000",
    );
    rejected(
        &with("5411", "99999999999999999999"),
        "merchant.mcc",
        "expected a whole number of at least 0",
    );
    rejected(
        &with(r#""count_1h":1"#, r#""count_1h":-1"#),
        "velocity.count_1h",
        "expected a whole number of at least 0",
    );
    rejected(&with("42.5", "1e-400"), "amount", "was 0");
}

#[test]
fn a_value_out_of_bounds_is_rejected_with_the_bounds() {
    rejected(
        &with("42.5", "-3.2"),
        "amount",
        "must be greater than 0 and at most 1000000000, was -3.2",
    );
    rejected(&with("42.5", "0"), "amount", "was 0");
    rejected(&with("42.5", "-0.0"), "amount", "was -0");
    rejected(
        &with("EUR", "XYZ"),
        "currency",
        "unknown variant `XYZ`, expected one of `EUR`, `USD`",
    );
    rejected(
        &with("chip", "chips"),
        "entry_mode",
        "expected one of `chip`, `contactless`",
    );
    rejected(
        &with("T22", "T25"),
        "timestamp",
        r#"must be a UTC time like 2026-03-14T22:41:07Z, was "2026-03-14T25:41:07Z""#,
    );
    rejected(
        &with(":60,", ":841,"),
        "utc_offset_min",
        "must lie between -720 and 840, was 841",
    );
    rejected(
        &with("5411", "10000"),
        "merchant.mcc",
        "must lie between 0 and 9999, was 10000",
    );
    rejected(
        &with(r#"lon":13.4"#, r#"lon":180.5"#),
        "merchant.lon",
        "must lie between -180 and 180, was 180.5",
    );
    rejected(
        &with(r#""DE""#, r#""de""#),
        "merchant.country",
        r#"must be two capital letters as in ISO 3166, was "de""#,
    );
    rejected(
        &with(r#""DE""#, r#""\u0000\n""#),
        "merchant.country",
        r#"was "\0\n""#,
    );
    rejected(
        &with("pay_1", ""),
        "payment_id",
        "must have 1 to 64 bytes, was 0",
    );
    rejected(
        &with(r#"42.5}"#, r#"42.5,"mean_amount":0}"#),
        "velocity.mean_amount",
        "was 0",
    );
}

#[test]
fn a_missing_or_doubled_field_is_rejected_by_its_name() {
    rejected(&with(r#""amount":42.5,"#, ""), "amount", "missing field");
    rejected(&with(r#""id":"m_1","#, ""), "merchant.id", "missing field");
    rejected(
        &with(r#""amount":42.5,"#, r#""amount":42.5,"amount":1,"#),
        "amount",
        "duplicate field",
    );
    rejected(
        &with(r#""mcc":5411,"#, r#""mcc":5411,"mcc":5411,"#),
        "merchant.mcc",
        "duplicate field",
    );
}

#[test]
fn a_long_field_is_not_echoed_and_a_megabyte_is_not_read() {
    let long = "x".repeat(60_000);
    rejected(
        &with("pay_1", &long),
        "payment_id",
        "must have 1 to 64 bytes, was 60000",
    );
    rejected(
        &with("42.5", &format!("\"{long}\"")),
        "amount",
        "expected a number",
    );
    rejected(
        &with("42.5", &format!("\"{}\"", r"é\u0001".repeat(7_000))),
        "amount",
        "expected a number",
    );
    rejected(&with("EUR", &long), "currency", "…");
    rejected(&with("2026", &long), "timestamp", "…");
    rejected(&with("DE", &"é".repeat(30_000)), "merchant.country", "…");
    let reason = reason(format!(r#"{{"{long}":?"#).as_bytes()).expect("not JSON");
    assert!(
        reason.len() <= REASON_MAX_BYTES,
        "{} bytes of reason",
        reason.len()
    );
    rejected(
        &with("pay_1", &"x".repeat(1 << 20)),
        "payload",
        "must have at most 65536 bytes",
    );
}

#[test]
fn what_a_payment_may_do_without_is_taken() {
    taken(GOOD.as_bytes());
    taken(format!("\r\n\t{GOOD}\n").as_bytes());
    taken(&with(r#","lat":52.5,"lon":13.4}"#, "}"));
    taken(&with(r#""lat":52.5"#, r#""lat":null"#));
    taken(&with(r#""velocity""#, r#""device":null,"velocity""#));
    taken(&with(r#""velocity""#, r#""device":{},"velocity""#));
    // Escapes are other spellings of the same text.
    taken(&with("pay_1", r"pay\u005f1\n\ud83d\ude00"));
    taken(&with("2026-03-14", r"2026\u002d03-14"));
}

#[test]
fn unknown_fields_are_ignored_however_deep() {
    taken(&with(
        r#""amount""#,
        r#""loyalty":{"points":[1,2,{"amount":"x"}]},"amount""#,
    ));
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    taken(&with(
        r#""amount""#,
        &format!(r#""loyalty":{deep},"amount""#),
    ));
    rejected(
        &with(
            r#""amount""#,
            &format!(r#""loyalty":{},"amount""#, "[".repeat(10_000)),
        ),
        "loyalty",
        "",
    );
}

#[test]
fn a_bad_event_leaves_its_neighbours_alone() {
    let bad = with("42.5", "-3.2");
    let batch = prepare::<Payments>(&[GOOD.as_bytes(), &bad, GOOD.as_bytes(), b"{"]);
    let rows: Vec<usize> = batch.rejected.iter().map(|(row, _)| *row).collect();
    assert_eq!(rows, [1, 3]);
    let (first, second) = batch.features.split_at(15);
    assert_eq!(first.len(), second.len());
    assert!(
        first
            .iter()
            .zip(second)
            .all(|(a, b)| a.to_bits() == b.to_bits())
    );
}

#[test]
fn no_damage_to_an_event_panics_or_makes_an_infinite_feature() {
    damage::<Payments>(&[GOOD.as_bytes()], 20_000);
}
