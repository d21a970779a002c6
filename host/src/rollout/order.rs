//! What operators ask for, and what they are told.

use serde::{Deserialize, Serialize};

use crate::{
    plugin::{Release, StepsMs},
    release::Digest,
    store::{Revision, Stage},
};

/// A rollout that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub slot: String,
    /// In the store already.
    pub release: Digest,
    /// Releases of other slots that change together with it.
    pub with: Vec<(String, Digest)>,
    pub strategy: StrategyOrder,
}

/// How it is to take over.
#[derive(Clone, Debug, PartialEq)]
pub enum StrategyOrder {
    Replace,
    /// At least one stage.
    Canary {
        stages: Vec<Stage>,
    },
    Shadow {
        percent: f64,
    },
}

/// What a release's way in has found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub slot: String,
    pub release: Digest,
    /// `adapter` or `model`; the rest is empty where it is neither.
    pub kind: String,
    /// The plugin's own name and version.
    pub name: String,
    pub version: String,
    pub size_bytes: u64,
    /// The store had it before.
    pub known: bool,
    /// Why it cannot be a release of this slot at all, a sentence each; nothing serves such a one.
    pub problems: Vec<String>,
    /// Whether it fits each pipeline that uses the slot, beside what is active there.
    pub pipelines: Vec<PipelineFit>,
    /// Golden cases that the component carries, all of them passed where there is no problem.
    pub golden_cases: usize,
    /// The way in, step by step, in milliseconds.
    pub steps_ms: Vec<(String, f64)>,
}

impl Report {
    /// Of a release that was loaded.
    pub(super) fn of(release: &Release) -> Self {
        let parts = release.parts();
        Self {
            kind: release.kind().to_string(),
            name: parts.info.name.clone(),
            version: parts.info.version.clone(),
            size_bytes: parts.size_bytes,
            golden_cases: parts.golden_cases,
            steps_ms: in_words(parts.steps_ms.clone()),
            ..Self::unknown(&parts.name.slot, parts.name.digest)
        }
    }

    /// Of what could not be loaded.
    pub(super) fn unknown(slot: &str, release: Digest) -> Self {
        Self {
            slot: slot.to_owned(),
            release,
            kind: String::new(),
            name: String::new(),
            version: String::new(),
            size_bytes: 0,
            known: false,
            problems: Vec::new(),
            pipelines: Vec::new(),
            golden_cases: 0,
            steps_ms: Vec::new(),
        }
    }

    /// Whether it could replace what is active by itself.
    pub fn fits(&self) -> bool {
        self.problems.is_empty() && self.pipelines.iter().all(|p| p.reasons.is_empty())
    }
}

/// A release beside the other plugin of a pipeline.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PipelineFit {
    pub pipeline: String,
    /// Each mismatch; none where it fits.
    pub reasons: Vec<String>,
}

/// A change that was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    pub revision: Revision,
    /// What serves now in each slot of the change.
    pub slots: Vec<serde_json::Value>,
    pub steps_ms: Vec<(String, f64)>,
}

/// A change that was not made.
#[derive(Clone, Debug)]
pub enum Refused {
    /// No such slot or release, or nothing to promote, abort or go back to.
    NotFound(String),
    /// It cannot be a release of the slot, or does not fit.
    Unfit(Box<Report>),
    /// Somebody else changed the slot meanwhile, or a rollout is open.
    Conflict(String),
    /// The order itself is wrong.
    Invalid(String),
    /// The store cannot be used at the moment; nothing was changed.
    Unavailable(String),
}

/// As reports and answers have it.
pub(super) fn in_words(steps_ms: StepsMs) -> Vec<(String, f64)> {
    let steps = steps_ms.into_iter();
    steps.map(|(step, ms)| (step.to_owned(), ms)).collect()
}
