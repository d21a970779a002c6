//! A capsule: one event with all that its scoring depended on, and what became of it. A JSON object in a file of its own.
//!
//! Bytes are Base64 and a score is its bits: what is scored again must be what was scored.

use std::path::Path;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::result::Captured;
use crate::{
    event::{Event, Header, Origin},
    file::{self, ReadError},
    limits::CAPSULE_MAX_BYTES,
    plugin::{Parts, Settings},
    release::Digest,
};

/// The form that this version writes and reads.
const FORMAT: u64 = 1;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capsule {
    format: u64,
    pub captured_at_ms: u64,
    /// Its name among others, and its version.
    pub gateway: String,
    pub host_version: String,
    pub pipeline: String,
    pub scored_as: ScoredAs,
    pub event: CapturedEvent,
    pub adapter: CapturedPlugin,
    pub model: CapturedPlugin,
    pub result: Captured,
}

/// As what the releases scored it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScoredAs {
    Active,
    /// A candidate that answers a share of events.
    Canary,
    /// A candidate that answers nobody.
    Shadow,
}

/// An event as its adapter was given it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapturedEvent {
    pub id: String,
    #[serde(with = "super::base64::option")]
    pub key: Option<Bytes>,
    #[serde(with = "super::base64")]
    pub payload: Bytes,
    pub timestamp_ms: u64,
    pub headers: Vec<CapturedHeader>,
}

/// A header that the adapter's contract asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapturedHeader {
    pub name: String,
    #[serde(with = "super::base64::option")]
    pub value: Option<Bytes>,
}

/// A release and what its slot gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapturedPlugin {
    pub slot: String,
    pub name: String,
    pub version: String,
    pub digest: Digest,
    /// The text that its `configure` was given.
    pub config: String,
    pub memory_max_bytes: u64,
    pub call_deadline_ms: u64,
    pub result_max_bytes: u64,
}

/// Why a file is no capsule that can be replayed. The file's name is the caller's to say.
#[derive(Debug, Error)]
pub enum CapsuleError {
    #[error("{0}")]
    Read(ReadError),
    #[error("it is no capsule: a capsule is a JSON object with a `format`, and {0}")]
    Alien(String),
    #[error("it is a capsule of format {0}; this version reads format {FORMAT}")]
    Format(u64),
    #[error("it is a damaged capsule: {0}")]
    Damaged(serde_json::Error),
}

impl Capsule {
    /// Of now; the event's bytes are copied.
    pub(super) fn new(
        captured_at_ms: u64,
        (gateway, pipeline, scored_as): (&str, &str, ScoredAs),
        event: CapturedEvent,
        (adapter, model): (&Parts, &Parts),
        result: Captured,
    ) -> Self {
        Self {
            format: FORMAT,
            captured_at_ms,
            gateway: gateway.to_owned(),
            host_version: env!("CARGO_PKG_VERSION").to_owned(),
            pipeline: pipeline.to_owned(),
            scored_as,
            event,
            adapter: CapturedPlugin::of(adapter),
            model: CapturedPlugin::of(model),
            result,
        }
    }

    /// Reads a file, whatever is in it.
    pub fn read(path: &Path) -> Result<Self, CapsuleError> {
        let json = file::read(path, CAPSULE_MAX_BYTES).map_err(CapsuleError::Read)?;
        Self::parse(&json)
    }

    fn parse(json: &[u8]) -> Result<Self, CapsuleError> {
        /// What every format has.
        #[derive(Deserialize)]
        struct Head {
            format: u64,
        }
        let head: Head =
            serde_json::from_slice(json).map_err(|e| CapsuleError::Alien(e.to_string()))?;
        if head.format != FORMAT {
            return Err(CapsuleError::Format(head.format));
        }
        serde_json::from_slice(json).map_err(CapsuleError::Damaged)
    }
}

impl CapturedEvent {
    /// A copy that owns its bytes: the event's own may be lent by the client of a broker. `headers` are the names that the adapter asks for.
    pub(super) fn of(event: &Event, headers: &[String]) -> Self {
        let asked_for = event.headers.iter().filter(|header| {
            let mut names = headers.iter();
            names.any(|name| header.name.eq_ignore_ascii_case(name))
        });
        Self {
            id: event.id.clone(),
            key: event.key.as_deref().map(Bytes::copy_from_slice),
            payload: Bytes::copy_from_slice(&event.payload),
            timestamp_ms: event.timestamp_ms,
            headers: asked_for
                .map(|header| CapturedHeader {
                    name: header.name.clone(),
                    value: header.value.as_deref().map(Bytes::copy_from_slice),
                })
                .collect(),
        }
    }

    /// The event, to be scored again.
    pub fn event(&self) -> Event {
        let header = |header: &CapturedHeader| Header {
            name: header.name.clone(),
            value: header.value.clone(),
        };
        Event {
            id: self.id.clone(),
            key: self.key.clone(),
            payload: self.payload.clone(),
            timestamp_ms: self.timestamp_ms,
            headers: self.headers.iter().map(header).collect(),
            origin: Origin::Http,
        }
    }
}

