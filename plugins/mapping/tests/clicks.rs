//! The sample pipeline `clicks`, whose adapter is the configuration of examples/clicks: what it makes must be what the model was trained
//! on, and a click that no page should send is rejected by a sentence that names the field.

use checks::testing::{assert_trained_on, numbers, random};
use mapping::Mapping;
use scoregate_sdk::{Adapter, Config, Contract, Datatype, Event, Tensor, TensorView, batch};
use serde_json::Value;

const EXAMPLE: &str = include_str!("../../../examples/clicks/scoregate.toml");
const EVENTS: &str = include_str!("../../conversion/heldout.ndjson");
const FEATURES: &str = include_str!("../../conversion/heldout.features.csv");
const GOOD: &str = r#"{"session_id":"s_1","event":"cart","timestamp":"2026-03-02T10:04:11Z","utc_offset_min":60,"device":"mobile","source":"search","product":{"price_eur":29.0},"session":{"age_s":38.4,"clicks":5,"products":4,"searches":0,"removed":0,"cart_items":1,"cart_eur":29.0,"visits_before":0,"scroll_percent":61,"since_last_s":3.1}}"#;

fn clicks() -> Mapping {
    let example: Value = toml::from_str(EXAMPLE).expect("the example is TOML");
    let config = example["plugins"]["clicks"]["config"].to_string();
    Mapping::configure(&Config::new(&config)).expect("the configuration is right")
}

fn prepare(events: &[&[u8]]) -> (Contract, batch::Prepared<Vec<u8>>) {
    let clicks = clicks();
    let events: Vec<Event<'_>> = events.iter().map(|event| Event::new(event)).collect();
    let contract = clicks.contract();
    let prepared = batch::prepare(&clicks, &contract, &events);
    (
        contract,
        prepared.expect("a bad event never fails its batch"),
    )
}

fn with(piece: &str, other: &str) -> Vec<u8> {
    assert!(GOOD.contains(piece), "{piece}");
    GOOD.replacen(piece, other, 1).into_bytes()
}

fn reason(event: &[u8]) -> Option<String> {
    let (_, mut prepared) = prepare(&[event]);
    prepared.rejected.pop().map(|rejected| rejected.reason)
}

#[track_caller]
fn rejected(event: &[u8], starts: &str) {
    let reason = reason(event).unwrap_or_else(|| panic!("taken instead of rejected: {starts}"));
    assert!(
        reason.starts_with(starts),
        "`{reason}` instead of `{starts}…`"
    );
    assert!(reason.len() <= checks::REASON_MAX_BYTES);
}

/// The values of a BYTES tensor.
fn texts(tensor: &Tensor) -> Vec<&str> {
    let mut rest = &tensor.data[..];
    let mut texts = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let (text, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        texts.push(str::from_utf8(text).expect("the events are texts"));
        rest = after;
    }
    texts
}

#[test]
fn every_feature_is_bit_equal_to_what_the_model_was_trained_on() {
    let events: Vec<&[u8]> = EVENTS.lines().map(str::as_bytes).collect();
    let (contract, prepared) = prepare(&events);
    assert_eq!(prepared.rejected, []);
    let (names, rows) = FEATURES.split_once('\n').expect("a line of names");
    let rows: Vec<Vec<&str>> = rows.lines().map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), events.len());
    let names: Vec<&str> = names.split(',').collect();
    let inputs = contract.features.iter().map(|input| &input.name);
    assert!(inputs.eq(&names), "{names:?}");
    for (column, (input, tensor)) in contract.features.iter().zip(&prepared.features).enumerate() {
        let trained_on = rows.iter().map(|row| row[column]);
        if input.datatype == Datatype::Bytes {
            assert!(texts(tensor).into_iter().eq(trained_on), "{}", input.name);
            continue;
        }
        let number = |text: &str| match text {
            "" => f64::NAN,
            text => f64::from(text.parse::<f32>().expect("a number")),
        };
        let trained_on: Vec<f64> = trained_on.map(number).collect();
        assert_trained_on(&numbers(input.datatype, &tensor.data), &trained_on, 1);
    }
}

