//! The payments adapter's mapping, configured instead of written: what it makes must be what the fraud model was trained on.

use std::collections::BTreeMap;

use checks::testing::{assert_trained_on, numbers, random};
use mapping::Mapping;
use payments::Payments;
use scoregate_sdk::{Adapter, Config, Datatype, Event, TensorView, batch};

const CONFIG: &str = include_str!("payments.json");
const EVENTS: &[u8] = include_bytes!("../../fraud/heldout.ndjson");
const FEATURES: &[u8] = include_bytes!("../../fraud/heldout.features.bin");
const FEATURES_PER_ROW: usize = 15;

fn events() -> Vec<Event<'static>> {
    let lines = EVENTS.trim_ascii_end().split(|byte| *byte == b'\n');
    lines.map(Event::new).collect()
}

fn prepare<A: Adapter>(config: &str, events: &[Event<'_>]) -> (A, batch::Prepared<A::Row>) {
    let adapter = A::configure(&Config::new(config)).expect("the configuration is right");
    let prepared = batch::prepare(&adapter, &adapter.contract(), events);
    (
        adapter,
        prepared.expect("a bad event never fails its batch"),
    )
}

#[test]
fn every_feature_is_bit_equal_to_what_the_model_was_trained_on() {
    let (_, written) = prepare::<Payments>("{}", &events());
    let mut events = events();
    for rejected in written.rejected.iter().rev() {
        events.remove(rejected.row as usize);
    }
    let (_, made) = prepare::<Mapping>(CONFIG, &events);
    let numbers = |data: &[u8]| numbers(Datatype::Fp32, data);
    assert_trained_on(
        &numbers(&made.features[0].data),
        &numbers(FEATURES),
        FEATURES_PER_ROW,
    );
}

#[test]
fn what_the_written_adapter_rejects_the_configured_one_rejects_too() {
    let (_, mapped) = prepare::<Mapping>(CONFIG, &events());
    let (_, written) = prepare::<Payments>("{}", &events());
    let reasons = |rejected: Vec<batch::RejectedEvent>| -> BTreeMap<u32, String> {
        let pairs = rejected.into_iter().map(|event| (event.row, event.reason));
        pairs.collect()
    };
    let (mapped, mut written) = (reasons(mapped.rejected), reasons(written.rejected));
    // Where a time has no zone, the configured one takes it for UTC.
    written.retain(|row, reason| !reason.starts_with("timestamp") || mapped.contains_key(row));
    let rows = |reasons: &BTreeMap<u32, String>| reasons.keys().copied().collect::<Vec<_>>();
    assert_eq!(rows(&mapped), rows(&written), "{mapped:#?}");
    let named = mapped.iter().filter(|(row, reason)| {
        let field = |reason: &str| reason.split(':').next().unwrap_or_default().to_owned();
        field(reason) == field(&written[row])
    });
    // The others name a field of the missing object, or the payload where the JSON itself is wrong.
    assert!(named.count() >= 30, "{mapped:#?}");
}

#[test]
fn outcomes_are_those_of_the_written_adapter() {
    let events: Vec<Event<'_>> = events().into_iter().take(500).collect();
    let (mapping, mapped) = prepare::<Mapping>(CONFIG, &events);
    let (payments, written) = prepare::<Payments>("{}", &events);
    assert_eq!(mapped.rows.len(), written.rows.len());
    let rows = mapped.rows.len();
    let probabilities: Vec<u8> = (0..rows)
        .flat_map(|row| (row as f32 / rows as f32).to_le_bytes())
        .collect();
    let margins: Vec<u8> = (0..rows)
        .flat_map(|row| (row as f32 - 7.25).to_le_bytes())
        .collect();
    let shape = [rows as u64, 1];
    let datatype = Datatype::Fp32;
    let scores =
        [&probabilities, &margins].map(|data| TensorView::new(datatype, &shape, data).unwrap());
    let mapped = batch::finish(&mapping, mapped.rows, &scores).unwrap();
    let written = batch::finish(&payments, written.rows, &scores).unwrap();
    for (mapped, written) in mapped.into_iter().zip(written) {
        let (mapped, written) = (mapped.unwrap(), written.unwrap());
        assert_eq!(
            (mapped.score, &mapped.decision),
            (written.score, &written.decision)
        );
        let json = |payload: &[u8]| serde_json::from_slice::<serde_json::Value>(payload).unwrap();
        let (mapped, written) = (json(&mapped.payload), json(&written.payload));
        assert_eq!(
            (&mapped["payment_id"], &mapped["margin"]),
            (&written["payment_id"], &written["margin"])
        );
        let (mapped, written) = (
            mapped["amount_eur"].as_f64().unwrap(),
            written["amount_eur"].as_f64().unwrap(),
        );
        assert_eq!(mapped as f32, written as f32);
    }
}

#[test]
fn damaged_events_never_panic() {
    let mapping = Mapping::configure(&Config::new(CONFIG)).unwrap();
    let heldout = str::from_utf8(EVENTS).unwrap();
    let mut random = random();
    let lines: Vec<&str> = heldout.lines().collect();
    let pieces: [&[u8]; 9] = [
        b"\"", b"{", b"}", b"[", b",", b"null", b"9e9", b"\xf0", b"1e-320",
    ];
    for nth in 0..5000 {
        let mut event = lines[nth % lines.len()].as_bytes().to_vec();
        for _ in 0..=random(3) {
            let from = random(event.len());
            let to = (from + random(4)).min(event.len());
            event.splice(from..to, pieces[random(pieces.len())].iter().copied());
        }
        let prepared =
            batch::prepare(&mapping, &mapping.contract(), &[Event::new(&event)]).unwrap();
        assert!(
            prepared
                .rejected
                .iter()
                .all(|rejected| rejected.reason.len() <= 200)
        );
    }
}
