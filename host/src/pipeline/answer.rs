//! What a source gets back for an event, and the receipt through which it gets it.

use tokio::{sync::oneshot, time::Instant};

use crate::{
    event::{Event, Refusal, Scored},
    lane::Hold,
};

/// What became of one event.
#[derive(Debug)]
pub struct Answer {
    pub result: Result<Scored, Refused>,
}

/// An event that has no outcome, and why. The event is handed back untouched.
#[derive(Debug)]
pub struct Refused {
    pub event: Event,
    pub refusal: Refusal,
}

/// An event on its way in: whoever takes it must settle its receipt.
#[derive(Debug)]
pub struct Job {
    pub event: Event,
    /// When the caller loses patience; it is then answered without being scored.
    pub deadline: Option<Instant>,
    pub receipt: Receipt,
}

/// The source's claim to an answer. Dropped unsettled (a bug, or the end of the process) the source learns that there is none.
#[derive(Debug)]
pub enum Receipt {
    /// Somebody waits for the answer.
    Reply(oneshot::Sender<Answer>),
    /// A stream waits until it was dealt with.
    Stream(Hold),
}

impl Receipt {
    /// Whether nobody waits for an answer, so that the event itself can wait.
    pub fn is_patient(&self) -> bool {
        match self {
            Receipt::Reply(_) => false,
            Receipt::Stream(_) => true,
        }
    }

    /// Whether its event may still be delivered: its lane is open.
    pub fn is_open(&self) -> bool {
        match self {
            Receipt::Reply(_) => true,
            Receipt::Stream(hold) => hold.lane().is_open(),
        }
    }

    /// Acknowledges the event to its source.
    pub fn settle(self, answer: Answer) {
        match self {
            // A caller who left needs no answer: the event itself was dealt with.
            Receipt::Reply(reply) => drop(reply.send(answer)),
            // Delivered, or a dead letter. What could not be dealt with must be dropped instead, so that it is read again.
            Receipt::Stream(hold) => hold.release(),
        }
    }
}
