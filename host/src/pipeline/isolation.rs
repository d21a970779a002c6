//! Scores events on one generation: one pass for all, and where a fault or a refusal ends that, event by event, so that only the guilty one pays.

use std::{sync::Arc, time::Instant};

use super::{
    breaker::Breaker,
    chain::{Chain, ChainError, Generation, Outcomes},
    pace::Pace,
};
use crate::event::{Event, Outcome, Refusal};

/// What became of one event's scoring.
pub type Verdict = Result<Outcome, Refusal>;

/// A thread's own instances of a generation, and how fast they are.
pub struct Held {
    chain: Chain,
    pace: Pace,
}

impl Held {
    pub fn new(generation: Arc<Generation>) -> Self {
        Self {
            chain: Chain::new(generation),
            pace: Pace::default(),
        }
    }

    pub fn generation(&self) -> &Arc<Generation> {
        &self.chain.generation
    }

    pub fn is_of(&self, generation: &Arc<Generation>) -> bool {
        Arc::ptr_eq(self.generation(), generation)
    }
}

/// Where faults are counted.
pub struct Isolation<'p> {
    /// The pipeline's name.
    pub name: &'p str,
    pub breaker: &'p Breaker,
}

impl Isolation<'_> {
    /// One verdict for each event, in order.
    pub fn verdicts(&self, held: &mut Held, events: &[&Event]) -> Vec<Verdict> {
        if let Some(refusal) = self.suspended() {
            return vec![Err(refusal); events.len()];
        }
        match pass(held, events) {
            Ok(outcomes) => {
                self.breaker.success();
                let outcomes = outcomes.into_iter();
                outcomes.map(|o| o.map_err(Refusal::Rejected)).collect()
            }
            Err(error) if proves_guilt(&held.chain, events, &error) => {
                vec![Err(self.refusal(error))]
            }
            Err(ChainError::NoRoom) => vec![Err(self.refusal(ChainError::NoRoom)); events.len()],
            Err(_) => {
                held.chain.renew();
                events.iter().map(|event| self.alone(held, event)).collect()
            }
        }
    }

    /// Scores one event of a batch that failed.
    fn alone(&self, held: &mut Held, event: &Event) -> Verdict {
        if let Some(refusal) = self.suspended() {
            return Err(refusal);
        }
        let mut result = pass(held, &[event]);
        if let Err(error) = &result
            && !proves_guilt(&held.chain, &[event], error)
        {
            held.chain.renew();
            result = pass(held, &[event]);
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
                tracing::warn!(pipeline = self.name, %fault, "an event met a fault");
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
        suspended(self.name, self.breaker)
    }
}

/// One pass over some events.
fn pass(held: &mut Held, events: &[&Event]) -> Result<Outcomes, ChainError> {
    let start = Instant::now();
    let call_max_ms = held.pace.call_max_ms(events.len());
    let result = held.chain.score(events, call_max_ms);
    if result.is_ok() {
        held.pace.took(events.len(), start.elapsed());
    }
    result
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
