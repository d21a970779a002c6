//! A dead letter as it is read back, whatever keeps it.
//!
//! Each keeper gives the same four things to `scoregate dead-letters`: `list(&Filter) -> Vec<Letter>`, `counts(&Filter)` (how many there
//! are of each cause, the filter's place and limit aside), `get(id) -> Option<Letter>` and `mark_retried(id, at_ms)`.

use bytes::Bytes;

use crate::{
    dead_letter::{Cause, DeadLetter},
    event::{Header, Origin},
};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What the operator names it by: the event's id in a database and in a file, `partition/offset` in a topic.
    pub id: String,
    pub event_id: String,
    pub pipeline: String,
    pub key: Option<Bytes>,
    /// None of a Kafka record without a value, which is not the same as an empty one.
    pub payload: Option<Bytes>,
    /// The event's own.
    pub headers: Vec<Header>,
    /// When it happened, in milliseconds since the Unix epoch.
    pub event_time_ms: u64,
    /// One sentence.
    pub error: String,
    pub fault: Cause,
    /// Such as `kafka:payments/3/1042`, `postgres:events/17`, `file:/var/log/app.log/812` or `http`.
    pub origin: String,
    /// `name@sha256:…`.
    pub adapter: String,
    pub model: String,
    pub dead_at_ms: u64,
    /// When it was last sent again; none while it never was.
    pub retried_at_ms: Option<u64>,
}

impl Letter {
    /// What a keeper keeps of a dead letter of that pipeline.
    pub fn of(dead: &DeadLetter, pipeline: &str) -> Self {
        let event = &dead.event;
        let null = matches!(
            event.origin,
            Origin::Stream {
                null_payload: true,
                ..
            }
        );
        Self {
            id: event.id.clone(),
            event_id: event.id.clone(),
            pipeline: pipeline.into(),
            key: event.key.clone(),
            payload: (!null).then(|| event.payload.clone()),
            headers: event.headers.clone(),
            event_time_ms: event.timestamp_ms,
            error: dead.reason.clone(),
            fault: dead.cause,
            origin: event.origin.to_string(),
            adapter: dead.releases.adapter.to_string(),
            model: dead.releases.model.to_string(),
            dead_at_ms: dead.dead_at_ms,
            retried_at_ms: None,
        }
    }
}

/// Which letters of a pipeline are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub pipeline: String,
    /// Only those of this cause.
    pub fault: Option<Cause>,
    /// Only those that died at this moment or later, in milliseconds since the Unix epoch.
    pub since_ms: Option<u64>,
    /// Only those that were never sent again.
    pub open: bool,
    /// By `(dead_at_ms, id)`.
    pub order: Order,
    /// Only those that come after this `(dead_at_ms, id)` in that order.
    pub after: Option<(u64, String)>,
    pub limit: usize,
}

/// Which letters come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

impl Filter {
    /// Whether the letter is one of those asked for, its place and the limit aside.
    pub fn takes(&self, letter: &Letter) -> bool {
        letter.pipeline == self.pipeline
            && self.fault.is_none_or(|fault| fault == letter.fault)
            && self.since_ms.is_none_or(|since| letter.dead_at_ms >= since)
            && !(self.open && letter.retried_at_ms.is_some())
    }
}
