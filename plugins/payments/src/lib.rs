//! The sample adapter: one JSON card payment in, 15 features out; the model's scores in, a decision out.
//!
//! `payment` is the event and its checks, `features` what the model is told of it. An event, as a payment gateway
//! sends it:
//!
//! ```json
//! {
//!   "payment_id": "pay_5c754d69", "card_id": "card_00193",
//!   "timestamp": "2026-03-30T23:58:57Z", "utc_offset_min": 0,
//!   "amount": 3.7, "currency": "EUR", "entry_mode": "ecommerce",
//!   "merchant": {"id": "m_0205", "mcc": 5815, "country": "DE", "chargeback_pct": 0.12},
//!   "home": {"country": "GB", "lat": 51.831, "lon": -0.184},
//!   "device": {"known": false},
//!   "velocity": {"count_1h": 3, "sum_1h": 11.5, "count_24h": 3, "sum_24h": 11.5, "minutes_since_last": 3.2}
//! }
//! ```

#![warn(missing_docs)]

mod features;
mod payment;
mod reasons;

use scoregate_sdk::{
    Adapter, Config, Contract, Datatype, Event, Features, Outcome, Rejection, Scores, reject,
};
use serde::{Deserialize, Serialize};

use payment::Payment;
use reasons::{Reason, strongest};

/// The adapter: what the operator set for it.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Payments {
    /// A payment more probably fraud than this is declined; 0 to 1.
    decline_above: f64,
    /// A payment more probably fraud than this is left to a person; 0 to 1, at most `decline_above`; none by default.
    review_above: Option<f64>,
    /// So many reasons are given, the strongest first, where a payment is not approved; 0 for none. The model must then give its
    /// contributions.
    reasons: usize,
}

/// Score tensors, in the contract's order.
const PROBABILITY: usize = 0;
const MARGIN: usize = 1;
const CONTRIBUTIONS: usize = 2;

impl Default for Payments {
    /// At 0.8 nineteen of twenty declined payments of the sample are fraud: see `plugins/fraud/README.md`.
    fn default() -> Self {
        Self {
            decline_above: 0.8,
            review_above: None,
            reasons: 0,
        }
    }
}

/// What is kept of a payment until its scores are there.
pub struct Kept {
    payment_id: String,
    amount_eur: f32,
}

/// What the caller and the next system read beside score and decision.
#[derive(Serialize)]
struct Payload<'a> {
    payment_id: &'a str,
    amount_eur: f32,
    margin: f32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<Reason>,
}

impl Adapter for Payments {
    type Row = Kept;

    fn configure(config: &Config<'_>) -> Result<Self, String> {
        let payments: Self = config.parse()?;
        let review_above = payments.review_above.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&payments.decline_above) {
            return Err(format!(
                "decline_above: must lie between 0 and 1, was {}",
                payments.decline_above
            ));
        }
        if !(0.0..=payments.decline_above).contains(&review_above) {
            return Err(format!(
                "review_above: must lie between 0 and decline_above, was {review_above}"
            ));
        }
        if payments.reasons > features::COUNT {
            return Err(format!(
                "reasons: must lie between 0 and {}, was {}",
                features::COUNT,
                payments.reasons
            ));
        }
        Ok(payments)
    }

    fn contract(&self) -> Contract {
        let features = features::COUNT as i64;
        let contract = Contract::new()
            .feature("features", Datatype::Fp32, [-1, features])
            .score("probability", Datatype::Fp32, [-1, 1])
            .score("margin", Datatype::Fp32, [-1, 1]);
        if self.reasons == 0 {
            return contract;
        }
        // The bias stands after the features.
        contract.score("contributions", Datatype::Fp32, [-1, features + 1])
    }

    fn preprocess(&self, event: &Event<'_>, features: &mut Features) -> Result<Kept, Rejection> {
        let payment = Payment::parse(event.payload)?;
        let row = features::of(&payment);
        features.extend_f32(&row);
        Ok(Kept {
            payment_id: payment.payment_id.into_owned(),
            amount_eur: row[features::AMOUNT_EUR],
        })
    }

    fn postprocess(&self, kept: Kept, scores: &Scores<'_>) -> Result<Outcome, Rejection> {
        let (probability, margin) = (scores.f32(PROBABILITY), scores.f32(MARGIN));
        if !(0.0..=1.0).contains(&probability) {
            return Err(reject(format!(
                "probability: must lie between 0 and 1, was {probability}"
            )));
        }
        let probability = f64::from(probability);
        let decision = self.decide(probability);
        let payload = Payload {
            payment_id: &kept.payment_id,
            amount_eur: kept.amount_eur,
            margin,
            reasons: if self.reasons > 0 && decision != APPROVE {
                strongest(scores.row_f32(CONTRIBUTIONS), self.reasons)
            } else {
                Vec::new()
            },
        };
        Ok(Outcome::new()
            .score(probability)
            .decision(decision)
            .json(&payload))
    }
}

const APPROVE: &str = "approve";

impl Payments {
    fn decide(&self, probability: f64) -> &'static str {
        if probability > self.decline_above {
            return "decline";
        }
        match self.review_above {
            Some(review_above) if probability > review_above => "review",
            _ => APPROVE,
        }
    }
}

scoregate_sdk::export_adapter!(Payments);