impl CapturedPlugin {
    fn of(parts: &Parts) -> Self {
        let settings = &parts.settings;
        Self {
            slot: settings.slot.clone(),
            name: parts.info.name.clone(),
            version: parts.info.version.clone(),
            digest: parts.name.digest,
            config: settings.config_json.clone(),
            memory_max_bytes: settings.memory_max_bytes,
            call_deadline_ms: settings.call_deadline_ms,
            result_max_bytes: settings.result_max_bytes,
        }
    }

    /// What its slot asked of it.
    pub fn settings(&self) -> Settings {
        Settings {
            slot: self.slot.clone(),
            config_json: self.config.clone(),
            memory_max_bytes: self.memory_max_bytes,
            call_deadline_ms: self.call_deadline_ms,
            result_max_bytes: self.result_max_bytes,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::event::Outcome;

    /// With bytes that are no text and a score that no decimal number is.
    pub fn capsule() -> Capsule {
        let plugin = |slot: &str| CapturedPlugin {
            slot: slot.to_owned(),
            name: slot.to_owned(),
            version: "1".to_owned(),
            digest: Digest::of(slot.as_bytes()),
            config: r#"{"z":1, "a":2}"#.to_owned(),
            memory_max_bytes: 1 << 20,
            call_deadline_ms: 50,
            result_max_bytes: 1 << 20,
        };
        let outcome = Outcome {
            score: Some(f64::from_bits(0x7ff8_0000_0000_0001)),
            decision: Some("review".to_owned()),
            payload: vec![0xff, 0],
            route: None,
        };
        Capsule {
            format: FORMAT,
            captured_at_ms: 7,
            gateway: "gw-1".to_owned(),
            host_version: "0.1.0".to_owned(),
            pipeline: "fraud".to_owned(),
            scored_as: ScoredAs::Canary,
            event: CapturedEvent {
                id: "pay_1".to_owned(),
                key: None,
                payload: Bytes::from_static(&[0x80, 0, 0xfe]),
                timestamp_ms: 6,
                headers: vec![CapturedHeader {
                    name: "Region".to_owned(),
                    value: Some(Bytes::new()),
                }],
            },
            adapter: plugin("payments"),
            model: plugin("fraud"),
            result: Captured::of(&Ok(outcome)).expect("an outcome"),
        }
    }

    #[test]
    fn of_an_event_s_headers_those_are_kept_that_the_adapter_is_given() {
        let header = |name: &str, value: Option<&'static [u8]>| Header {
            name: name.to_owned(),
            value: value.map(Bytes::from_static),
        };
        let event = Event {
            headers: vec![
                header("Region", Some(b"eu")),
                header("authorization", Some(b"secret")),
                header("trace", None),
            ],
            ..capsule().event.event()
        };
        let kept = CapturedEvent::of(&event, &["region".to_owned(), "trace".to_owned()]);
        let given = [header("Region", Some(b"eu")), header("trace", None)];
        assert_eq!(kept.event().headers, given);
        let json = serde_json::to_string(&kept).unwrap();
        assert!(json.contains(r#"{"name":"trace","value":null}"#), "{json}");
        assert_eq!(serde_json::from_str::<CapturedEvent>(&json).unwrap(), kept);
    }

    fn told(json: &[u8]) -> String {
        Capsule::parse(json).unwrap_err().to_string()
    }

    #[test]
    fn a_capsule_reads_what_it_writes_bit_for_bit() {
        let json = serde_json::to_vec(&capsule()).unwrap();
        assert_eq!(Capsule::parse(&json).unwrap(), capsule());
        let text = String::from_utf8(json).unwrap();
        for part in [
            r#""payload":"gAD+""#,
            r#""key":null"#,
            r#""score":{"value":null,"bits":"7ff8000000000001"}"#,
            r#""scored_as":"canary""#,
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn what_is_no_capsule_is_told_by_what_is_wrong() {
        let text = serde_json::to_string(&capsule()).unwrap();
        let cut = &text.as_bytes()[..text.len() / 2];
        assert!(told(cut).starts_with("it is no capsule: "), "{}", told(cut));
        assert!(
            told(b"{}").contains("missing field `format`"),
            "{}",
            told(b"{}")
        );
        assert!(told(b"\xff\0").starts_with("it is no capsule: "));
        let second = text.replace("\"format\":1", "\"format\":2");
        assert_eq!(
            told(second.as_bytes()),
            "it is a capsule of format 2; this version reads format 1"
        );
        let wrong = text.replace("gAD+", "gAD*");
        assert!(
            told(wrong.as_bytes()).contains("Base64"),
            "{}",
            told(wrong.as_bytes())
        );
        let wrong = text.replace("7ff8000000000001", "7ff8");
        assert!(
            told(wrong.as_bytes()).contains("16 hexadecimal digits"),
            "{}",
            told(wrong.as_bytes())
        );
    }
}