#[test]
fn a_wrong_field_is_rejected_by_its_name_with_what_is_right() {
    assert_eq!(reason(GOOD.as_bytes()), None);
    rejected(b"", "payload: ");
    rejected(b"\xff", "payload: must be UTF-8, is not from byte 0");
    for (piece, other, starts) in [
        ("\"cart\"", "\"click\"", "event: must be `view`, `search`"),
        ("mobile", "watch", "device: must be `desktop`, `mobile`"),
        ("10:04", "25:04", "timestamp: must be a time like"),
        (
            ":60",
            ":900",
            "utc_offset_min: must lie between -720 and 840, was 900",
        ),
        (
            "29.0}",
            "-1}",
            "product.price_eur: must lie between 0 and 1000000, was -1",
        ),
        (
            "\"clicks\":5",
            "\"clicks\":0",
            "session.clicks: must lie between 1 and 1000000, was 0",
        ),
        (
            "\"searches\":0",
            "\"searches\":-1",
            "session.searches: must lie between 0 and 1000000, was -1",
        ),
        (
            "\"searches\":0",
            "\"searches\":0.5",
            "session.searches: must be a whole number",
        ),
        (
            "61",
            "101",
            "session.scroll_percent: must lie between 0 and 100, was 101",
        ),
        ("\"clicks\":5,", "", "session.clicks: is missing"),
        ("s_1", &"x".repeat(65), "session_id: must have 1 to 64"),
        ("\"s_1\"", "7", "session_id: must be a text, is 7"),
    ] {
        rejected(&with(piece, other), starts);
    }
}

#[test]
fn what_a_page_may_not_know_is_missing_and_no_mistake() {
    let number = |event: &[u8], name: &str| {
        let (contract, prepared) = prepare(&[event]);
        assert_eq!(prepared.rejected, [], "{name}");
        let mut inputs = contract.features.iter();
        let at = inputs
            .position(|input| input.name == name)
            .expect("an input");
        numbers(Datatype::Fp32, &prepared.features[at].data)[0]
    };
    for (piece, other, name) in [
        ("{\"price_eur\":29.0}", "null", "price_eur"),
        // There is nothing within what is no object.
        ("{\"price_eur\":29.0}", "29", "price_eur"),
        (",\"since_last_s\":3.1", "", "since_last_s"),
        ("38.4", "0", "clicks_per_min"),
        ("\"products\":4", "\"products\":0", "cart_per_product"),
    ] {
        assert!(!number(GOOD.as_bytes(), name).is_nan(), "{name}");
        assert!(number(&with(piece, other), name).is_nan(), "{name}");
    }
    // A shop has new sources now and then.
    assert_eq!(reason(&with("\"search\"", "\"podcast\"")), None);
}

#[test]
fn the_score_decides_and_the_session_is_handed_on() {
    let clicks = clicks();
    let probabilities = [0.1_f32, 0.3, 0.7];
    let (_, prepared) = prepare(&[GOOD.as_bytes(); 3]);
    // Of both classes, as the model gives them.
    let scores: Vec<u8> = probabilities
        .iter()
        .flat_map(|p| [1.0 - p, *p])
        .flat_map(f32::to_le_bytes)
        .collect();
    let scores = TensorView::new(Datatype::Fp32, &[3, 2], &scores).unwrap();
    let outcomes = batch::finish(&clicks, prepared.rows, &[scores]).unwrap();
    let decisions = ["ignore", "offer", "sure"];
    for ((outcome, score), decision) in outcomes.into_iter().zip(probabilities).zip(decisions) {
        let outcome = outcome.unwrap();
        assert_eq!(outcome.score, Some(f64::from(score)));
        assert_eq!(outcome.decision.as_deref(), Some(decision));
        assert_eq!(outcome.payload, br#"{"session_id":"s_1","clicks":5}"#);
    }
}

#[test]
fn no_damage_to_a_click_panics_or_makes_an_infinite_feature() {
    let clicks = clicks();
    let contract = clicks.contract();
    let mut random = random();
    let pieces: [&[u8]; 9] = [
        b"\"", b"{", b"}", b"[", b",", b"null", b"9e9", b"\xf0", b"1e-320",
    ];
    for _ in 0..20_000 {
        let mut event = GOOD.as_bytes().to_vec();
        for _ in 0..=random(3) {
            let from = random(event.len());
            let to = (from + random(4)).min(event.len());
            event.splice(from..to, pieces[random(pieces.len())].iter().copied());
        }
        let prepared = batch::prepare(&clicks, &contract, &[Event::new(&event)]).unwrap();
        for (input, tensor) in contract.features.iter().zip(&prepared.features) {
            if input.datatype != Datatype::Bytes {
                let made = numbers(input.datatype, &tensor.data);
                assert!(made.iter().all(|number| !number.is_infinite()));
            }
        }
        let mut rejected = prepared.rejected.iter();
        assert!(rejected.all(|event| event.reason.len() <= checks::REASON_MAX_BYTES));
    }
}
