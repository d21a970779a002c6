//! A sample adapter: one click in a web shop in, 18 features out; the model's score in, `ignore`, `offer` or `sure` out.
//!
//! `click` is the event and its checks, `features` what the model is told of it. A click, as the shop's page sends it, with what it has
//! counted in the session so far, this click included:
//!
//! ```json
//! {
//!   "session_id": "s_ae84379630af89ee", "event": "cart", "timestamp": "2026-03-02T10:04:11Z", "utc_offset_min": 60,
//!   "device": "mobile", "source": "search", "product": {"price_eur": 29.0},
//!   "session": {
//!     "age_s": 38.4, "clicks": 5, "products": 4, "searches": 0, "removed": 0, "cart_items": 1, "cart_eur": 29.0,
//!     "visits_before": 0, "scroll_percent": 61, "since_last_s": 3.1
//!   }
//! }
//! ```

#![warn(missing_docs)]

mod click;
mod features;

use scoregate_sdk::{
    Adapter, Config, Contract, Datatype, Event, Features, Outcome, Rejection, Scores, reject,
};
use serde::{Deserialize, Serialize};

use click::Click;

/// The adapter: what the operator set for it.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clicks {
    /// A session that ends in an order more probably than this is worth an offer; 0 to 1, at most `sure_above`.
    offer_above: f64,
    /// A session that ends in an order more probably than this needs no offer; 0 to 1.
    sure_above: f64,
}

impl Default for Clicks {
    /// See `plugins/conversion/README.md` for whom these find.
    fn default() -> Self {
        Self {
            offer_above: 0.2,
            sure_above: 0.6,
        }
    }
}

/// What is kept of a click until its score is there.
pub struct Kept {
    session_id: String,
    clicks: u32,
}

/// What the caller and the next system read beside score and decision.
#[derive(Serialize)]
struct Payload<'a> {
    session_id: &'a str,
    clicks: u32,
}

impl Adapter for Clicks {
    type Row = Kept;

    fn configure(config: &Config<'_>) -> Result<Self, String> {
        let clicks: Self = config.parse()?;
        if !(0.0..=1.0).contains(&clicks.sure_above) {
            return Err(format!(
                "sure_above: must lie between 0 and 1, was {}",
                clicks.sure_above
            ));
        }
        if !(0.0..=clicks.sure_above).contains(&clicks.offer_above) {
            return Err(format!(
                "offer_above: must lie between 0 and sure_above, was {}",
                clicks.offer_above
            ));
        }
        Ok(clicks)
    }

    fn contract(&self) -> Contract {
        Contract::new()
            .feature("features", Datatype::Fp32, [-1, features::COUNT as i64])
            .score("probability", Datatype::Fp32, [-1, 1])
    }

    fn preprocess(&self, event: &Event<'_>, features: &mut Features) -> Result<Kept, Rejection> {
        let click = Click::parse(event.payload)?;
        features.extend_f32(&features::of(&click));
        Ok(Kept {
            clicks: click.session.clicks,
            session_id: click.session_id.into_owned(),
        })
    }

    fn postprocess(&self, kept: Kept, scores: &Scores<'_>) -> Result<Outcome, Rejection> {
        let probability = f64::from(scores.f32(0));
        if !(0.0..=1.0).contains(&probability) {
            return Err(reject(format!(
                "probability: must lie between 0 and 1, was {probability}"
            )));
        }
        let decision = match probability {
            p if p > self.sure_above => "sure",
            p if p > self.offer_above => "offer",
            _ => "ignore",
        };
        let payload = Payload {
            session_id: &kept.session_id,
            clicks: kept.clicks,
        };
        Ok(Outcome::new()
            .score(probability)
            .decision(decision)
            .json(&payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_checked_by_name() {
        let configure = |config: &str| Clicks::configure(&Config::new(config)).err();
        assert_eq!(configure("{}"), None);
        for (config, names) in [
            (
                r#"{"sure_above":-1}"#,
                "sure_above: must lie between 0 and 1, was -1",
            ),
            (
                r#"{"offer_above":0.7}"#,
                "offer_above: must lie between 0 and sure_above, was 0.7",
            ),
            (r#"{"offer_over":0.9}"#, "offer_over"),
        ] {
            let error = configure(config).expect(config);
            assert!(error.contains(names), "{config}: {error}");
        }
    }
}

scoregate_sdk::export_adapter!(Clicks);
