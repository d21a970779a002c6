//! A pipeline: a bounded queue, scoring threads of its own, isolation of faults, delivery, and the receipt that acknowledges.

pub mod answer;
mod breaker;
mod canary;
mod capsules;
mod chain;
mod delivery;
mod isolation;
mod key;
mod model_queue;
mod outlets;
mod pace;
mod part;
mod pause;
mod queue;
mod scorer;
mod serving;
mod settled;
mod shadow;
mod share;
mod status;
pub mod tally;
mod turnstile;
mod workers;

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use tracing::warn;

pub use answer::{Answer, Job, Receipt, Refused};
pub use chain::{Chain, ChainError, Generation, Outcomes};
pub use delivery::Delivery;
pub use key::KeyPointer;
pub use model_queue::{InferJob, Inferred, ModelQueue, Models, ServedModel};
pub use outlets::Outlets;
pub use serving::{Serving, Side, Trial};
pub use status::{PipelineStatus, TrialStatus};
pub use tally::Tally;

use breaker::Breaker;
use isolation::suspended;
use part::{Part, hand_on, turnstile};
use pause::Pause;
use queue::Queue;
use shadow::Shadow;
use workers::Workers;

use crate::{
    capture::Capture, config, event::Refusal, health::Health, limits::BREAKER_OPEN_MS,
    telemetry::PipelineMetrics,
};

/// One use case: what comes in is scored by an adapter and a model and delivered to the sinks.
pub struct Pipeline {
    name: Arc<str>,
    key: Option<KeyPointer>,
    serving: Arc<ArcSwap<Serving>>,
    /// Lower-case names of the headers that its adapters read.
    header_names: ArcSwap<Vec<String>>,
    workers: Workers<Job>,
    shadow: Arc<Shadow>,
    breaker: Arc<Breaker>,
    pause: Pause,
    metrics: PipelineMetrics,
    /// None where nothing is kept to be replayed.
    capture: Option<Arc<Capture>>,
    /// Of its delivery.
    health: Health,
    draining: Arc<AtomicBool>,
    queue_max_events: usize,
    /// What of it streams may fill.
    queue_for_streams_events: usize,
    sources: Vec<&'static str>,
    sinks: Vec<&'static str>,
}

