//! Looks at what releases on trial do: aborts what leaves its bounds, and moves canaries on when their time has come.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Done, Holding, Refused, Rollouts, end::Verdict, follow::told};
use crate::{
    clock::now_ms,
    config::Guard,
    limits::{FOLLOW_PAUSE_MS, GUARD_INTERVAL_MS},
    pipeline::{
        Serving, Tally,
        tally::{drift, latency_ratio},
    },
    store::{OpenRollout, Strategy},
};

/// A ratio of latencies means nothing where both are this short.
const LATENCY_LONGER_MIN_MS: f64 = 1.0;

impl Rollouts {
    /// Until it is stopped. Looking and deciding go on side by side: who waits for the store looks at nothing meanwhile.
    pub async fn guard(self, stop: CancellationToken) {
        let both = async { tokio::join!(self.look(), self.decide_all()) };
        stop.run_until_cancelled(both).await;
    }

    /// Withdraws what leaves its bounds, whether or not the store can be told.
    async fn look(&self) {
        loop {
            tokio::time::sleep(Duration::from_millis(GUARD_INTERVAL_MS)).await;
            let holding = self.inner.holding.load_full();
            for (slot, rollout) in open(&holding) {
                if let Some(detail) = self.breach_of(slot, rollout) {
                    let pipelines = self.inner.pipelines.iter().map(|joint| &joint.pipeline);
                    let withdrawn = &self.inner.withdrawn;
                    withdrawn.withdraw(rollout.id, detail, pipelines);
                }
            }
        }
    }

    /// Why a rollout may not go on, and its figures.
    fn breach_of(&self, slot: &str, rollout: &OpenRollout) -> Option<Value> {
        let place = self.inner.slots.get(slot)?;
        let (reason, figures) = self
            .trials(slot, rollout.id)
            .find_map(|(pipeline, serving)| {
                let (candidate, active) = sides(&serving)?;
                let breach = breach(&place.guard, &candidate, &active)?;
                Some((
                    format!("pipeline `{pipeline}`: {breach}"),
                    figures(&serving),
                ))
            })?;
        warn!(plugin = slot, release = %rollout.candidate, reason, "a rollout left its bounds and is aborted");
        Some(json!({ "reason": reason, "figures": figures }))
    }

    /// Records the end of what is withdrawn, and moves canaries on.
    async fn decide_all(&self) {
        loop {
            tokio::time::sleep(Duration::from_millis(GUARD_INTERVAL_MS)).await;
            let holding = self.inner.holding.load_full();
            for (slot, rollout) in open(&holding) {
                let (verdict, detail) = match self.inner.withdrawn.why(rollout.id) {
                    Some(detail) => (Verdict::Abort, detail),
                    // One slot of a paired change counts the time for all.
                    None if is_first(slot, rollout) && is_over(rollout, now_ms()) => {
                        let reason = "its time in the stage is over";
                        let detail = json!({ "reason": reason, "stage": rollout.stage });
                        (Verdict::Advance, detail)
                    }
                    None => continue,
                };
                let decided = self.decide(slot, rollout.id, verdict, detail).await;
                said(slot, rollout, decided).await;
            }
            let holding = self.inner.holding.load_full();
            let is_open = |id| open(&holding).any(|(_, rollout)| rollout.id == id);
            self.inner.withdrawn.keep(is_open);
        }
    }

    /// The pipelines in which that rollout is tried, by name.
    pub(super) fn trials(&self, slot: &str, id: u64) -> impl Iterator<Item = (&str, Arc<Serving>)> {
        let joints = self.inner.pipelines.iter();
        let of_slot = joints.filter(move |joint| joint.uses(slot));
        of_slot.filter_map(move |joint| {
            let serving = joint.pipeline.serving();
            let salt = serving.trial.as_ref()?.salt();
            (salt == id).then(|| (joint.pipeline.name(), serving))
        })
    }
}

/// Slots with an open rollout.
fn open(holding: &Holding) -> impl Iterator<Item = (&str, &OpenRollout)> {
    let slots = holding.iter();
    slots.filter_map(|(slot, held)| Some((slot.as_str(), held.state.rollout.as_ref()?)))
}

async fn said(slot: &str, rollout: &OpenRollout, decided: Result<Done, Refused>) {
    match decided {
        Ok(Done { revision, .. }) => info!(plugin = slot, revision, "the guard has decided"),
        // Another gateway's guard was first, or the other slot of a paired change.
        Err(Refused::Conflict(_)) => {}
        Err(why) => {
            let (candidate, why) = (rollout.candidate, told(&why));
            warn!(plugin = slot, %candidate, why, "the guard's decision could not be made; it is tried again");
            tokio::time::sleep(Duration::from_millis(FOLLOW_PAUSE_MS)).await;
        }
    }
}

/// What both sides of a trial have done.
fn sides(serving: &Serving) -> Option<(Arc<Tally>, Arc<Tally>)> {
    let candidate = serving.candidate()?;
    Some((candidate.tally.clone(), serving.active.tally.clone()))
}

/// Why a candidate may not go on; none while it may.
fn breach(guard: &Guard, candidate: &Tally, active: &Tally) -> Option<String> {
    let (events, faults) = (candidate.events(), candidate.faults());
    // What so many events would forgive is used up, however many of them are still to come.
    let judged_events = events.max(guard.after_events) as f64;
    let faults_percent = faults as f64 / judged_events * 100.0;
    if faults > 0 && faults_percent > guard.faults_max_percent {
        return Some(format!(
            "{faults} of {events} events met a fault, more than {} percent",
            guard.faults_max_percent
        ));
    }
    if events < guard.after_events {
        return None;
    }
    if let Some(ratio) = latency_ratio(candidate, active)
        && ratio > guard.latency_p99_max_ratio
        && longer_ms(candidate, active) >= LATENCY_LONGER_MIN_MS
    {
        return Some(format!(
            "the 99th percentile of its latency is {ratio:.2} times that of the active release, more than {}",
            guard.latency_p99_max_ratio
        ));
    }
    let drift = drift(candidate, active).filter(|_| active.events() >= guard.after_events)?;
    (drift > guard.score_drift_max).then(|| {
        format!(
            "its scores are distributed otherwise than those of the active release: Kolmogorov-Smirnov {drift:.3}, more than {}",
            guard.score_drift_max
        )
    })
}

fn longer_ms(candidate: &Tally, active: &Tally) -> f64 {
    let p99_ms = |tally: &Tally| tally.status().latency_p99_ms.unwrap_or_default();
    p99_ms(candidate) - p99_ms(active)
}

/// Both sides of a trial, for operators.
pub fn figures(serving: &Serving) -> Value {
    let Some((candidate, active)) = sides(serving) else {
        return Value::Null;
    };
    json!({
        "candidate": candidate.status(),
        "active": active.status(),
        "score_drift": drift(&candidate, &active),
        "latency_p99_ratio": latency_ratio(&candidate, &active),
    })
}

fn is_first(slot: &str, rollout: &OpenRollout) -> bool {
    rollout.with.iter().all(|other| slot < other.as_str())
}

/// Whether the stage has lasted as long as it was to last.
fn is_over(rollout: &OpenRollout, now_ms: u64) -> bool {
    let Strategy::Canary { stages } = &rollout.strategy else {
        return false;
    };
    let stage = stages.get(rollout.stage);
    let Some(seconds) = stage.and_then(|stage| stage.seconds) else {
        return false;
    };
    now_ms.saturating_sub(rollout.stage_since_ms) >= seconds.saturating_mul(1_000)
}
