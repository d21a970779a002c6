//! An event that has no outcome and that nobody waits for: it is kept, untouched, beside the reason.

use std::sync::Arc;

use crate::{
    event::{Event, Refusal, Releases},
    fault::FaultKind,
};

/// The headers that a dead letter in a topic has of its own, in this order and after all those of the event: an event that came from another
/// gateway may have some of the same name. The record's key and value are the event's, its timestamp is the event's time.
pub mod header {
    pub const EVENT_ID: &str = "scoregate-event-id";
    pub const PIPELINE: &str = "scoregate-pipeline";
    pub const ERROR: &str = "scoregate-error";
    pub const FAULT: &str = "scoregate-fault";
    pub const ORIGIN: &str = "scoregate-origin";
    pub const ADAPTER: &str = "scoregate-adapter";
    pub const MODEL: &str = "scoregate-model";
    /// Decimal milliseconds since the Unix epoch.
    pub const DEAD_AT_MS: &str = "scoregate-dead-at-ms";
    /// How often an event was sent again; one of the event's headers from then on.
    pub const RETRY: &str = "scoregate-retry";
    /// The dead letter's own.
    pub const OWN: [&str; 8] = [
        EVENT_ID, PIPELINE, ERROR, FAULT, ORIGIN, ADAPTER, MODEL, DEAD_AT_MS,
    ];
}

/// See the module.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    pub event: Event,
    /// One sentence.
    pub reason: String,
    pub cause: Cause,
    /// Those that it was scored with, or would have been.
    pub releases: Arc<Releases>,
    /// In milliseconds since the Unix epoch.
    pub dead_at_ms: u64,
}

/// Why there is no outcome: `scoregate-fault` of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The adapter rejected the event, or the model its features.
    Rejected,
    Fault(FaultKind),
    /// It was scored, but a sink can never take the outcome.
    Undeliverable,
}

impl Cause {
    pub const ALL: [Cause; 6] = [
        Cause::Rejected,
        Cause::Fault(FaultKind::Trap),
        Cause::Fault(FaultKind::Deadline),
        Cause::Fault(FaultKind::Memory),
        Cause::Fault(FaultKind::Malformed),
        Cause::Undeliverable,
    ];

    /// The word of headers, columns and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Rejected => "rejected",
            Cause::Fault(kind) => kind.name(),
            Cause::Undeliverable => "undeliverable",
        }
    }

    /// The cause of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// What makes an event a dead letter; none where it is worth trying again.
    pub fn of(refusal: &Refusal) -> Option<Self> {
        match refusal {
            Refusal::Rejected(_) | Refusal::InvalidInput(_) => Some(Cause::Rejected),
            Refusal::Fault(fault) => Some(Cause::Fault(fault.kind)),
            Refusal::Unavailable { .. } | Refusal::Undeliverable(_) | Refusal::DeadlinePassed => {
                None
            }
        }
    }
}
