//! A dead letter as one JSON object: a line of a file, and what `scoregate dead-letters --output json` prints.
//!
//! Bytes that are no UTF-8 stand in Base64 under a name of their own (`key_base64`, `payload_base64`, a header's `value_base64`); a null
//! payload, key or header value is null. A line `{"retried":ID,"retried_at_ms":…}` says that the letters of that event before it were sent
//! again.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Letter;
use crate::{dead_letter::Cause, event::Header};

/// A line of a file.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Line {
    Retried {
        /// The event's id.
        retried: String,
        retried_at_ms: u64,
    },
    Letter(Box<Object>),
}

/// A letter's object.
#[derive(Debug, Deserialize, Serialize)]
pub struct Object {
    /// Not in a file, where the event's id names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    event_id: String,
    pipeline: String,
    #[serde(default)]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_base64: Option<String>,
    #[serde(default)]
    payload: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_base64: Option<String>,
    #[serde(default)]
    headers: Vec<HeaderObject>,
    event_time_ms: u64,
    error: String,
    fault: String,
    origin: String,
    adapter: String,
    model: String,
    dead_at_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retried_at_ms: Option<u64>,
    /// Why the keeper of the configuration cannot take it: only in the file of last resort.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_because: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
struct HeaderObject {
    name: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
}

impl Object {
    /// Of a letter in a file.
    pub fn of(letter: Letter) -> Self {
        let (key, key_base64) = written(letter.key);
        let (payload, payload_base64) = written(letter.payload);
        let header = |header: Header| {
            let (value, value_base64) = written(header.value);
            HeaderObject {
                name: header.name,
                value,
                value_base64,
            }
        };
        Self {
            id: None,
            event_id: letter.event_id,
            pipeline: letter.pipeline,
            key,
            key_base64,
            payload,
            payload_base64,
            headers: letter.headers.into_iter().map(header).collect(),
            event_time_ms: letter.event_time_ms,
            error: letter.error,
            fault: letter.fault.name().into(),
            origin: letter.origin,
            adapter: letter.adapter,
            model: letter.model,
            dead_at_ms: letter.dead_at_ms,
            retried_at_ms: letter.retried_at_ms,
            refused_because: None,
        }
    }

    /// With what the operator names it by.
    pub fn with_id(letter: Letter) -> Self {
        let id = Some(letter.id.clone());
        Self {
            id,
            ..Self::of(letter)
        }
    }

    /// None where it is no letter that this gateway could have written.
    pub fn into_letter(self) -> Option<Letter> {
        let header = |header: HeaderObject| {
            Some(Header {
                name: header.name,
                value: read(header.value, header.value_base64)?,
            })
        };
        Some(Letter {
            id: self.id.unwrap_or_else(|| self.event_id.clone()),
            event_id: self.event_id,
            pipeline: self.pipeline,
            key: read(self.key, self.key_base64)?,
            payload: read(self.payload, self.payload_base64)?,
            headers: self
                .headers
                .into_iter()
                .map(header)
                .collect::<Option<_>>()?,
            event_time_ms: self.event_time_ms,
            error: self.error,
            fault: Cause::from_name(&self.fault)?,
            origin: self.origin,
            adapter: self.adapter,
            model: self.model,
            dead_at_ms: self.dead_at_ms,
            retried_at_ms: self.retried_at_ms,
        })
    }
}

/// As text, or else in Base64.
fn written(bytes: Option<Bytes>) -> (Option<String>, Option<String>) {
    match bytes.map(|bytes| String::from_utf8(bytes.into())) {
        None => (None, None),
        Some(Ok(text)) => (Some(text), None),
        Some(Err(no_text)) => (None, Some(STANDARD.encode(no_text.as_bytes()))),
    }
}

fn read(text: Option<String>, base64: Option<String>) -> Option<Option<Bytes>> {
    match base64 {
        None => Some(text.map(Bytes::from)),
        Some(base64) => STANDARD.decode(base64).ok().map(|bytes| Some(bytes.into())),
    }
}
