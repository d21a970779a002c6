//! Scores batches: one pass for all, and where a fault or a refusal ends that, event by event, so that only the guilty one pays.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    answer::{Answer, Job, Receipt, Refused},
    breaker::Breaker,
    chain::{Chain, ChainError, Generation, Outcomes},
    pace::Pace,
};
use crate::{
    clock::now_ms,
    dead_letter::{Cause, DeadLetter},
    event::{Event, Outcome, Refusal, Releases, Scored},
    telemetry::PipelineMetrics,
};

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

/// One scoring thread's part of a pipeline.
pub struct BatchScorer {
    pub name: Arc<str>,
    pub breaker: Arc<Breaker>,
    pub metrics: PipelineMetrics,
    pub chain: Option<Chain>,
    pub pace: Pace,
    /// The pipeline drains: what cannot be scored now is not waited for.
    pub draining: Arc<AtomicBool>,
}

/// How long a stream's events wait before they are tried again.
const UNAVAILABLE_PAUSE: Duration = Duration::from_millis(50);

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
        self.refuse_late(jobs);
        if jobs.is_empty() {
            return Settled::default();
        }
        let mut chain = match self.chain.take() {
            Some(chain) if Arc::ptr_eq(&chain.generation, generation) => chain,
            _ => Chain::new(generation.clone()),
        };
        let events: Vec<&Event> = jobs.iter().map(|job| &job.event).collect();
        let mut verdicts = self.verdicts(&mut chain, &events);
        if verdicts.iter().any(is_unavailable) {
            let patient: Vec<bool> = jobs.iter().map(|job| job.receipt.is_patient()).collect();
            self.wait_for(&mut chain, &events, &patient, &mut verdicts);
        }
        self.chain = Some(chain);
        self.metrics
            .batch(jobs.len(), start.elapsed().as_secs_f64());
        self.settle(jobs, verdicts, &generation.releases)
    }

    /// Puts each verdict where it belongs. Callers without an outcome are answered here; what of a stream cannot be scored is dropped, and read again.
    fn settle(
        &self,
        jobs: &mut Vec<Job>,
        verdicts: Vec<Verdict>,
        releases: &Arc<Releases>,
    ) -> Settled {
        let mut settled = Settled::default();
        let scored_at_ms = now_ms();
        for (job, verdict) in jobs.drain(..).zip(verdicts) {
            let refusal = match verdict {
                Ok(outcome) => {
                    settled.scored.push(Scored {
                        event: job.event,
                        outcome,
                        releases: releases.clone(),
                        scored_at_ms,
                    });
                    settled.receipts.push(job.receipt);
                    continue;
                }
                Err(refusal) => refusal,
            };
            self.count(&refusal);
            if !job.receipt.is_patient() {
                refuse(job, refusal);
            } else if let Some(cause) = Cause::of(&refusal) {
                settled.dead.push(DeadLetter {
                    event: job.event,
                    reason: refusal.to_string(),
                    cause,
                    releases: releases.clone(),
                    dead_at_ms: scored_at_ms,
                });
                settled.dead_receipts.push(job.receipt);
            }
        }
        settled
    }

    /// Callers whose patience ended while they waited: their events are not scored.
    fn refuse_late(&self, jobs: &mut Vec<Job>) {
        let now = tokio::time::Instant::now();
        let is_late = |job: &Job| job.deadline.is_some_and(|deadline| deadline <= now);
        if jobs.iter().any(is_late) {
            let (late, left) = jobs.drain(..).partition(is_late);
            *jobs = left;
            for job in late {
                self.count(&Refusal::DeadlinePassed);
                refuse(job, Refusal::DeadlinePassed);
            }
        }
    }

    /// A stream's events wait where there is no room for an instance or the pipeline is suspended: they are worth trying again, in their order.
    fn wait_for(
        &mut self,
        chain: &mut Chain,
        events: &[&Event],
        patient: &[bool],
        verdicts: &mut [Verdict],
    ) {
        while !self.draining.load(Ordering::Relaxed) {
            let again: Vec<usize> = (0..events.len())
                .filter(|&row| patient[row] && is_unavailable(&verdicts[row]))
                .collect();
            if again.is_empty() {
                return;
            }
            std::thread::sleep(UNAVAILABLE_PAUSE);
            let waiting: Vec<&Event> = again.iter().map(|&row| events[row]).collect();
            let new = self.verdicts(chain, &waiting);
            for (row, verdict) in again.into_iter().zip(new) {
                verdicts[row] = verdict;
            }
        }
    }

    /// One pass over some events.
    fn pass(&mut self, chain: &mut Chain, events: &[&Event]) -> Result<Outcomes, ChainError> {
        let start = Instant::now();
        let result = chain.score(events, self.pace.call_max_ms(events.len()));
        if result.is_ok() {
            self.pace.took(events.len(), start.elapsed());
        }
        result
    }

    fn verdicts(&mut self, chain: &mut Chain, events: &[&Event]) -> Vec<Verdict> {
        if let Some(refusal) = self.suspended() {
            return vec![Err(refusal); events.len()];
        }
        match self.pass(chain, events) {
            Ok(outcomes) => {
                self.breaker.success();
                let outcomes = outcomes.into_iter();
                outcomes.map(|o| o.map_err(Refusal::Rejected)).collect()
            }
            Err(error) if proves_guilt(chain, events, &error) => {
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
    fn alone(&mut self, chain: &mut Chain, event: &Event) -> Verdict {
        if let Some(refusal) = self.suspended() {
            return Err(refusal);
        }
        let mut result = self.pass(chain, &[event]);
        if let Err(error) = &result
            && !proves_guilt(chain, &[event], error)
        {
            chain.renew();
            result = self.pass(chain, &[event]);
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

    /// What was scored counts once the sinks have it.
    fn count(&self, refusal: &Refusal) {
        match refusal {
            Refusal::Rejected(_) => self.metrics.rejected(1),
            Refusal::InvalidInput(_) => self.metrics.invalid_input(1),
            Refusal::Fault(_) => self.metrics.fault(1),
            Refusal::Unavailable { .. } => self.metrics.unavailable(1),
            Refusal::DeadlinePassed => self.metrics.deadline_passed(1),
        }
    }
}

/// Answers a caller that the event has no outcome.
fn refuse(job: Job, refusal: Refusal) {
    job.receipt.settle(Answer {
        result: Err(Refused {
            event: job.event,
            refusal,
        }),
    });
}

fn is_unavailable(verdict: &Verdict) -> bool {
    matches!(verdict, Err(Refusal::Unavailable { .. }))
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
