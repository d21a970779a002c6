//! An event and what became of it.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use crate::{fault::Fault, lane::Position, release::ReleaseName};

/// One thing that happened, as bytes.
#[derive(Clone, Debug)]
pub struct Event {
    /// Names the event for its whole life; the scores table's key together with the pipeline.
    pub id: String,
    /// What orders and partitions events; none where the source gave none and the pipeline names no pointer.
    pub key: Option<Bytes>,
    pub payload: Bytes,
    /// When it happened, in milliseconds since the Unix epoch.
    pub timestamp_ms: u64,
    /// A stream's event has all of its headers, a request's event those that the adapter's contract asks for.
    pub headers: Vec<Header>,
    pub origin: Origin,
}

/// A header of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub name: String,
    /// A Kafka header may have none, which is not the same as an empty one.
    pub value: Option<Bytes>,
}

/// Where an event came from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Somebody waits for the answer.
    Http,
    Stream {
        position: Position,
        /// A Kafka record without a value: its payload is empty, but a dead letter of it has no value either.
        null_payload: bool,
    },
}

impl Event {
    /// Where it is in its stream; none of a request.
    pub fn position(&self) -> Option<&Position> {
        match &self.origin {
            Origin::Http => None,
            Origin::Stream { position, .. } => Some(position),
        }
    }

    /// What it has in memory: id, key, payload and headers.
    pub fn size_bytes(&self) -> usize {
        let headers = self.headers.iter();
        let headers = headers.map(|h| h.name.len() + h.value.as_ref().map_or(0, Bytes::len));
        let key = self.key.as_ref().map_or(0, Bytes::len);
        self.id.len() + key + self.payload.len() + headers.sum::<usize>()
    }

    /// A copy that owns its bytes and is nobody's: the event's own may be lent by the client of a broker, which wants them back. It has
    /// those headers that are named, in whatever case.
    pub fn copy_with(&self, names: &[String]) -> Event {
        let headers = self.headers.iter();
        let asked_for = headers.filter(|header| {
            let mut names = names.iter();
            names.any(|name| header.name.eq_ignore_ascii_case(name))
        });
        Event {
            id: self.id.clone(),
            key: self.key.as_deref().map(Bytes::copy_from_slice),
            payload: Bytes::copy_from_slice(&self.payload),
            timestamp_ms: self.timestamp_ms,
            headers: asked_for
                .map(|header| Header {
                    name: header.name.clone(),
                    value: header.value.as_deref().map(Bytes::copy_from_slice),
                })
                .collect(),
            origin: Origin::Http,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Http => f.write_str("http"),
            Origin::Stream { position, .. } => position.fmt(f),
        }
    }
}

/// What an adapter made of an event and its scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub score: Option<f64>,
    pub decision: Option<String>,
    /// What the caller or the next system reads; JSON unless the adapter's users agreed on something else.
    pub payload: Vec<u8>,
    /// Which of the pipeline's routes takes it; none for the default.
    pub route: Option<String>,
}

/// The two releases that scored a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Releases {
    pub adapter: ReleaseName,
    pub model: ReleaseName,
}

/// An event that was scored: its outcome, and by which releases.
#[derive(Clone, Debug)]
pub struct Scored {
    pub event: Event,
    pub outcome: Outcome,
    pub releases: Arc<Releases>,
    /// When it was scored, in milliseconds since the Unix epoch.
    pub scored_at_ms: u64,
}

/// Why an event has no outcome. All of it may be read by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The adapter rejected the event, with its reason.
    Rejected(String),
    /// The model refused its input, with its reason.
    InvalidInput(String),
    /// A plugin's fault.
    Fault(Fault),
    /// The pipeline or a sink of it could not take it. Worth trying again after so many seconds.
    Unavailable { reason: String, retry_after_s: u32 },
    /// A sink will never take the outcome: no other try helps.
    Undeliverable(String),
    /// The caller's deadline passed while it waited.
    DeadlinePassed,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Rejected(reason) | Refusal::InvalidInput(reason) => f.write_str(reason),
            Refusal::Fault(fault) => fault.fmt(f),
            Refusal::Unavailable { reason, .. } | Refusal::Undeliverable(reason) => {
                f.write_str(reason)
            }
            Refusal::DeadlinePassed => {
                f.write_str("the deadline given with the request passed while it waited")
            }
        }
    }
}
