//! Scores batches: one pass for all, and where a fault or a refusal ends that, event by event, so that only the guilty one pays.

use std::{sync::Arc, time::Instant};

use super::{
    answer::{Answer, Job, Receipt, Refused},
    breaker::Breaker,
    chain::{Chain, ChainError, Generation},
};
use crate::{
    clock::now_ms,
    event::{Event, Outcome, Refusal, Scored},
    telemetry::PipelineMetrics,
};

/// Events that were dealt with, each beside the receipt that acknowledges it: whoever takes this must settle them all.
#[must_use]
#[derive(Default)]
pub struct Settled {
    /// Scored events wait for the sinks; their receipts are in the same order.
    pub scored: Vec<Scored>,
    pub receipts: Vec<Receipt>,
    /// Refused events are answered at once.
    pub refused: Vec<(Refused, Receipt)>,
}

/// One scoring thread's part of a pipeline.
pub struct BatchScorer {
    pub name: Arc<str>,
    pub breaker: Arc<Breaker>,
    pub metrics: PipelineMetrics,
    pub chain: Option<Chain>,
}

/// What became of one event's scoring.
type Verdict = Result<Outcome, Refusal>;

impl BatchScorer {
    /// Scores a batch on one generation.
    pub fn score(
        &mut self,
        generation: &Arc<Generation>,
        jobs: &mut Vec<Job>,
        oldest: Instant,
    ) -> Settled {
        let start = Instant::now();
        self.metrics
            .queue_wait(start.duration_since(oldest).as_secs_f64());
        let mut settled = Settled::default();
        self.refuse_late(jobs, &mut settled);
        if jobs.is_empty() {
            return settled;
        }
        let mut chain = match self.chain.take() {
            Some(chain) if Arc::ptr_eq(&chain.generation, generation) => chain,
            _ => Chain::new(generation.clone()),
        };
        let verdicts = self.verdicts(&mut chain, jobs);
        self.chain = Some(chain);
        self.metrics
            .batch(jobs.len(), start.elapsed().as_secs_f64());
        let scored_at_ms = now_ms();
        for (job, verdict) in jobs.drain(..).zip(verdicts) {
            match verdict {
                Ok(outcome) => {
                    settled.scored.push(Scored {
                        event: job.event,
                        outcome,
                        releases: generation.releases.clone(),
                        scored_at_ms,
                    });
                    settled.receipts.push(job.receipt);
                }
                Err(refusal) => settled.refuse(job, refusal),
            }
        }
        self.count(&settled);
        settled
    }

    /// Callers whose patience ended while they waited: their events are not scored.
    fn refuse_late(&self, jobs: &mut Vec<Job>, settled: &mut Settled) {
        let now = tokio::time::Instant::now();
        let is_late = |job: &Job| job.deadline.is_some_and(|deadline| deadline <= now);
        if jobs.iter().any(is_late) {
            let (late, left) = jobs.drain(..).partition(is_late);
            *jobs = left;
            self.metrics.deadline_passed(late.len() as u64);
            for job in late {
                settled.refuse(job, Refusal::DeadlinePassed);
            }
        }
    }

    fn verdicts(&self, chain: &mut Chain, jobs: &[Job]) -> Vec<Verdict> {
        if let Some(refusal) = self.suspended() {
            return vec![Err(refusal); jobs.len()];
        }
        let events: Vec<&Event> = jobs.iter().map(|job| &job.event).collect();
        match chain.score(&events) {
            Ok(outcomes) => {
                self.breaker.success();
                let outcomes = outcomes.into_iter();
                outcomes.map(|o| o.map_err(Refusal::Rejected)).collect()
            }
            Err(error) if proves_guilt(chain, &events, &error) => {
                vec![Err(self.refusal(error))]
            }
            Err(ChainError::NoRoom) => vec![Err(self.refusal(ChainError::NoRoom)); events.len()],
            Err(_) => {
                chain.renew();
                events
                    .iter()
                    .map(|event| self.alone(chain, event))
                    .collect()
            }
        }
    }

    /// Scores one event of a batch that failed.
    fn alone(&self, chain: &mut Chain, event: &Event) -> Verdict {
        if let Some(refusal) = self.suspended() {
            return Err(refusal);
        }
        let mut result = chain.score(&[event]);
        if let Err(error) = &result
            && !proves_guilt(chain, &[event], error)
        {
            chain.renew();
            result = chain.score(&[event]);
        }
        match result {
            Ok(mut outcomes) => {
                self.breaker.success();
                match outcomes.pop() {
                    Some(outcome) => outcome.map_err(Refusal::Rejected),
                    None => Err(self.refusal(ChainError::NoRoom)),
                }
            }
            Err(error) => Err(self.refusal(error)),
        }
    }

    fn refusal(&self, error: ChainError) -> Refusal {
        match error {
            ChainError::Rejected(reason) => Refusal::Rejected(reason),
            ChainError::InvalidInput(reason) => Refusal::InvalidInput(reason),
            ChainError::Fault(fault) => {
                self.breaker.fault();
                tracing::warn!(pipeline = &*self.name, %fault, "an event met a fault");
                Refusal::Fault(fault)
            }
            ChainError::NoRoom => Refusal::Unavailable {
                reason: format!(
                    "pipeline `{}` has no room for another instance of its plugins",
                    self.name
                ),
                retry_after_s: 1,
            },
        }
    }

    fn suspended(&self) -> Option<Refusal> {
        suspended(&self.name, &self.breaker)
    }

    fn count(&self, settled: &Settled) {
        // What was scored counts once the sinks have it.
        for (refused, _) in &settled.refused {
            match refused.refusal {
                Refusal::Rejected(_) => self.metrics.rejected(1),
                Refusal::InvalidInput(_) => self.metrics.invalid_input(1),
                Refusal::Fault(_) => self.metrics.fault(1),
                Refusal::Unavailable { .. } => self.metrics.unavailable(1),
                // Counted where it was found.
                Refusal::DeadlinePassed => {}
            }
        }
    }
}

impl Settled {
    fn refuse(&mut self, job: Job, refusal: Refusal) {
        let refused = Refused {
            event: job.event,
            refusal,
        };
        self.refused.push((refused, job.receipt));
    }

    /// Answers those that have no outcome.
    pub fn settle_refused(&mut self) {
        for (refused, receipt) in self.refused.drain(..) {
            receipt.settle(Answer {
                result: Err(refused),
            });
        }
    }
}

/// Why nothing is scored while the breaker is open.
pub fn suspended(name: &str, breaker: &Breaker) -> Option<Refusal> {
    breaker.open_for().map(|left| Refusal::Unavailable {
        reason: format!(
            "pipeline `{name}` is suspended for {} ms after {} faults in a row of its plugins",
            left.as_millis().max(1),
            breaker.faults()
        ),
        retry_after_s: left.as_secs_f64().ceil().max(1.0) as u32,
    })
}

/// A refusal of a single event is its own; a fault is its own only where the instance had seen no other event before.
fn proves_guilt(chain: &Chain, events: &[&Event], error: &ChainError) -> bool {
    events.len() == 1
        && match error {
            ChainError::Fault(fault) => chain.was_fresh(fault),
            ChainError::Rejected(_) | ChainError::InvalidInput(_) => true,
            ChainError::NoRoom => false,
        }
}
