//! Orders in JSON: small objects whose keys are known. A key that is not known is an error that names the nearest one.

use std::time::Duration;

use hyper::body::Incoming;
use serde_json::{Map, Value};

use crate::{
    config::did_you_mean,
    http::{
        bodies::Bodies,
        problem::{Problem, echo},
        receive::receive,
    },
    limits::{BODY_READ_MAX_MS, REASON_MAX_BYTES},
};

/// An object whose keys are taken one by one.
#[derive(Debug)]
pub struct Object {
    /// What it is, in a sentence: `the body`, `a stage`.
    what: String,
    entries: Map<String, Value>,
    known: Vec<&'static str>,
}

/// Reads a body that is an object, or empty, which is an empty object.
pub async fn object(body: Incoming, bodies: &Bodies) -> Result<Object, Problem> {
    object_within(body, bodies, BODY_READ_MAX_MS).await
}

/// The same, for one that may take so long to arrive.
pub async fn object_within(
    body: Incoming,
    bodies: &Bodies,
    max_ms: u64,
) -> Result<Object, Problem> {
    let bytes = receive(body, bodies, Duration::from_millis(max_ms)).await?;
    Object::read(&bytes)
}

impl Object {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.trim_ascii().is_empty() {
            return Self::new("the body", Value::Object(Map::new()));
        }
        let value = serde_json::from_slice(bytes)
            .map_err(|error| Problem::bad_request(format!("the body is no JSON: {error}")))?;
        Self::new("the body", value)
    }

    pub fn new(what: impl Into<String>, value: Value) -> Result<Self, Problem> {
        let what = what.into();
        match value {
            Value::Object(entries) => Ok(Self {
                what,
                entries,
                known: Vec::new(),
            }),
            other => Err(Problem::bad_request(format!(
                "{what} is {}; it must be an object",
                kind(&other)
            ))),
        }
    }

    /// The value of a key; `null` is as good as none.
    pub fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.entries.remove(key).filter(|value| !value.is_null())
    }

    pub fn string(&mut self, key: &'static str) -> Result<Option<String>, Problem> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(key, &other, "a string")),
        }
    }

    pub fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, Problem> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(yes)) => Ok(Some(yes)),
            Some(other) => Err(self.wrong(key, &other, "true or false")),
        }
    }

    /// A share of events: over 0 and at most 100.
    pub fn percent(&mut self, key: &'static str) -> Result<Option<f64>, Problem> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(percent) if percent > 0.0 && percent <= 100.0 => Ok(Some(percent)),
            _ => Err(self.wrong(key, &value, "a number over 0 and at most 100")),
        }
    }

    /// An operator's words for the audit.
    pub fn reason(&mut self) -> Result<Option<String>, Problem> {
        let reason = self.string("reason")?;
        match reason {
            Some(text) if text.len() > REASON_MAX_BYTES => Err(Problem::bad_request(format!(
                "`reason` has {} bytes; the limit is {REASON_MAX_BYTES}",
                text.len()
            ))),
            reason => Ok(reason),
        }
    }

    pub fn wrong(&self, key: &str, value: &Value, right: &str) -> Problem {
        let given = match value {
            Value::Array(_) | Value::Object(_) => kind(value).to_owned(),
            scalar => format!("`{}`", echo(&scalar.to_string())),
        };
        Problem::bad_request(format!(
            "`{key}` of {} is {given}; it must be {right}",
            self.what
        ))
    }

    /// What is left besides the known keys, for whose names are the caller's.
    pub fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.entries)
    }

    /// Gives back what of the rest was nobody's.
    pub fn put_back(&mut self, entries: Map<String, Value>) {
        self.entries = entries;
    }

    /// Nothing else may be there.
    pub fn finish(self) -> Result<(), Problem> {
        let Some(key) = self.entries.keys().next() else {
            return Ok(());
        };
        let known = self.known.iter().copied();
        let otherwise = || {
            if self.known.is_empty() {
                "; it knows none".to_owned()
            } else {
                format!("; it knows `{}`", self.known.join("`, `"))
            }
        };
        let hint = did_you_mean(key, known, otherwise);
        Err(Problem::bad_request(format!(
            "unknown key `{}` in {}{hint}",
            echo(key),
            self.what
        )))
    }
}

/// A value's type in a sentence.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
