//! What operators see of a slot.

use serde_json::{Value, json};

use super::{Held, Rollouts, guard::figures};
use crate::{
    plugin::{ReleaseStatus, SlotStatus},
    store::Strategy,
};

impl Rollouts {
    /// What operators see of a slot; none where there is no such slot.
    pub fn status(&self, slot: &str) -> Option<Value> {
        let place = self.inner.slots.get(slot)?;
        let holding = self.inner.holding.load();
        let held = holding.get(slot)?;
        let status = SlotStatus::of(&place.settings, &held.active);
        let mut status = serde_json::to_value(status).ok()?;
        status["revision"] = held.revision.into();
        status["previous"] = held.state.previous.map_or(Value::Null, |previous| {
            json!({
                "release": format!("{slot}@{previous}"),
                // Not loaded, a rollback loads it first.
                "warm": held.previous.is_some(),
                "with": held.state.pair,
            })
        });
        status["rollout"] = self.rollout_of(slot, held).unwrap_or(Value::Null);
        status["watch"] = place.watch.into();
        // What keeps the record from being followed, while something does.
        status["trouble"] = self.inner.health.trouble().into();
        Some(status)
    }

    /// Of all slots, by name.
    pub fn statuses(&self) -> Vec<Value> {
        let slots = self.inner.slots.keys();
        slots.filter_map(|slot| self.status(slot)).collect()
    }

    fn rollout_of(&self, slot: &str, held: &Held) -> Option<Value> {
        let rollout = held.state.rollout.as_ref()?;
        let candidate = held.candidate.as_ref()?;
        let (strategy, stages, percent) = match &rollout.strategy {
            Strategy::Canary { stages } => {
                let percent = stages.get(rollout.stage).map(|stage| stage.percent);
                ("canary", json!(stages), percent)
            }
            Strategy::Shadow { percent } => ("shadow", Value::Null, Some(*percent)),
        };
        let pipelines = self.trials(slot, rollout.id).map(|(pipeline, serving)| {
            let mut figures = figures(&serving);
            figures["pipeline"] = pipeline.into();
            figures
        });
        Some(json!({
            "id": rollout.id,
            "candidate": ReleaseStatus::of(candidate),
            "strategy": strategy,
            "percent": percent,
            "stage": rollout.stage,
            "stages": stages,
            "stage_since_ms": rollout.stage_since_ms,
            "with": rollout.with,
            "pipelines": pipelines.collect::<Vec<_>>(),
            // Its candidate takes no events of this gateway any more; the record has yet to say so.
            "withdrawn": self.inner.withdrawn.why(rollout.id),
        }))
    }
}
