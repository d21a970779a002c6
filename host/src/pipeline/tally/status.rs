//! What operators see of one side of a trial.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ShadowStatus, Tally};
use crate::fault::FaultKind;

/// A tally at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TallyStatus {
    /// Events that it was given: those that it scored, rejected, failed on or did not try.
    pub events: u64,
    pub scored: u64,
    /// By its adapter, or by its model as invalid input.
    pub rejected: u64,
    /// Events that it failed on, by kind of fault. The active side answered those of a canary.
    pub faults: BTreeMap<String, u64>,
    /// Events that it was not tried on, since it was suspended or there was no room for an instance of it.
    pub untried: u64,
    pub faults_in_a_row: u32,
    /// It failed so often in a row that it is left alone for a moment.
    pub suspended: bool,
    /// How long events waited for the pass that they were part of.
    pub latency_p50_ms: Option<f64>,
    pub latency_p99_ms: Option<f64>,
    pub score_mean: Option<f64>,
    pub decisions: BTreeMap<String, u64>,
    /// Outcomes with other decisions than the first so many.
    pub other_decisions: u64,
    /// Of a shadow alone.
    pub shadow: Option<ShadowStatus>,
}

impl Tally {
    pub fn status(&self) -> TallyStatus {
        let counts = self.lock();
        let latencies = counts.latencies.whole();
        let faults = FaultKind::ALL
            .into_iter()
            .map(|kind| (kind.name().to_owned(), counts.faults[kind as usize]));
        TallyStatus {
            events: counts.events,
            scored: counts.scored,
            rejected: counts.rejected,
            faults: faults.collect(),
            untried: counts.untried,
            faults_in_a_row: self.breaker.faults(),
            suspended: self.breaker.open_for().is_some(),
            latency_p50_ms: latencies.quantile_ms(0.5),
            latency_p99_ms: latencies.quantile_ms(0.99),
            score_mean: counts.scores.mean(),
            decisions: counts.decisions.clone(),
            other_decisions: counts.other_decisions,
            shadow: counts.comparison.status(),
        }
    }
}
