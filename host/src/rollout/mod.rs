//! Rollouts: how another release takes over a slot, and what becomes of it.

mod order;

use std::sync::Arc;

pub use order::{Done, Order, PipelineFit, Refused, Report, StrategyOrder};

use crate::store::{Actor, AuditLine, ReleaseRecord};

/// Changes what serves, one change at a time: what can fail is prepared, the store records it, then pointers are swapped.
#[derive(Clone)]
pub struct Rollouts {
    inner: Arc<Inner>,
}

struct Inner {}

impl Rollouts {
    /// Without a store: whatever is asked is refused.
    pub fn unconnected() -> Self {
        Self {
            inner: Arc::new(Inner {}),
        }
    }

    /// A release's way in: it is checked, compiled, started, asked what it is, and held against every pipeline that uses the slot. With
    /// `keep` it is stored afterwards, also where it fits only together with another slot's release; it takes no events yet.
    ///
    /// # Errors
    /// [`Refused::Unfit`] with the report where it cannot be a release of the slot at all.
    pub async fn add(
        &self,
        slot: &str,
        component: Vec<u8>,
        who: &Actor,
        keep: bool,
    ) -> Result<Report, Refused> {
        let _ = (slot, component, who, keep);
        Err(self.not_yet())
    }

    /// Begins a rollout; a replacement is over when this returns.
    pub async fn begin(&self, order: Order, who: &Actor) -> Result<Done, Refused> {
        let _ = (order, who);
        Err(self.not_yet())
    }

    /// Makes the candidate of the slot's open rollout active; in a paired change, all of them.
    pub async fn promote(
        &self,
        slot: &str,
        who: &Actor,
        reason: Option<String>,
    ) -> Result<Done, Refused> {
        let _ = (slot, who, reason);
        Err(self.not_yet())
    }

    /// Ends the slot's open rollout: what was active stays so.
    pub async fn abort(
        &self,
        slot: &str,
        who: &Actor,
        reason: Option<String>,
    ) -> Result<Done, Refused> {
        let _ = (slot, who, reason);
        Err(self.not_yet())
    }

    /// Goes back to what was active before; in a paired change, all slots of it.
    pub async fn rollback(
        &self,
        slot: &str,
        who: &Actor,
        reason: Option<String>,
    ) -> Result<Done, Refused> {
        let _ = (slot, who, reason);
        Err(self.not_yet())
    }

    /// What operators see of a slot; none where there is no such slot.
    pub fn status(&self, slot: &str) -> Option<serde_json::Value> {
        let _ = slot;
        None
    }

    /// Of all slots, by name.
    pub fn statuses(&self) -> Vec<serde_json::Value> {
        Vec::new()
    }

    /// The releases that the store has for a slot, newest first.
    pub async fn releases(&self, slot: &str) -> Result<Vec<ReleaseRecord>, Refused> {
        let _ = slot;
        Err(self.not_yet())
    }

    /// Lines of the audit, newest first: at most `count`, older than `before` where that is given.
    pub async fn audit(&self, before: Option<u64>, count: u32) -> Result<Vec<AuditLine>, Refused> {
        let _ = (before, count);
        Err(self.not_yet())
    }

    /// Writes into the audit that somebody was not let in, or what was refused.
    pub async fn note_refused(&self, who: &Actor, detail: serde_json::Value) {
        let _ = (who, detail);
    }

    /// A pipeline takes nothing more until it is resumed.
    pub async fn pause(&self, pipeline: &str, who: &Actor) -> Result<(), Refused> {
        let _ = (pipeline, who);
        Err(self.not_yet())
    }

    /// A paused pipeline goes on.
    pub async fn resume(&self, pipeline: &str, who: &Actor) -> Result<(), Refused> {
        let _ = (pipeline, who);
        Err(self.not_yet())
    }

    fn not_yet(&self) -> Refused {
        let _ = &self.inner;
        Refused::Unavailable("rollouts are not connected to a store".to_owned())
    }
}
