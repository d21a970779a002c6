//! What every scoring thread of a pipeline has a part of, and where what it scored goes from there.

use std::sync::{Arc, atomic::AtomicBool};

use arc_swap::ArcSwap;

use super::{
    answer::{Answer, Job},
    breaker::Breaker,
    delivery::Outbox,
    queue::Turn,
    scorer::BatchScorer,
    serving::Serving,
    settled::Settled,
    shadow::Shadow,
    turnstile::{HandOn, Place, Turnstile},
    workers::Scorer,
};
use crate::{
    capture::Capture, config, failpoint, limits::AHEAD_MAX_EVENTS, telemetry::PipelineMetrics,
};

/// What a scoring thread takes from its pipeline.
pub struct Part {
    pub name: Arc<str>,
    pub serving: Arc<ArcSwap<Serving>>,
    pub shadow: Arc<Shadow>,
    pub breaker: Arc<Breaker>,
    pub metrics: PipelineMetrics,
    pub capture: Option<Arc<Capture>>,
    pub hand_on: HandOn<Settled>,
    pub turnstile: Option<Arc<Turnstile<Settled>>>,
    pub draining: Arc<AtomicBool>,
}

impl Part {
    /// For one thread.
    pub fn scorer(&self) -> Scorer<Job> {
        let (hand_on, turnstile) = (self.hand_on.clone(), self.turnstile.clone());
        let mut scorer = BatchScorer {
            name: self.name.clone(),
            serving: self.serving.clone(),
            breaker: self.breaker.clone(),
            metrics: self.metrics.clone(),
            shadow: self.shadow.clone(),
            capture: self.capture.clone(),
            held: Vec::new(),
            draining: self.draining.clone(),
        };
        let mut score = move |jobs: &mut Vec<Job>, turn: Turn| {
            let settled = scorer.score(jobs, turn.oldest);
            failpoint::at("stream.scored");
            settled
        };
        Box::new(
            move |jobs: &mut Vec<Job>, turn: Turn| match turnstile.as_deref() {
                Some(turnstile) => {
                    let place = Place::new(turnstile, turn, jobs);
                    let settled = score(place.jobs, turn);
                    place.pass(settled);
                }
                None => hand_on(score(jobs, turn)),
            },
        )
    }
}

/// Callers get their answers in any order; streams have one.
pub fn turnstile(
    config: &config::Pipeline,
    hand_on: &HandOn<Settled>,
) -> Option<Arc<Turnstile<Settled>>> {
    let ahead_max = AHEAD_MAX_EVENTS / config.batch_max_events;
    let turnstile = || Arc::new(Turnstile::new(ahead_max, hand_on.clone()));
    config.has_stream().then(turnstile)
}

/// To the sinks, or to where the events came from.
pub fn hand_on(outbox: Option<Outbox>, metrics: PipelineMetrics) -> HandOn<Settled> {
    Arc::new(move |settled: Settled| match &outbox {
        _ if settled.is_empty() => {}
        Some(outbox) => outbox.send(settled),
        None => answer_all(settled, &metrics),
    })
}

/// Without a sink an event is dealt with when it is scored.
fn answer_all(settled: Settled, metrics: &PipelineMetrics) {
    metrics.scored(settled.scored.len() as u64);
    for (scored, receipt) in settled.scored.into_iter().zip(settled.receipts) {
        receipt.settle(Answer { result: Ok(scored) });
    }
}
