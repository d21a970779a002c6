//! A sample adapter: one line of a web server's access log in, 22 features out; the model's score in, `human` or `bot` out.
//!
//! `line` is the event and its checks, `features` what the model is told of it. Lines are in the Combined Log Format of Apache
//! (`LogFormat combined`) and nginx (`combined`); what a server adds after the user agent is ignored:
//!
//! ```text
//! 2001:db8::7 - ada [02/Mar/2026:10:04:11 +0100] "GET /c/lamps?page=2 HTTP/2.0" 200 13074 "https://shop.example/" "Mozilla/5.0 (…)"
//! ```
//!
//! No state is kept between lines: the same line is always scored the same.

#![warn(missing_docs)]

mod agent;
mod features;
mod line;
mod target;

use scoregate_sdk::{
    Adapter, Config, Contract, Datatype, Event, Features, Outcome, Rejection, Scores, reject,
};
use serde::{Deserialize, Serialize};

use line::Line;

/// The adapter: what the operator set for it.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weblog {
    /// A request more probably made by a bot than this is a bot's; 0 to 1.
    bot_above: f64,
}

impl Default for Weblog {
    /// See `plugins/bots/README.md` for what this finds.
    fn default() -> Self {
        Self { bot_above: 0.5 }
    }
}

/// What is kept of a line until its score is there.
pub struct Kept {
    client: String,
    method: String,
    target: String,
    status: u16,
}

/// What the next system reads beside score and decision: enough to find the line, and whom to block.
#[derive(Serialize)]
struct Payload<'a> {
    client: &'a str,
    /// Empty where the request was none.
    method: &'a str,
    /// As the log writes it, its first 200 bytes.
    target: &'a str,
    status: u16,
}

const TARGET_MAX_BYTES: usize = 200;
const METHOD_MAX_BYTES: usize = 20;

impl Adapter for Weblog {
    type Row = Kept;

    fn configure(config: &Config<'_>) -> Result<Self, String> {
        let weblog: Self = config.parse()?;
        if !(0.0..=1.0).contains(&weblog.bot_above) {
            return Err(format!(
                "bot_above: must lie between 0 and 1, was {}",
                weblog.bot_above
            ));
        }
        Ok(weblog)
    }

    fn contract(&self) -> Contract {
        Contract::new()
            .feature("features", Datatype::Fp64, [-1, features::COUNT as i64])
            .score("probability", Datatype::Fp64, [-1, 1])
    }

    fn preprocess(&self, event: &Event<'_>, features: &mut Features) -> Result<Kept, Rejection> {
        let line = Line::parse(event.payload)?;
        features.tensor(0).extend_f64(&features::of(&line));
        let cut = |text: &str, max_bytes| text[..text.floor_char_boundary(max_bytes)].to_owned();
        Ok(Kept {
            client: line.client.to_owned(),
            method: cut(line.request.method.unwrap_or_default(), METHOD_MAX_BYTES),
            target: cut(line.request.target, TARGET_MAX_BYTES),
            status: line.status,
        })
    }

    fn postprocess(&self, kept: Kept, scores: &Scores<'_>) -> Result<Outcome, Rejection> {
        let probability = scores.f64(0);
        if !(0.0..=1.0).contains(&probability) {
            return Err(reject(format!(
                "probability: must lie between 0 and 1, was {probability}"
            )));
        }
        let decision = if probability > self.bot_above {
            "bot"
        } else {
            "human"
        };
        let payload = Payload {
            client: &kept.client,
            method: &kept.method,
            target: &kept.target,
            status: kept.status,
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
    fn the_threshold_is_checked_by_name() {
        let configure = |config: &str| Weblog::configure(&Config::new(config)).err();
        assert_eq!(configure("{}"), None);
        let error = configure(r#"{"bot_above":1.5}"#).expect("an error");
        assert!(
            error.contains("bot_above: must lie between 0 and 1, was 1.5"),
            "{error}"
        );
        assert!(
            configure(r#"{"human_below":0.5}"#).is_some_and(|error| error.contains("human_below"))
        );
    }
}

scoregate_sdk::export_adapter!(Weblog);
