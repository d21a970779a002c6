//! What one transaction writes, made before it begins: nobody waits for JSON inside the gate.

use std::ops::Range;

use bytes::Bytes;
use rdkafka::message::OwnedHeaders;

use crate::{
    dead_letter::DeadLetter,
    event::{Event, Scored},
    kafka,
    lane::Position,
    sink::kafka::record,
};

/// See the module.
#[derive(Debug, Default)]
pub struct Parcel {
    /// All values, one after the other.
    pub values: Vec<u8>,
    pub records: Vec<Record>,
    /// Where each row comes from: the scored ones, then the dead ones.
    pub rows: Vec<Row>,
}

/// One record of a row: an outcome has one for each topic.
#[derive(Debug)]
pub struct Record {
    pub row: usize,
    /// Which of the sink's topics takes it.
    pub topic: usize,
    key: Option<Bytes>,
    value: Option<Range<usize>>,
    /// None once it was sent.
    headers: Option<OwnedHeaders>,
    timestamp_ms: u64,
}

/// Where a row comes from.
#[derive(Debug)]
pub enum Row {
    Stream(Position),
    /// A request's event, by its id.
    Request(String),
}

impl Parcel {
    /// Outcomes for each of the first `topics` topics, dead letters for the one after them. `values` is a buffer to be used again.
    pub fn new(
        scored: &[Scored],
        dead: &[DeadLetter],
        pipeline: &str,
        topics: usize,
        mut values: Vec<u8>,
    ) -> Self {
        values.clear();
        let rows = scored.len() + dead.len();
        let mut parcel = Self {
            values,
            records: Vec::with_capacity(scored.len() * topics + dead.len()),
            rows: Vec::with_capacity(rows),
        };
        for outcome in scored {
            parcel.outcome(outcome, pipeline, topics);
        }
        for letter in dead {
            parcel.dead_letter(letter, pipeline, topics);
        }
        parcel
    }

    fn outcome(&mut self, scored: &Scored, pipeline: &str, topics: usize) {
        let start = self.values.len();
        let made = record::outcome(scored, pipeline, &mut self.values);
        let (mut headers, timestamp_ms) = (Some(made.headers), made.timestamp_ms);
        let value = start..self.values.len();
        for topic in 0..topics {
            let last = topic + 1 == topics;
            self.records.push(Record {
                row: self.rows.len(),
                topic,
                key: scored.event.key.clone(),
                value: Some(value.clone()),
                headers: if last {
                    headers.take()
                } else {
                    headers.clone()
                },
                timestamp_ms,
            });
        }
        self.rows.push(Row::of(&scored.event));
    }

    fn dead_letter(&mut self, letter: &DeadLetter, pipeline: &str, topic: usize) {
        let made = record::dead_letter(letter, pipeline);
        let value = made.value.map(|value| {
            let start = self.values.len();
            self.values.extend_from_slice(value);
            start..self.values.len()
        });
        self.records.push(Record {
            row: self.rows.len(),
            topic,
            key: letter.event.key.clone(),
            value,
            headers: Some(made.headers),
            timestamp_ms: made.timestamp_ms,
        });
        self.rows.push(Row::of(&letter.event));
    }

    /// The positions of its rows that come from streams.
    pub fn positions(&self) -> impl Iterator<Item = &Position> {
        self.rows.iter().filter_map(|row| match row {
            Row::Stream(position) => Some(position),
            Row::Request(_) => None,
        })
    }

    /// Forgets the rows for which `delivered` is true.
    pub fn leave_out(&mut self, delivered: impl Fn(&Row) -> bool) {
        let rows = &self.rows;
        self.records.retain(|record| !delivered(&rows[record.row]));
    }
}

impl Record {
    pub fn bytes(&self) -> usize {
        let (key, value) = (&self.key, &self.value);
        key.as_ref().map_or(0, Bytes::len)
            + value.as_ref().map_or(0, Range::len)
            + kafka::Record::HEADERS_BYTES
    }

    /// The record to be sent. Its headers go with it; [`Record::put_back`] those of one that was not sent.
    pub fn take<'r>(&'r mut self, values: &'r [u8]) -> kafka::Record<'r> {
        kafka::Record {
            key: self.key.as_deref(),
            value: self.value.clone().map(|range| &values[range]),
            headers: self.headers.take().unwrap_or_default(),
            timestamp_ms: self.timestamp_ms,
        }
    }

    pub fn put_back(&mut self, headers: OwnedHeaders) {
        self.headers = Some(headers);
    }
}

impl Row {
    fn of(event: &Event) -> Self {
        match event.position() {
            Some(position) => Row::Stream(position.clone()),
            None => Row::Request(event.id.clone()),
        }
    }
}
