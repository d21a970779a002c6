//! What operators see of a pipeline.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use serde::Serialize;

use super::{Pipeline, Trial};
use crate::capture::CaptureStatus;

/// A pipeline at one moment.
#[derive(Debug, Serialize)]
pub struct PipelineStatus {
    pub name: String,
    pub state: State,
    /// The active releases.
    pub adapter: String,
    pub model: String,
    /// What is tried beside them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<TrialStatus>,
    pub queue_events: usize,
    pub queue_max_events: usize,
    /// Scoring threads that exist at the moment.
    pub workers_alive: usize,
    /// Faults of plugins since the last success.
    pub faults_in_a_row: u32,
    pub sources: Vec<&'static str>,
    pub sinks: Vec<&'static str>,
    /// What keeps outcomes from being delivered.
    pub trouble: Option<String>,
    /// Events of streams that were put aside since the start.
    pub dead_letters: u64,
    /// Events that were kept to be replayed, or were to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capsules: Option<CaptureStatus>,
    /// Events since the start by what became of them.
    pub events: BTreeMap<&'static str, u64>,
}

/// Releases on trial.
#[derive(Debug, Serialize)]
pub struct TrialStatus {
    /// `canary` or `shadow`.
    pub strategy: &'static str,
    /// Of events.
    pub percent: f64,
    pub adapter: String,
    pub model: String,
}

impl TrialStatus {
    fn of(trial: &Trial) -> Self {
        let releases = &trial.side().generation.releases;
        Self {
            strategy: match trial {
                Trial::Canary { .. } => "canary",
                Trial::Shadow { .. } => "shadow",
            },
            percent: trial.percent(),
            adapter: releases.adapter.to_string(),
            model: releases.model.to_string(),
        }
    }
}

/// What a pipeline does with an event that comes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Serving,
    /// Its breaker is open.
    Suspended,
    /// By an operator.
    Paused,
    Draining,
}

impl Pipeline {
    pub fn status(&self) -> PipelineStatus {
        let serving = self.serving.load();
        let generation = &serving.active.generation;
        let state = if self.draining.load(Ordering::Relaxed) {
            State::Draining
        } else if self.is_paused() {
            State::Paused
        } else if self.breaker.open_for().is_some() {
            State::Suspended
        } else {
            State::Serving
        };
        PipelineStatus {
            name: self.name.to_string(),
            state,
            adapter: generation.releases.adapter.to_string(),
            model: generation.releases.model.to_string(),
            trial: serving.trial.as_ref().map(TrialStatus::of),
            queue_events: self.workers.queue().len(),
            queue_max_events: self.queue_max_events,
            workers_alive: self.workers.queue().readers(),
            faults_in_a_row: self.breaker.faults(),
            sources: self.sources.clone(),
            sinks: self.sinks.clone(),
            trouble: self.health.trouble(),
            dead_letters: self.metrics.dead_letters(),
            capsules: self.capture.as_ref().map(|capture| capture.status()),
            events: self.metrics.counts().into_iter().collect(),
        }
    }
}
