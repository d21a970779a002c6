//! A rollout in a few lines: its stage, and both sides of each pipeline beside one another.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::text::{plain, short};
use crate::{clock::now_ms, store::Stage};

/// An open rollout, as the gateway tells it.
#[derive(Debug, Deserialize)]
pub struct Rollout {
    candidate: Candidate,
    strategy: String,
    percent: Option<f64>,
    stage: usize,
    stages: Option<Vec<Stage>>,
    stage_since_ms: u64,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    pipelines: Vec<Trial>,
    withdrawn: Option<Withdrawn>,
}

/// Why the candidate takes no events any more.
#[derive(Debug, Deserialize)]
struct Withdrawn {
    reason: String,
}

#[derive(Debug, Deserialize)]
struct Candidate {
    release: String,
}

#[derive(Debug, Deserialize)]
struct Trial {
    pipeline: String,
    candidate: Option<Side>,
    active: Option<Side>,
    score_drift: Option<f64>,
    latency_p99_ratio: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Side {
    events: u64,
    rejected: u64,
    faults: BTreeMap<String, u64>,
    latency_p99_ms: Option<f64>,
    decisions: BTreeMap<String, u64>,
    shadow: Option<Shadow>,
}

#[derive(Debug, Deserialize)]
struct Shadow {
    compared_events: u64,
    left_out_events: u64,
    scores_differ: u64,
    decisions_differ: u64,
}

/// The open rollout of a plugin's status; none where there is none.
pub fn open(status: &Value) -> anyhow::Result<Option<Rollout>> {
    match &status["rollout"] {
        Value::Null => Ok(None),
        rollout => Ok(Some(Rollout::deserialize(rollout)?)),
    }
}

impl Rollout {
    /// The candidate's digest.
    pub fn release(&self) -> &str {
        let release = &self.candidate.release;
        release
            .rsplit_once('@')
            .map_or(release, |(_, digest)| digest)
    }

    /// `canary of 25 % with 0123456789ab, stage 2 of 3, 34 s left`.
    pub fn headline(&self) -> String {
        let percent = self.percent.unwrap_or(100.0);
        let mut text = format!(
            "{} of {percent} % with {}",
            self.strategy,
            short(self.release())
        );
        if !self.with.is_empty() {
            text.push_str(&format!(", together with {}", self.with.join(", ")));
        }
        let stages = self.stages.as_deref().unwrap_or_default();
        if stages.len() > 1 {
            text.push_str(&format!(", stage {} of {}", self.stage + 1, stages.len()));
        }
        match self.seconds() {
            Some(seconds) => {
                let left = seconds.saturating_sub(self.elapsed_ms() / 1000);
                text.push_str(&format!(", {left} s left"));
            }
            None => text.push_str(", until it is promoted or aborted"),
        }
        text
    }

    /// How much of its stages is over, from 0 to 1.
    pub fn progress(&self) -> f64 {
        let stages = self.stages.as_ref().map_or(1, Vec::len).max(1) as f64;
        let of_stage = self.seconds().map_or(0.0, |seconds| {
            (self.elapsed_ms() as f64 / (seconds as f64 * 1000.0)).min(1.0)
        });
        ((self.stage as f64 + of_stage) / stages).min(1.0)
    }

    fn seconds(&self) -> Option<u64> {
        self.stages.as_ref()?.get(self.stage)?.seconds
    }

    /// By this machine's clock.
    fn elapsed_ms(&self) -> u64 {
        now_ms().saturating_sub(self.stage_since_ms)
    }

    /// The figures of each pipeline.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(Withdrawn { reason }) = &self.withdrawn {
            let reason = plain(reason);
            lines.push(format!(
                "withdrawn, to be aborted once the store answers: {reason}"
            ));
        }
        for trial in &self.pipelines {
            let name = &trial.pipeline;
            for (part, side) in [("candidate", &trial.candidate), ("active", &trial.active)] {
                if let Some(side) = side {
                    lines.push(format!("{name}  {part:<9}  {}", side.line()));
                }
            }
            let shadow = trial
                .candidate
                .as_ref()
                .and_then(|side| side.shadow.as_ref());
            if let Some(shadow) = shadow {
                lines.push(format!("{name}  differs in {}", shadow.line()));
            }
            let drift = trial
                .score_drift
                .map(|drift| format!("score drift {drift:.3}"));
            let ratio = trial.latency_p99_ratio;
            let ratio = ratio.map(|ratio| format!("p99 {ratio:.2} times that of the active"));
            let both: Vec<String> = drift.into_iter().chain(ratio).collect();
            if !both.is_empty() {
                lines.push(format!("{name}  {}", both.join(", ")));
            }
        }
        lines
    }
}

impl Side {
    fn line(&self) -> String {
        let faults: u64 = self.faults.values().sum();
        let mut text = format!("{} events, {faults} faults", self.events);
        let kinds = self.faults.iter().filter(|(_, count)| **count > 0);
        let kinds: Vec<String> = kinds
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        if !kinds.is_empty() {
            text.push_str(&format!(" ({})", kinds.join(", ")));
        }
        if self.rejected > 0 {
            text.push_str(&format!(", {} rejected", self.rejected));
        }
        if let Some(p99_ms) = self.latency_p99_ms {
            text.push_str(&format!(", p99 {p99_ms:.2} ms"));
        }
        for (decision, count) in &self.decisions {
            text.push_str(&format!(", {} {count}", plain(decision)));
        }
        text
    }
}

impl Shadow {
    fn line(&self) -> String {
        let Self {
            compared_events,
            scores_differ,
            decisions_differ,
            ..
        } = self;
        let mut text = format!(
            "{scores_differ} scores and {decisions_differ} decisions of {compared_events} events"
        );
        if self.left_out_events > 0 {
            text.push_str(&format!(
                "; {} were left out, for want of capacity",
                self.left_out_events
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rollout_is_told_in_a_few_lines() {
        let side = |events, faults, decisions: Value| {
            json!({
                "events": events, "scored": events, "rejected": 0, "faults": { "trap": faults, "deadline": 0 },
                "latency_p99_ms": 1.25, "decisions": decisions, "shadow": null,
            })
        };
        let status = json!({ "rollout": {
            "id": 7,
            "candidate": { "release": "fraud@sha256:0123456789abcdef" },
            "strategy": "canary",
            "percent": 25.0,
            "stage": 1,
            "stages": [{ "percent": 5.0, "seconds": 1 }, { "percent": 25.0, "seconds": null }],
            "stage_since_ms": 0,
            "with": [],
            "pipelines": [{
                "pipeline": "fraud",
                "candidate": side(10, 2, json!({ "decline": 1 })),
                "active": side(30, 0, json!({})),
                "score_drift": 0.0123,
                "latency_p99_ratio": null,
            }],
        }});
        let rollout = open(&status).unwrap().unwrap();
        assert_eq!(rollout.release(), "sha256:0123456789abcdef");
        assert_eq!(
            rollout.headline(),
            "canary of 25 % with 0123456789ab, stage 2 of 2, until it is promoted or aborted"
        );
        assert_eq!(rollout.progress(), 0.5);
        assert_eq!(
            rollout.lines(),
            [
                "fraud  candidate  10 events, 2 faults (trap 2), p99 1.25 ms, decline 1",
                "fraud  active     30 events, 0 faults, p99 1.25 ms",
                "fraud  score drift 0.012",
            ]
        );
        assert!(open(&json!({ "rollout": null })).unwrap().is_none());
    }
}
