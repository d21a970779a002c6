//! Outcomes and dead letters as records: DESIGN.md section 9.

use rdkafka::message::{Header, OwnedHeaders};

use crate::{
    dead_letter::{DeadLetter, header},
    event::{self, Event, Origin, Releases, Scored},
    kafka::Record,
    record,
};

/// Headers of the gateway's own begin so; those that a record brought along from another pipeline are left out of an outcome.
const OWN_PREFIX: &str = "scoregate-";
/// The most of them on one record.
const OWN_MAX_COUNT: usize = 8;

/// What is written to one topic in one call.
#[derive(Clone, Copy)]
pub enum Rows<'r> {
    Scored(&'r [Scored]),
    Dead(&'r [DeadLetter]),
}

impl Rows<'_> {
    pub fn len(&self) -> usize {
        match self {
            Rows::Scored(scored) => scored.len(),
            Rows::Dead(dead) => dead.len(),
        }
    }

    /// Row `row` as a record of `pipeline`, with its value in `buffer` where it must be made.
    pub fn record<'b>(&'b self, row: usize, pipeline: &str, buffer: &'b mut Vec<u8>) -> Record<'b> {
        buffer.clear();
        match self {
            Rows::Scored(scored) => outcome(&scored[row], pipeline, buffer),
            Rows::Dead(dead) => dead_letter(&dead[row], pipeline),
        }
    }
}

/// An outcome: the JSON of section 7, which is appended to `buffer`, with the event's key, time and headers.
pub fn outcome<'b>(scored: &'b Scored, pipeline: &str, buffer: &'b mut Vec<u8>) -> Record<'b> {
    let start = buffer.len();
    record::write_json(buffer, scored);
    let event = &scored.event;
    let headers = untouched(event, |header| !header.name.starts_with(OWN_PREFIX));
    Record {
        key: event.key.as_deref(),
        value: Some(&buffer[start..]),
        headers: marks(headers, event, pipeline, &scored.releases),
        timestamp_ms: event.timestamp_ms,
    }
}

/// A dead letter: the event untouched, and beside it why it is dead.
pub fn dead_letter<'b>(letter: &'b DeadLetter, pipeline: &str) -> Record<'b> {
    let event = &letter.event;
    let null_payload = matches!(
        event.origin,
        Origin::Stream {
            null_payload: true,
            ..
        }
    );
    let headers = untouched(event, |_| true)
        .insert(text("scoregate-error", &letter.reason))
        .insert(text("scoregate-fault", letter.cause.name()))
        .insert(text("scoregate-origin", &event.origin.to_string()))
        .insert(text(header::DEAD_AT_MS, &letter.dead_at_ms.to_string()));
    Record {
        key: event.key.as_deref(),
        value: (!null_payload).then_some(&*event.payload),
        headers: marks(headers, event, pipeline, &letter.releases),
        timestamp_ms: event.timestamp_ms,
    }
}

/// The event's own headers, in their order.
fn untouched(event: &Event, keep: impl Fn(&event::Header) -> bool) -> OwnedHeaders {
    let mut headers = OwnedHeaders::new_with_capacity(event.headers.len() + OWN_MAX_COUNT);
    for header in event.headers.iter().filter(|header| keep(header)) {
        headers = headers.insert(Header {
            key: &header.name,
            value: header.value.as_deref(),
        });
    }
    headers
}

fn marks(
    headers: OwnedHeaders,
    event: &Event,
    pipeline: &str,
    releases: &Releases,
) -> OwnedHeaders {
    headers
        .insert(text("scoregate-event-id", &event.id))
        .insert(text("scoregate-pipeline", pipeline))
        .insert(text("scoregate-adapter", releases.adapter.as_str()))
        .insert(text("scoregate-model", releases.model.as_str()))
}

fn text<'v>(key: &'v str, value: &'v str) -> Header<'v, &'v str> {
    Header {
        key,
        value: Some(value),
    }
}
