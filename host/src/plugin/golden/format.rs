//! How golden cases are written: JSON, version 1 (docs/GUIDE.md).

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

use super::{Cases, Golden, GoldenError};
use crate::{
    event::{Event, Header, Origin},
    limits::{GOLDEN_MAX_CASES, PLUGIN_TEXT_MAX_BYTES},
    plugin::{check::Kind, text::capped},
};

pub const VERSION: u64 = 1;

/// Tensors by name: a list of rows, each nested as the rest of the shape says.
pub type Tensors = BTreeMap<String, Value>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<C> {
    #[serde(rename = "version")]
    _version: u64,
    config: Option<Box<RawValue>>,
    #[serde(default)]
    tolerance: f64,
    cases: Vec<C>,
}

/// Read before the rest, which another version may write otherwise.
#[derive(Deserialize)]
struct Stamp {
    version: u64,
}

/// Events of one batch, what `preprocess` makes of them, and what `postprocess` makes of these scores.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterCase {
    pub name: Option<String>,
    pub events: Vec<EventText>,
    /// None: not compared.
    pub features: Option<Tensors>,
    #[serde(default)]
    pub rejected: Vec<Rejected>,
    pub scores: Option<Tensors>,
    /// One for each row of `scores`.
    pub outcomes: Option<Vec<Expected>>,
}

/// An event that `preprocess` must reject.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejected {
    pub row: usize,
    /// None: not compared.
    pub reason: Option<String>,
}

/// An event; its payload is given in one of three ways.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventText {
    /// As it is written in the file, spaces included.
    json: Option<Box<RawValue>>,
    text: Option<String>,
    base64: Option<String>,
    key: Option<String>,
    #[serde(default)]
    timestamp_ms: u64,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// What is expected of one outcome; what is left out is not compared, and `null` stands for none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    #[serde(default, deserialize_with = "given")]
    pub score: Option<Option<f64>>,
    #[serde(default, deserialize_with = "given")]
    pub decision: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub route: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub output: Option<Value>,
    /// Why `postprocess` must refuse this row; then it has nothing else.
    pub rejected: Option<String>,
}

/// One batch of a model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCase {
    pub name: Option<String>,
    pub inputs: Tensors,
    /// Outputs that are left out are not compared.
    pub outputs: Tensors,
}

/// Tells `null` from nothing.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// See [`Golden::parse`].
pub fn parse(kind: Kind, json: &[u8]) -> Result<Golden, GoldenError> {
    let stamp: Stamp = read(json)?;
    if stamp.version != VERSION {
        return Err(GoldenError::Version {
            found: stamp.version,
        });
    }
    match kind {
        Kind::Adapter => golden(read(json)?, Cases::Adapter),
        Kind::Model => golden(read(json)?, Cases::Model),
    }
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, GoldenError> {
    let read = serde_json::from_slice(json);
    read.map_err(|error| GoldenError::Format(capped(error.to_string(), PLUGIN_TEXT_MAX_BYTES)))
}

fn golden<C>(file: File<C>, cases: fn(Vec<C>) -> Cases) -> Result<Golden, GoldenError> {
    let count = file.cases.len();
    if count == 0 || count > GOLDEN_MAX_CASES {
        return Err(GoldenError::Count { count });
    }
    if file.tolerance.is_nan() || file.tolerance < 0.0 {
        return Err(GoldenError::Tolerance {
            found: file.tolerance.to_string(),
        });
    }
    let config = file.config.as_deref().map_or("{}", RawValue::get);
    Ok(Golden {
        config_json: config.to_owned(),
        tolerance: file.tolerance,
        cases: cases(file.cases),
    })
}

impl EventText {
    /// As a source would give it.
    pub fn event(&self) -> Result<Event, String> {
        let payload = match (&self.json, &self.text, &self.base64) {
            (Some(json), None, None) => Bytes::copy_from_slice(json.get().as_bytes()),
            (None, Some(text), None) => Bytes::copy_from_slice(text.as_bytes()),
            (None, None, Some(base64)) => STANDARD
                .decode(base64)
                .map_err(|error| format!("its `base64` cannot be read: {error}"))?
                .into(),
            _ => return Err("it must have one of `json`, `text` and `base64`".to_owned()),
        };
        let headers = self.headers.iter().map(|(name, value)| Header {
            name: name.clone(),
            value: Some(Bytes::copy_from_slice(value.as_bytes())),
        });
        Ok(Event {
            id: "golden".to_owned(),
            key: self.key.clone().map(Bytes::from),
            payload,
            timestamp_ms: self.timestamp_ms,
            headers: headers.collect(),
            origin: Origin::Http,
        })
    }
}