impl Pipeline {
    /// A pipeline and, where it has sinks, the task that delivers to them: the caller runs it. `last_resort` is a file for dead letters that
    /// can be taken nowhere else; `capture`, where events are kept to be replayed.
    pub fn new(
        config: &config::Pipeline,
        serving: Serving,
        outlets: Outlets,
        metrics: PipelineMetrics,
        last_resort: PathBuf,
        capture: Option<Capture>,
    ) -> (Self, Option<Delivery>) {
        let name: Arc<str> = config.name.as_str().into();
        let capture = capture.map(Arc::new);
        let breaker = Arc::new(Breaker::new(config.breaker_max_faults, BREAKER_OPEN_MS));
        let header_names = ArcSwap::from_pointee(header_names(&serving));
        let serving = Arc::new(ArcSwap::from_pointee(serving));
        let sink_kinds = outlets.kinds();
        let (health, draining) = (Health::default(), Arc::new(AtomicBool::new(false)));
        let deliver = || {
            let (name, metrics, health) = (name.clone(), metrics.clone(), health.clone());
            let batch = config.batch_max_events;
            Delivery::new(name, outlets, metrics, health, last_resort, batch)
        };
        let (outbox, delivery) = (!sink_kinds.is_empty()).then(deliver).unzip();
        let hand_on = hand_on(outbox, metrics.clone());
        let queue = Arc::new(Queue::new(config.queue_max_events, config.workers));
        let shadow = Arc::new(Shadow::new(
            name.clone(),
            serving.clone(),
            queue.clone(),
            metrics.clone(),
            capture.clone(),
        ));
        let part = Part {
            name: name.clone(),
            serving: serving.clone(),
            shadow: shadow.clone(),
            breaker: breaker.clone(),
            metrics: metrics.clone(),
            capture: capture.clone(),
            turnstile: turnstile(config, &hand_on),
            hand_on,
            draining: draining.clone(),
        };
        let workers = Workers::new(
            config.name.clone(),
            queue,
            config.batch_max_events,
            move || part.scorer(),
        );
        let pipeline = Self {
            name,
            key: config.key.as_deref().map(KeyPointer::new),
            serving,
            header_names,
            workers,
            shadow,
            breaker,
            pause: Pause::default(),
            metrics,
            capture,
            health,
            draining,
            queue_max_events: config.queue_max_events,
            queue_for_streams_events: queue_for_streams_events(config),
            sources: config.sources.iter().map(config::Source::kind).collect(),
            sinks: sink_kinds,
        };
        (pipeline, delivery)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether an event could be taken now: asked before its body is read, so that overload is shed before work is done.
    pub fn room(&self) -> Result<(), Refusal> {
        self.closed()
            .map_or(Ok(()), |refusal| Err(self.shed(refusal)))
    }

    /// Why nothing is taken at the moment.
    fn closed(&self) -> Option<Refusal> {
        let unavailable = |reason| Refusal::Unavailable {
            reason,
            retry_after_s: 1,
        };
        if self.draining.load(Ordering::Relaxed) {
            Some(unavailable("the gateway is shutting down".to_owned()))
        } else if self.is_paused() {
            let reason = format!("pipeline `{}` is paused by an operator", self.name);
            Some(unavailable(reason))
        } else if let Some(suspended) = suspended(&self.name, &self.breaker) {
            Some(suspended)
        } else {
            let full = self.workers.queue().is_full();
            full.then(|| unavailable(format!("the queue of pipeline `{}` is full", self.name)))
        }
    }

    fn shed(&self, refusal: Refusal) -> Refusal {
        self.metrics.unavailable(1);
        refusal
    }

    /// Never waits: hands the job back where there is no room.
    #[allow(
        clippy::result_large_err,
        reason = "the job itself is what is handed back"
    )]
    pub fn submit(&self, job: Job) -> Result<(), Job> {
        self.workers.submit(job)
    }

    /// Moves a stream's jobs from the front of `jobs` into the queue as far as they fit; where none fits, waits for room, at most
    /// `wait_max`. `false` where none was moved. Blocks its thread. Where requests come in as well, streams leave half of the queue to them.
    /// While the pipeline is paused there is no room.
    pub fn offer(&self, jobs: &mut VecDeque<Job>, wait_max: Duration) -> bool {
        self.pause.wait(wait_max)
            && self
                .workers
                .submit_some(jobs, self.queue_for_streams_events, wait_max)
    }

    /// What to answer where [`Self::submit`] handed a job back.
    pub fn submit_refusal(&self) -> Refusal {
        // There may be room again by now; the job had none.
        self.shed(self.closed().unwrap_or_else(|| Refusal::Unavailable {
            reason: format!("the queue of pipeline `{}` is full", self.name),
            retry_after_s: 1,
        }))
    }

    /// Events that may wait.
    pub fn queue_max_events(&self) -> usize {
        self.queue_max_events
    }

    /// Lower-case names of the headers that the adapter reads, or one that may score in its place; no others are passed.
    pub fn header_names(&self) -> Arc<Vec<String>> {
        self.header_names.load_full()
    }

    /// What it serves now.
    pub fn serving(&self) -> Arc<Serving> {
        self.serving.load_full()
    }

    /// Serves this from the next batch on. A batch under way ends on what it began with, and what nobody refers to any more is gone after it.
    /// Scoring threads never wait for a change. Changes come one after the other.
    pub fn serve(&self, serving: Serving) {
        self.header_names.store(Arc::new(header_names(&serving)));
        let generation = serving.active.generation.clone();
        let before = self.serving.swap(Arc::new(serving));
        if !Arc::ptr_eq(&before.active.generation, &generation) {
            // Faults of what is gone must not keep away what comes.
            self.breaker.reset();
        }
    }

    /// Reads from now on the headers, too, that this generation's adapter asks for, so that events which are taken before it serves have
    /// them. [`Self::serve`] ends it.
    pub fn expect(&self, generation: &Generation) {
        let mut names = Vec::clone(&self.header_names.load());
        join(&mut names, &generation.adapter.contract.headers);
        self.header_names.store(Arc::new(names));
    }

    /// Takes nothing more until [`Self::resume`]: requests are refused, and streams wait. What was taken is dealt with.
    pub fn pause(&self) {
        self.pause.set(true);
    }

    pub fn resume(&self) {
        self.pause.set(false);
    }

    pub fn is_paused(&self) -> bool {
        self.pause.is_on()
    }

    /// Where an event's key is, if its source gives none.
    pub fn key_pointer(&self) -> Option<&KeyPointer> {
        self.key.as_ref()
    }

    /// What keeps its outcomes from being delivered, while something does.
    pub fn trouble(&self) -> Option<String> {
        self.health.trouble()
    }

    /// Answers what was accepted and takes nothing more. `false` if that took longer than `wait_max`. Blocks.
    pub fn drain(&self, wait_max: Duration) -> bool {
        self.draining.store(true, Ordering::Relaxed);
        self.workers.queue().close();
        self.shadow.close();
        self.workers.queue().wait_deserted(wait_max)
    }

    /// Makes instances ready of what is to answer events and does not yet: one for each scoring thread, so that the first batch after a change
    /// waits for none. Best effort, for a batch makes its own. Blocks.
    pub fn warm(&self, serving: &Serving) {
        let (threads, now) = (self.workers.queue().readers(), self.serving.load());
        let new = serving
            .answering()
            .filter(|generation| !now.scores_on(generation));
        for generation in new {
            if let Err(error) = generation.warm(threads) {
                warn!(pipeline = %self.name, ?error, "a scoring thread will have to wait for an instance");
            }
        }
    }

    /// Puts what is only known at the moment of asking into the metrics.
    pub fn sample(&self) {
        self.metrics.queue_events(self.workers.queue().len());
        self.metrics.breaker_open(self.breaker.open_for().is_some());
        self.metrics.paused(self.is_paused());
    }
}

fn queue_for_streams_events(config: &config::Pipeline) -> usize {
    if config.sources.contains(&config::Source::Http) {
        config.queue_max_events.div_ceil(2)
    } else {
        config.queue_max_events
    }
}

/// What the adapters read that may score an event.
fn header_names(serving: &Serving) -> Vec<String> {
    let mut names = Vec::new();
    for generation in serving.generations() {
        join(&mut names, &generation.adapter.contract.headers);
    }
    names
}

fn join(names: &mut Vec<String>, more: &[String]) {
    for name in more {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
}
