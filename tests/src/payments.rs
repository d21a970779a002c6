//! The held-out payments, and what XGBoost itself makes of them; as many more as a test wants.

use std::sync::OnceLock;

use serde_json::Value;

use crate::{checker::Mark, servers::records::NewRecord, workspace};

/// A payment of the held-out file.
pub struct Payment {
    /// The line, without its end.
    pub json: &'static str,
    pub expected: Expected,
}

/// What must become of it.
pub enum Expected {
    Scored {
        margin: f32,
        probability: f32,
    },
    /// The rejection must name this field.
    Rejected {
        field: &'static str,
    },
}

/// A valid payment that was made of a held-out one: only its id and its card are new, so the score is the old one's.
#[derive(Clone, Debug)]
pub struct Made {
    /// Unique for its seed and place.
    pub payment_id: String,
    pub card_id: String,
    pub json: String,
    pub margin: f32,
    pub probability: f32,
}

impl Made {
    /// A record with the card as its key.
    pub fn record(&self) -> NewRecord {
        NewRecord::keyed(self.card_id.as_str(), self.json.as_str())
    }

    /// What the checker knows it by.
    pub fn mark(&self) -> Mark {
        Mark::new(&self.card_id, &self.payment_id)
    }
}

/// This many payments on at most so many cards, the same ones for the same seed.
pub fn made(seed: u64, count: usize, cards: u64) -> impl Iterator<Item = Made> {
    let mut random = SplitMix(seed);
    (0..count).map(move |nth| {
        let bodies = bodies();
        let chosen = random.below(bodies.len() as u64) as usize;
        let (body, margin, probability) = bodies[chosen];
        let payment_id = format!("pay_{seed:x}_{nth:08}");
        let card_id = format!("card_{:05}", random.below(cards));
        Made {
            json: format!(r#"{{"payment_id":"{payment_id}","card_id":"{card_id}",{body}"#),
            payment_id,
            card_id,
            margin,
            probability,
        }
    })
}

/// The valid payments without their first two fields, and their scores.
fn bodies() -> &'static [(&'static str, f32, f32)] {
    static BODIES: OnceLock<Vec<(&str, f32, f32)>> = OnceLock::new();
    BODIES.get_or_init(|| {
        let body = |payment: &'static Payment| match payment.expected {
            Expected::Scored {
                margin,
                probability,
            } => {
                let [payment_id, _card_id, body] =
                    payment.json.splitn(3, ',').collect::<Vec<_>>()[..]
                else {
                    panic!("a payment of many fields: {}", payment.json);
                };
                assert!(payment_id.starts_with(r#"{"payment_id":"#), "{payment_id}");
                Some((body, margin, probability))
            }
            Expected::Rejected { .. } => None,
        };
        heldout().iter().filter_map(body).collect()
    })
}

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014).
pub struct SplitMix(pub u64);

impl SplitMix {
    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end
    }
}

/// Features of a payment in the sample model's input.
pub const FEATURES: usize = 15;

/// The whole file, a payment a line.
pub fn ndjson() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| read("heldout.ndjson"))
}

/// All payments, in the file's order.
pub fn heldout() -> &'static [Payment] {
    static PAYMENTS: OnceLock<Vec<Payment>> = OnceLock::new();
    static SCORES: OnceLock<String> = OnceLock::new();
    PAYMENTS.get_or_init(|| {
        let scores = SCORES
            .get_or_init(|| read("heldout.scores.csv"))
            .lines()
            .skip(1);
        let payments: Vec<Payment> = std::iter::zip(ndjson().lines(), scores)
            .map(|(json, score)| Payment {
                json,
                expected: expected(score),
            })
            .collect();
        assert_eq!(payments.len(), ndjson().lines().count());
        payments
    })
}

/// Features of the payments that are not rejected, in order: little-endian f32, [`FEATURES`] a row.
pub fn features() -> Vec<u8> {
    let path = workspace::root().join("plugins/fraud/heldout.features.bin");
    std::fs::read(path).expect("the features")
}

/// Whether an answer's score is XGBoost's: its margin bit for bit, its probability within 1 ULP.
pub fn assert_scored(answer: &Value, margin: f32, probability: f32) {
    let got = answer["output"]["margin"]
        .as_f64()
        .unwrap_or_else(|| panic!("no margin: {answer}"));
    assert_same_bits(got as f32, margin);
    let got = answer["score"]
        .as_f64()
        .unwrap_or_else(|| panic!("no score: {answer}"));
    assert_within_1_ulp(got as f32, probability);
}

pub fn assert_same_bits(got: f32, expected: f32) {
    assert_eq!(
        got.to_bits(),
        expected.to_bits(),
        "margin {got}, XGBoost's is {expected}"
    );
}

pub fn assert_within_1_ulp(got: f32, expected: f32) {
    let ulps = got.to_bits().abs_diff(expected.to_bits());
    assert!(
        ulps <= 1,
        "probability {got} is {ulps} ULP from XGBoost's {expected}"
    );
}

/// Whether an error names the field: the reason begins with it, or with the object that holds it.
pub fn assert_names(error: &str, field: &str) {
    assert!(
        error.starts_with(&format!("{field}:")),
        "`{error}` does not name `{field}`"
    );
}

fn read(name: &str) -> String {
    let path = workspace::root().join("plugins/fraud").join(name);
    std::fs::read_to_string(path).expect("a sample file")
}

fn expected(line: &'static str) -> Expected {
    let columns: Vec<&str> = line.split(',').collect();
    let [margin, probability, _, rejected] = columns[..] else {
        panic!("a line of four columns: {line}");
    };
    if !rejected.is_empty() {
        return Expected::Rejected { field: rejected };
    }
    Expected::Scored {
        margin: margin.parse().expect("a margin"),
        probability: probability.parse().expect("a probability"),
    }
}
