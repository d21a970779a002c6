//! `[plugins.NAME.guard]`.

use super::table::Table;

/// What a release on trial must keep to, compared with the active one. What does not is aborted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guard {
    /// So many events it must have been given before it is judged.
    pub after_events: u64,
    /// Of its events, those that met a fault.
    pub faults_max_percent: f64,
    /// The 99th percentile of its passes to that of the active one.
    pub latency_p99_max_ratio: f64,
    /// The Kolmogorov–Smirnov statistic of both sides' scores: 0 where they are distributed alike, 1 where they have nothing in common.
    pub score_drift_max: f64,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            after_events: 200,
            faults_max_percent: 1.0,
            latency_p99_max_ratio: 2.0,
            score_drift_max: 0.2,
        }
    }
}

/// A slot's guard; the default one where the file leaves it out.
pub(super) fn read(mut table: Table<'_>) -> Guard {
    let default = Guard::default();
    let after_events = table.number(
        "after_events",
        &super::table::Bounds {
            min: 1,
            max: 1_000_000,
            default: default.after_events,
            unit: "events",
        },
    );
    let faults = table.decimal("faults_max_percent", 0.0..=100.0, "percent");
    let latency = table.decimal("latency_p99_max_ratio", 1.0..=1_000.0, "times");
    let drift = table.decimal("score_drift_max", 0.0..=1.0, "of all scores");
    table.finish(&[]);
    Guard {
        after_events: after_events.unwrap_or(default.after_events),
        faults_max_percent: faults.unwrap_or(default.faults_max_percent),
        latency_p99_max_ratio: latency.unwrap_or(default.latency_p99_max_ratio),
        score_drift_max: drift.unwrap_or(default.score_drift_max),
    }
}
