//! The metrics of one pipeline.

use std::sync::Arc;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::{Events, Seconds};
use crate::{
    dead_letter::Cause,
    event::{Outcome, Refusal},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PipelineLabel {
    pipeline: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    pipeline: Arc<str>,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FaultLabel {
    pipeline: Arc<str>,
    fault: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SinkLabel {
    pipeline: Arc<str>,
    sink: &'static str,
}

pub(super) struct Families {
    events: Family<ResultLabel, Counter>,
    batch_events: Family<PipelineLabel, Histogram, Events>,
    batch_seconds: Family<PipelineLabel, Histogram, Seconds>,
    queue_wait: Family<PipelineLabel, Histogram, Seconds>,
    queue_events: Family<PipelineLabel, Gauge>,
    breaker_open: Family<PipelineLabel, Gauge>,
    dead_letters: Family<FaultLabel, Counter>,
    paused: Family<PipelineLabel, Gauge>,
    candidate: Family<ResultLabel, Counter>,
    sinks: SinkFamilies,
}

#[derive(Clone)]
struct SinkFamilies {
    events: Family<SinkLabel, Counter>,
    seconds: Family<SinkLabel, Histogram, Seconds>,
    errors: Family<SinkLabel, Counter>,
}

impl Families {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let families = Self {
            events: Family::default(),
            batch_events: Family::new_with_constructor(Events),
            batch_seconds: Family::new_with_constructor(Seconds),
            queue_wait: Family::new_with_constructor(Seconds),
            queue_events: Family::default(),
            breaker_open: Family::default(),
            dead_letters: Family::default(),
            paused: Family::default(),
            candidate: Family::default(),
            sinks: SinkFamilies {
                events: Family::default(),
                seconds: Family::new_with_constructor(Seconds),
                errors: Family::default(),
            },
        };
        registry.register(
            "events",
            "Events that were answered, by what became of them",
            families.events.clone(),
        );
        registry.register(
            "batch_events",
            "Events of one batch",
            families.batch_events.clone(),
        );
        registry.register(
            "batch_seconds",
            "Time to score one batch, from its first call to its last",
            families.batch_seconds.clone(),
        );
        registry.register(
            "queue_wait_seconds",
            "Time that the oldest event of a batch waited in the queue",
            families.queue_wait.clone(),
        );
        registry.register(
            "queue_events",
            "Events that wait in the queue now",
            families.queue_events.clone(),
        );
        registry.register(
            "breaker_open",
            "1 while the pipeline sheds everything because its plugins faulted again and again",
            families.breaker_open.clone(),
        );
        registry.register(
            "dead_letters",
            "Events of streams that have no outcome and were put aside, by the reason",
            families.dead_letters.clone(),
        );
        registry.register(
            "paused",
            "1 while an operator has paused the pipeline",
            families.paused.clone(),
        );
        registry.register(
            "candidate_events",
            "Events that a release on trial was given, by what became of them there",
            families.candidate.clone(),
        );
        families.sinks.register(registry);
        families
    }

    pub(super) fn resolve(&self, name: &str) -> PipelineMetrics {
        let pipeline: Arc<str> = name.into();
        let label = PipelineLabel {
            pipeline: Arc::clone(&pipeline),
        };
        let events = |result| {
            self.events.get_or_create_owned(&ResultLabel {
                pipeline: Arc::clone(&pipeline),
                result,
            })
        };
        let candidate = |result| {
            self.candidate.get_or_create_owned(&ResultLabel {
                pipeline: Arc::clone(&pipeline),
                result,
            })
        };
        PipelineMetrics {
            scored: events("scored"),
            rejected: events("rejected"),
            invalid_input: events("invalid_input"),
            fault: events("fault"),
            unavailable: events("unavailable"),
            deadline_passed: events("deadline_passed"),
            batch_events: self.batch_events.get_or_create_owned(&label),
            batch_seconds: self.batch_seconds.get_or_create_owned(&label),
            queue_wait: self.queue_wait.get_or_create_owned(&label),
            queue_events: self.queue_events.get_or_create_owned(&label),
            breaker_open: self.breaker_open.get_or_create_owned(&label),
            dead_letters: Cause::ALL.map(|cause| {
                self.dead_letters.get_or_create_owned(&FaultLabel {
                    pipeline: Arc::clone(&pipeline),
                    fault: cause.name(),
                })
            }),
            paused: self.paused.get_or_create_owned(&label),
            candidate: ["scored", "rejected", "fault", "untried"].map(candidate),
            sinks: self.sinks.clone(),
            pipeline,
        }
    }
}

impl SinkFamilies {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "delivery_events",
            "Outcomes that a sink has taken",
            self.events.clone(),
        );
        registry.register(
            "delivery_seconds",
            "Time until a sink had taken one group of outcomes",
            self.seconds.clone(),
        );
        registry.register(
            "sink_errors",
            "Groups of outcomes that a sink refused",
            self.errors.clone(),
        );
    }
}

