//! What one side of a trial has done: counts, latencies and a sample of its scores.

mod comparison;
mod drift;
mod latency;
mod sample;
mod status;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use comparison::{Reply, ShadowDifference, ShadowStatus};
pub use drift::{drift, latency_ratio};
pub use status::TallyStatus;

use super::breaker::Breaker;
use crate::{
    event::{Outcome, Refusal},
    fault::FaultKind,
    limits::{BREAKER_OPEN_MS, CANDIDATE_MAX_FAULTS, TALLY_DECISIONS_MAX_COUNT},
};
use comparison::Comparison;
use latency::Latencies;
use sample::Sample;

/// See the module. Scoring threads add to it once a batch.
pub struct Tally {
    counts: Mutex<Counts>,
    /// A candidate that faults again and again is left alone for a while: its events would wait for nothing.
    pub(super) breaker: Breaker,
}

#[derive(Default)]
struct Counts {
    events: u64,
    scored: u64,
    rejected: u64,
    /// In the order of [`FaultKind::ALL`].
    faults: [u64; FaultKind::ALL.len()],
    untried: u64,
    decisions: BTreeMap<String, u64>,
    /// Outcomes whose decision found no room there.
    other_decisions: u64,
    scores: Sample,
    latencies: Latencies,
    comparison: Comparison,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            counts: Mutex::default(),
            breaker: Breaker::new(CANDIDATE_MAX_FAULTS, BREAKER_OPEN_MS),
        }
    }
}

impl Tally {
    /// One part of a batch was scored in `elapsed`.
    pub(super) fn scored<'v>(
        &self,
        verdicts: impl ExactSizeIterator<Item = &'v Result<Outcome, Refusal>>,
        elapsed: Duration,
    ) {
        let mut counts = self.lock();
        counts.latencies.add(verdicts.len(), elapsed);
        verdicts.for_each(|verdict| counts.add(verdict));
    }

    /// Both answers to an event.
    pub(super) fn compared(&self, event_id: &str, active: Reply, candidate: Reply) {
        let mut counts = self.lock();
        counts.comparison.add(event_id, active, candidate);
    }

    /// Events that were chosen for a comparison and left out, since there was no capacity left.
    pub(super) fn left_out(&self, events: u64) {
        self.lock().comparison.leave_out(events);
    }

    /// Events that it was given, those included that it has not tried.
    pub fn events(&self) -> u64 {
        self.lock().events
    }

    /// Events that it failed on.
    pub fn faults(&self) -> u64 {
        self.lock().faults.iter().sum()
    }

    /// Events that it failed on since it last did not.
    pub fn faults_in_a_row(&self) -> u32 {
        self.breaker.faults()
    }

    /// A panic elsewhere must not take the counts with it: they are whole between any two statements.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, verdict: &Result<Outcome, Refusal>) {
        self.events += 1;
        match verdict {
            Ok(outcome) => {
                self.scored += 1;
                if let Some(score) = outcome.score {
                    self.scores.add(score);
                }
                if let Some(decision) = &outcome.decision {
                    self.decided(decision);
                }
            }
            Err(Refusal::Rejected(_) | Refusal::InvalidInput(_)) => self.rejected += 1,
            Err(Refusal::Fault(fault)) => self.faults[fault.kind as usize] += 1,
            Err(
                Refusal::Unavailable { .. } | Refusal::Undeliverable(_) | Refusal::DeadlinePassed,
            ) => self.untried += 1,
        }
    }

    fn decided(&mut self, decision: &str) {
        if let Some(count) = self.decisions.get_mut(decision) {
            *count += 1;
        } else if self.decisions.len() < TALLY_DECISIONS_MAX_COUNT {
            self.decisions.insert(decision.to_owned(), 1);
        } else {
            self.other_decisions += 1;
        }
    }
}

#[cfg(test)]
mod tests;
