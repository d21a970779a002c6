//! Card payments: the fraud model's held-out ones again and again, each time under new ids and with somewhat other amounts.

use serde_json::{Value, json};

use crate::Sample;
use crate::random::Random;

const EVENTS: &str = include_str!("../../fraud/heldout.ndjson");
const SCORES: &str = include_str!("../../fraud/heldout.scores.csv");

/// Those of the file that are not spoilt.
pub fn samples(seed: u64) -> impl Iterator<Item = Sample> + Send {
    let mut random = Random::new(seed);
    let lines: Vec<(&str, bool)> = EVENTS
        .lines()
        .zip(SCORES.lines().skip(1))
        .filter_map(|(event, score)| match score.split(',').nth(2) {
            Some("0") => Some((event, false)),
            Some("1") => Some((event, true)),
            _ => None,
        })
        .collect();
    (0..).map(move |number| {
        let (line, label) = lines[number % lines.len()];
        again(line, label, number / lines.len(), &mut random)
    })
}

fn again(line: &str, label: bool, round: usize, random: &mut Random) -> Sample {
    let mut event: Value = serde_json::from_str(line).unwrap_or_default();
    let card = event["card_id"].as_str().unwrap_or_default();
    let card = if round == 0 {
        card.to_owned()
    } else {
        format!("{card}_{round}")
    };
    let cents = event["amount"].as_f64().unwrap_or(1.0) * random.between(97.0, 103.0);
    event["payment_id"] = json!(format!("pay_{:016x}", random.next()));
    event["card_id"] = json!(card);
    event["amount"] = json!(cents.round().max(1.0) / 100.0);
    Sample {
        event: event.to_string().into_bytes(),
        key: card,
        label,
        pattern: if label { "fraud" } else { "none" },
    }
}
