//! The ends of rollouts, and the way back.

use serde_json::{Value, json};

use super::{
    Done, Held, Refused, Rollouts,
    change::{Turn, Wish},
    next,
};
use crate::{
    clock::now_ms,
    plugin::Steps,
    store::{Action, Actor, SlotState},
};

impl Rollouts {
    /// Makes the candidate of the slot's open rollout active; in a paired change, all of them.
    pub async fn promote(
        &self,
        slot: &str,
        who: &Actor,
        reason: Option<String>,
    ) -> Result<Done, Refused> {
        let turn = self.turn().await;
        let slots = turn.of_rollout(slot, next::promoted)?;
        turn.end(who, Action::Promote, slots, why(reason)).await
    }

    /// Ends the slot's open rollout: what was active stays so.
    pub async fn abort(
        &self,
        slot: &str,
        who: &Actor,
        reason: Option<String>,
    ) -> Result<Done, Refused> {
        let turn = self.turn().await;
        let slots = turn.of_rollout(slot, next::aborted)?;
        turn.end(who, Action::Abort, slots, why(reason)).await
    }

    /// Goes back to what was active before; in a paired change, all slots of it.
    pub async fn rollback(
        &self,
        slot: &str,
        who: &Actor,
        reason: Option<String>,
    ) -> Result<Done, Refused> {
        let turn = self.turn().await;
        let slots = turn.back(slot)?;
        turn.end(who, Action::Rollback, slots, why(reason)).await
    }

    /// The guard's own changes: only where that rollout is still the one that is open.
    pub(super) async fn decide(
        &self,
        slot: &str,
        id: u64,
        verdict: Verdict,
        detail: Value,
    ) -> Result<Done, Refused> {
        let turn = self.turn().await;
        let held = turn.held(slot)?;
        let open = held.state.rollout.as_ref();
        if open.is_none_or(|rollout| rollout.id != id) {
            return Err(Refused::Conflict(format!(
                "the rollout of the plugin `{slot}` has ended"
            )));
        }
        if verdict == Verdict::Advance && self.inner.withdrawn.why(id).is_some() {
            return Err(Refused::Conflict(format!(
                "the rollout of the plugin `{slot}` has left its bounds meanwhile"
            )));
        }
        let at_ms = now_ms();
        let (action, slots) = match verdict {
            Verdict::Abort => (Action::Abort, turn.of_rollout(slot, next::aborted)?),
            Verdict::Advance => match turn.of_rollout(slot, |state| next::advanced(state, at_ms)) {
                Ok(slots) => (Action::Stage, slots),
                Err(_) => (Action::Promote, turn.of_rollout(slot, next::promoted)?),
            },
        };
        turn.end(&self.own("guard"), action, slots, detail).await
    }
}

/// What the guard decides of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Abort,
    /// To the next stage, or after the last one to its promotion.
    Advance,
}

impl Turn<'_> {
    fn held(&self, slot: &str) -> Result<Held, Refused> {
        let holding = self.rollouts().inner.holding.load();
        let held = holding.get(slot).cloned();
        held.ok_or_else(|| Refused::NotFound(format!("no plugin `{slot}`")))
    }

    /// All slots of the open rollout, each with what becomes of it.
    fn of_rollout(
        &self,
        slot: &str,
        becomes: impl Fn(&SlotState) -> Option<SlotState>,
    ) -> Result<Vec<(String, SlotState)>, Refused> {
        let held = self.held(slot)?;
        let Some(rollout) = &held.state.rollout else {
            return Err(Refused::NotFound(format!(
                "no rollout of the plugin `{slot}` is open"
            )));
        };
        let mut slots = Vec::new();
        for slot in std::iter::once(slot).chain(rollout.with.iter().map(String::as_str)) {
            let held = self.held(slot)?;
            let own = held.state.rollout.as_ref();
            let of_it = own.is_some_and(|own| own.id == rollout.id);
            let state = becomes(&held.state).filter(|_| of_it);
            let state = state.ok_or_else(|| {
                Refused::Conflict(format!(
                    "the plugin `{slot}` is not part of that rollout any more"
                ))
            })?;
            slots.push((slot.to_owned(), state));
        }
        Ok(slots)
    }

    /// All slots that changed together, each with what was before. One that has changed alone since then stays.
    fn back(&self, slot: &str) -> Result<Vec<(String, SlotState)>, Refused> {
        let mut back = vec![slot.to_owned()];
        for other in &self.held(slot)?.state.pair {
            if self.held(other)?.state.pair.iter().any(|pair| pair == slot) {
                back.push(other.clone());
            }
        }
        let mut slots = Vec::new();
        for slot in &back {
            let held = self.held(slot)?;
            if let Some(rollout) = &held.state.rollout {
                return Err(Refused::Conflict(format!(
                    "a rollout of the plugin `{slot}` is open, of {}: abort it, and {} goes on alone",
                    rollout.candidate, held.state.active
                )));
            }
            let state = next::rolled_back(&held.state).ok_or_else(|| {
                Refused::NotFound(format!(
                    "the plugin `{slot}` has no release before {} to go back to",
                    held.state.active
                ))
            })?;
            slots.push((slot.clone(), state));
        }
        Ok(slots)
    }

    async fn end(
        &self,
        who: &Actor,
        action: Action,
        slots: Vec<(String, SlotState)>,
        detail: Value,
    ) -> Result<Done, Refused> {
        let wish = Wish {
            who: who.clone(),
            action,
            slots,
            detail,
            steps: Steps::begin(),
        };
        self.make(wish).await
    }
}

fn why(reason: Option<String>) -> Value {
    reason.map_or_else(|| json!({}), |reason| json!({ "reason": reason }))
}
