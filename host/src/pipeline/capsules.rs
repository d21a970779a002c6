//! What of a batch is kept to be replayed.

use std::sync::Arc;

use super::{
    chain::Generation, isolation::Verdict, scorer::BatchScorer, serving::Serving, settled::ScoredBy,
};
use crate::{
    capture::{self, ScoredAs},
    event::Event,
};

impl BatchScorer {
    /// Verdicts that stand.
    pub(super) fn capture(
        &self,
        serving: &Serving,
        scored_by: &ScoredBy,
        events: &[&Event],
        verdicts: &[Verdict],
    ) {
        let Some(capture) = &self.capture else {
            return;
        };
        let candidate = serving.candidate().map(|side| &side.generation);
        for (row, (event, verdict)) in events.iter().zip(verdicts).enumerate() {
            let generation = scored_by.of(row);
            let by_canary = candidate.is_some_and(|other| Arc::ptr_eq(other, generation));
            let scored_as = if by_canary {
                ScoredAs::Canary
            } else {
                ScoredAs::Active
            };
            capture.take(&by(scored_as, generation), event, verdict);
        }
    }

    /// Of a candidate, whose faults do not stand.
    pub(super) fn capture_faults(
        &self,
        (scored_as, generation): (ScoredAs, &Generation),
        events: &[&Event],
        verdicts: &[Verdict],
    ) {
        if let Some(capture) = &self.capture {
            for (event, verdict) in events.iter().zip(verdicts) {
                capture.take_fault(&by(scored_as, generation), event, verdict);
            }
        }
    }
}

/// A generation, as a capsule names it.
pub fn by(scored_as: ScoredAs, generation: &Generation) -> capture::ScoredBy<'_> {
    capture::ScoredBy {
        scored_as,
        adapter: &generation.adapter.parts,
        model: &generation.model.parts,
        headers: &generation.adapter.contract.headers,
    }
}
