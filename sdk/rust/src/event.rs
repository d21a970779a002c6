use crate::{Rejection, place};
use serde::Deserialize;

/// One thing that happened: a payment, a click, a log line, a sensor reading.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// What the event belongs to (a card, a user), where the source knows it.
    pub key: Option<&'a [u8]>,
    /// The event itself, as the source had it.
    pub payload: &'a [u8],
    /// When it happened, in milliseconds since the Unix epoch.
    pub timestamp_ms: u64,
    headers: &'a [(String, Vec<u8>)],
}

impl<'a> Event<'a> {
    /// An event of this payload, with no key and no header, at the Unix epoch.
    #[must_use]
    pub const fn new(payload: &'a [u8]) -> Self {
        Self {
            key: None,
            payload,
            timestamp_ms: 0,
            headers: &[],
        }
    }

    /// The same event with this key.
    #[must_use]
    pub const fn with_key(mut self, key: &'a [u8]) -> Self {
        self.key = Some(key);
        self
    }

    /// The same event at this time, in milliseconds since the Unix epoch.
    #[must_use]
    pub const fn with_timestamp_ms(mut self, timestamp_ms: u64) -> Self {
        self.timestamp_ms = timestamp_ms;
        self
    }

    /// The same event with these headers.
    #[must_use]
    pub const fn with_headers(mut self, headers: &'a [(String, Vec<u8>)]) -> Self {
        self.headers = headers;
        self
    }

    /// The first header of that name, in any case of letters. Only headers that the contract names are there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        let header = self
            .headers
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_slice())
    }

    /// The payload read as JSON.
    ///
    /// # Errors
    /// A rejection that says what does not fit, and where.
    pub fn json<T: Deserialize<'a>>(&self) -> Result<T, Rejection> {
        serde_json::from_slice(self.payload).map_err(|error| {
            Rejection::new(format!(
                "the event's JSON does not fit: {}",
                place::describe(self.payload, &error)
            ))
        })
    }
}
