//! What a pipeline serves: the generation that answers, the one on trial beside it, and the one before.

use std::sync::Arc;

use super::{chain::Generation, tally::Tally};

/// What a pipeline serves at one moment. A batch is scored by one such moment, whatever changes meanwhile.
#[derive(Clone)]
pub struct Serving {
    pub active: Arc<Side>,
    pub trial: Option<Trial>,
    /// What was active before: it is kept warm, so that going back takes a moment.
    pub previous: Option<Arc<Generation>>,
}

/// A generation and what it has done so far.
pub struct Side {
    pub generation: Arc<Generation>,
    /// Counts only while there is a trial: a comparison needs two.
    pub tally: Arc<Tally>,
}

/// A candidate beside the active generation. `percent` is of events, over 0 and at most 100; `salt` decides which events these are, so it
/// must stay the same as long as the trial lasts, whatever becomes of its percent.
#[derive(Clone)]
pub enum Trial {
    /// It answers its share of events, sticky by their keys. What it faults on the active generation answers.
    Canary {
        side: Arc<Side>,
        percent: f64,
        salt: u64,
    },
    /// It scores its share of events once more, off their way, and answers none.
    Shadow {
        side: Arc<Side>,
        percent: f64,
        salt: u64,
    },
}

impl Side {
    /// A side that has done nothing yet.
    pub fn new(generation: Arc<Generation>) -> Arc<Self> {
        Arc::new(Self {
            generation,
            tally: Arc::default(),
        })
    }
}

impl Serving {
    /// One generation, and nothing beside it.
    pub fn only(generation: Arc<Generation>) -> Self {
        Self {
            active: Side::new(generation),
            trial: None,
            previous: None,
        }
    }

    /// The side that is on trial.
    pub fn candidate(&self) -> Option<&Arc<Side>> {
        self.trial.as_ref().map(Trial::side)
    }

    /// Whether events are scored on it by the threads that answer them.
    pub(super) fn scores_on(&self, generation: &Arc<Generation>) -> bool {
        let mut answering = self.answering();
        answering.any(|answering| Arc::ptr_eq(answering, generation))
    }

    /// What answers events: the active generation, and a canary's.
    pub(super) fn answering(&self) -> impl Iterator<Item = &Arc<Generation>> {
        let canary = match &self.trial {
            Some(Trial::Canary { side, .. }) => Some(&side.generation),
            Some(Trial::Shadow { .. }) | None => None,
        };
        canary.into_iter().chain([&self.active.generation])
    }

    /// Every generation that may score an event now or after a step back.
    pub(super) fn generations(&self) -> impl Iterator<Item = &Arc<Generation>> {
        let candidate = self.candidate().map(|side| &side.generation);
        let active = Some(&self.active.generation);
        [active, candidate, self.previous.as_ref()]
            .into_iter()
            .flatten()
    }
}

impl Trial {
    pub fn side(&self) -> &Arc<Side> {
        match self {
            Trial::Canary { side, .. } | Trial::Shadow { side, .. } => side,
        }
    }

    pub fn salt(&self) -> u64 {
        match self {
            Trial::Canary { salt, .. } | Trial::Shadow { salt, .. } => *salt,
        }
    }

    pub fn percent(&self) -> f64 {
        match self {
            Trial::Canary { percent, .. } | Trial::Shadow { percent, .. } => *percent,
        }
    }
}
