//! What became of a batch.

use std::sync::Arc;

use super::{answer::Receipt, chain::Generation};
use crate::{dead_letter::DeadLetter, event::Scored};

/// What became of a batch, for the sinks: whoever takes this must settle every receipt. Callers whose events have no outcome were answered already.
#[must_use]
#[derive(Default)]
pub struct Settled {
    /// Scored events wait for the sinks; their receipts are in the same order.
    pub scored: Vec<Scored>,
    pub receipts: Vec<Receipt>,
    /// Events of streams that have no outcome, likewise.
    pub dead: Vec<DeadLetter>,
    pub dead_receipts: Vec<Receipt>,
}

impl Settled {
    pub fn is_empty(&self) -> bool {
        self.scored.is_empty() && self.dead.is_empty()
    }

    pub fn append(&mut self, mut other: Settled) {
        self.scored.append(&mut other.scored);
        self.receipts.append(&mut other.receipts);
        self.dead.append(&mut other.dead);
        self.dead_receipts.append(&mut other.dead_receipts);
    }
}

/// Who scored the events of a batch.
pub enum ScoredBy {
    All(Arc<Generation>),
    /// One for each event.
    Each(Vec<Arc<Generation>>),
}

impl ScoredBy {
    pub fn of(&self, row: usize) -> &Arc<Generation> {
        match self {
            ScoredBy::All(generation) => generation,
            ScoredBy::Each(each) => &each[row],
        }
    }

    /// Some events of `count` were scored by others.
    pub fn each(&mut self, count: usize) -> &mut [Arc<Generation>] {
        if let ScoredBy::All(generation) = self {
            *self = ScoredBy::Each(vec![generation.clone(); count]);
        }
        match self {
            ScoredBy::All(_) => &mut [],
            ScoredBy::Each(each) => each,
        }
    }
}