/// Handles of one pipeline's metrics; a clone counts into the same.
#[derive(Clone)]
pub struct PipelineMetrics {
    pipeline: Arc<str>,
    scored: Counter,
    rejected: Counter,
    invalid_input: Counter,
    fault: Counter,
    unavailable: Counter,
    deadline_passed: Counter,
    batch_events: Histogram,
    batch_seconds: Histogram,
    queue_wait: Histogram,
    queue_events: Gauge,
    breaker_open: Gauge,
    /// In the order of [`Cause::ALL`].
    dead_letters: [Counter; Cause::ALL.len()],
    paused: Gauge,
    /// Scored, rejected, faults, untried.
    candidate: [Counter; 4],
    sinks: SinkFamilies,
}

impl PipelineMetrics {
    /// An event of a stream was put aside.
    pub fn dead_letter(&self, cause: Cause) {
        let known = Cause::ALL.iter().position(|known| *known == cause);
        if let Some(counter) = known.and_then(|nth| self.dead_letters.get(nth)) {
            counter.inc();
        }
    }

    /// Events of streams that were put aside so far.
    pub fn dead_letters(&self) -> u64 {
        self.dead_letters.iter().map(|counter| counter.get()).sum()
    }

    /// Events that have an outcome.
    pub fn scored(&self, events: u64) {
        self.scored.inc_by(events);
    }

    /// Events that the adapter rejected.
    pub fn rejected(&self, events: u64) {
        self.rejected.inc_by(events);
    }

    /// Events whose input the model refused.
    pub fn invalid_input(&self, events: u64) {
        self.invalid_input.inc_by(events);
    }

    /// Events that made a plugin fail.
    pub fn fault(&self, events: u64) {
        self.fault.inc_by(events);
    }

    /// Events that were shed.
    pub fn unavailable(&self, events: u64) {
        self.unavailable.inc_by(events);
    }

    /// Events whose caller lost patience first.
    pub fn deadline_passed(&self, events: u64) {
        self.deadline_passed.inc_by(events);
    }

    /// One batch was scored.
    pub fn batch(&self, events: usize, seconds: f64) {
        self.batch_events.observe(events as f64);
        self.batch_seconds.observe(seconds);
    }

    /// How long the oldest event of a batch had waited.
    pub fn queue_wait(&self, seconds: f64) {
        self.queue_wait.observe(seconds);
    }

    /// A sink has taken a group of outcomes.
    pub fn delivery(&self, sink: &'static str, events: usize, seconds: f64) {
        let label = self.sink(sink);
        self.sinks
            .events
            .get_or_create(&label)
            .inc_by(events as u64);
        self.sinks.seconds.get_or_create(&label).observe(seconds);
    }

    /// A sink refused a group of outcomes.
    pub fn sink_error(&self, sink: &'static str) {
        self.sinks.errors.get_or_create(&self.sink(sink)).inc();
    }

    /// Events that wait now.
    pub fn queue_events(&self, events: usize) {
        self.queue_events.set(events as i64);
    }

    /// Whether the breaker is open.
    pub fn breaker_open(&self, open: bool) {
        self.breaker_open.set(open.into());
    }

    /// Whether an operator has paused it.
    pub fn paused(&self, paused: bool) {
        self.paused.set(paused.into());
    }

    /// An event was given to a release on trial.
    pub fn candidate(&self, verdict: &Result<Outcome, Refusal>) {
        let nth = match verdict {
            Ok(_) => 0,
            Err(Refusal::Rejected(_) | Refusal::InvalidInput(_)) => 1,
            Err(Refusal::Fault(_)) => 2,
            Err(
                Refusal::Unavailable { .. } | Refusal::Undeliverable(_) | Refusal::DeadlinePassed,
            ) => 3,
        };
        self.candidate[nth].inc();
    }

    /// What was counted so far, by result: for the operators' status.
    pub fn counts(&self) -> [(&'static str, u64); 6] {
        [
            ("scored", self.scored.get()),
            ("rejected", self.rejected.get()),
            ("invalid_input", self.invalid_input.get()),
            ("fault", self.fault.get()),
            ("unavailable", self.unavailable.get()),
            ("deadline_passed", self.deadline_passed.get()),
        ]
    }

    fn sink(&self, sink: &'static str) -> SinkLabel {
        SinkLabel {
            pipeline: Arc::clone(&self.pipeline),
            sink,
        }
    }
}
