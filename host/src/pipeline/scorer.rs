//! Scores batches: on the active generation, and on a candidate what its trial asks for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;

use super::{
    answer::{Answer, Job, Refused},
    breaker::Breaker,
    chain::Generation,
    isolation::{Held, Isolation, Verdict},
    serving::{Serving, Trial},
    settled::{ScoredBy, Settled},
    shadow::Shadow,
    share::Share,
};
use crate::{
    capture::Capture,
    clock::now_ms,
    dead_letter::{Cause, DeadLetter},
    event::{Event, Refusal, Scored},
    telemetry::PipelineMetrics,
};

/// One scoring thread's part of a pipeline.
pub struct BatchScorer {
    pub name: Arc<str>,
    pub serving: Arc<ArcSwap<Serving>>,
    pub breaker: Arc<Breaker>,
    pub metrics: PipelineMetrics,
    pub shadow: Arc<Shadow>,
    pub capture: Option<Arc<Capture>>,
    /// Of what is served at the moment: one, or two while a canary is open.
    pub held: Vec<Held>,
    /// The pipeline drains: what cannot be scored now is not waited for.
    pub draining: Arc<AtomicBool>,
}

/// How long a stream's events wait before they are tried again.
const UNAVAILABLE_PAUSE: Duration = Duration::from_millis(50);

impl BatchScorer {
    /// Scores a batch on what is served when it begins.
    pub fn score(&mut self, jobs: &mut Vec<Job>, oldest: Instant) -> Settled {
        let start = Instant::now();
        self.metrics
            .queue_wait(start.duration_since(oldest).as_secs_f64());
        self.refuse_late(jobs);
        if jobs.is_empty() {
            return Settled::default();
        }
        let serving = self.serving.load_full();
        self.held
            .retain(|held| serving.scores_on(held.generation()));
        let events: Vec<&Event> = jobs.iter().map(|job| &job.event).collect();
        let mut scored_by = ScoredBy::All(serving.active.generation.clone());
        let mut verdicts = match &serving.trial {
            None => self.active(&serving.active.generation, &events),
            Some(Trial::Canary {
                side,
                percent,
                salt,
            }) => {
                let share = Share::new(*salt, *percent);
                self.canary(&serving.active, (side, share), &events, &mut scored_by)
            }
            Some(Trial::Shadow {
                side,
                percent,
                salt,
            }) => {
                let start = Instant::now();
                let verdicts = self.active(&serving.active.generation, &events);
                serving
                    .active
                    .tally
                    .scored(verdicts.iter(), start.elapsed());
                let share = Share::new(*salt, *percent);
                self.shadow.offer(side, share, &events, &verdicts);
                verdicts
            }
        };
        if verdicts.iter().any(is_unavailable) {
            let patient: Vec<bool> = jobs.iter().map(|job| job.receipt.is_patient()).collect();
            self.wait_for(&events, &patient, &mut verdicts, &mut scored_by);
        }
        self.metrics
            .batch(jobs.len(), start.elapsed().as_secs_f64());
        self.capture(&serving, &scored_by, &events, &verdicts);
        self.settle(jobs, verdicts, &scored_by)
    }

    /// Scores events on the active generation, and counts its faults against the pipeline.
    pub(super) fn active(
        &mut self,
        generation: &Arc<Generation>,
        events: &[&Event],
    ) -> Vec<Verdict> {
        let breaker = self.breaker.clone();
        self.verdicts(generation, &breaker, events)
    }

    pub(super) fn verdicts(
        &mut self,
        generation: &Arc<Generation>,
        breaker: &Breaker,
        events: &[&Event],
    ) -> Vec<Verdict> {
        let at = self.held.iter().position(|held| held.is_of(generation));
        // Taken out meanwhile: after a panic its instances are gone.
        let mut held = match at {
            Some(at) => self.held.swap_remove(at),
            None => Held::new(generation.clone()),
        };
        let name = &self.name;
        let verdicts = Isolation { name, breaker }.verdicts(&mut held, events);
        self.held.push(held);
        verdicts
    }

    /// Puts each verdict where it belongs. Callers without an outcome are answered here; what of a stream cannot be scored is dropped, and read again.
    fn settle(&self, jobs: &mut Vec<Job>, verdicts: Vec<Verdict>, scored_by: &ScoredBy) -> Settled {
        let mut settled = Settled::default();
        let scored_at_ms = now_ms();
        for (row, (job, verdict)) in jobs.drain(..).zip(verdicts).enumerate() {
            let releases = &scored_by.of(row).releases;
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

    /// A stream's events wait where there is no room for an instance or the pipeline is suspended: they are worth trying again, in their
    /// order, on what is active by then.
    fn wait_for(
        &mut self,
        events: &[&Event],
        patient: &[bool],
        verdicts: &mut [Verdict],
        scored_by: &mut ScoredBy,
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
            let generation = self.serving.load().active.generation.clone();
            let new = self.active(&generation, &waiting);
            for (row, verdict) in again.into_iter().zip(new) {
                verdicts[row] = verdict;
                if !Arc::ptr_eq(scored_by.of(row), &generation) {
                    scored_by.each(events.len())[row] = generation.clone();
                }
            }
        }
    }

    /// What was scored counts once the sinks have it.
    fn count(&self, refusal: &Refusal) {
        match refusal {
            Refusal::Rejected(_) => self.metrics.rejected(1),
            Refusal::InvalidInput(_) => self.metrics.invalid_input(1),
            Refusal::Fault(_) => self.metrics.fault(1),
            Refusal::Unavailable { .. } | Refusal::Undeliverable(_) => self.metrics.unavailable(1),
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
