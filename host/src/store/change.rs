//! What serves in a slot, and what changes it: plain values, written to the database as JSON.

use serde::{Deserialize, Serialize};

use crate::release::Digest;

/// A change's place in the record, from 1, over all slots.
pub type Revision = u64;

/// What serves in a slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotState {
    pub active: Digest,
    /// What was active before, for a rollback.
    pub previous: Option<Digest>,
    /// The other slots of the paired change that made it active: they go back together.
    #[serde(default)]
    pub pair: Vec<String>,
    pub rollout: Option<OpenRollout>,
}

/// A release on trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenRollout {
    /// Names it, and decides with an event's key on which side the event is. That of all slots of a paired change.
    pub id: u64,
    pub candidate: Digest,
    pub strategy: Strategy,
    /// Which stage of a canary it is in.
    pub stage: usize,
    /// In milliseconds since the Unix epoch.
    pub stage_since_ms: u64,
    /// The other slots of a paired change.
    pub with: Vec<String>,
}

/// How a candidate is tried. A replacement is never on trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// A share of events, sticky by key, is answered by it. At least one stage.
    Canary { stages: Vec<Stage> },
    /// So many percent of events are scored by it as well, and compared.
    Shadow { percent: f64 },
}

/// One stage of a canary.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Of events, over 0 and at most 100.
    pub percent: f64,
    /// After so long the next stage begins, and after the last one the candidate is promoted; none: an operator decides.
    pub seconds: Option<u64>,
}

/// A slot's newest state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotRecord {
    pub slot: String,
    pub revision: Revision,
    pub state: SlotState,
}

/// One change, of one slot or of several at once.
#[derive(Clone, Debug)]
pub struct Change {
    pub who: Actor,
    pub action: Action,
    pub slots: Vec<SlotChange>,
    /// Slots that stay, but must still be at these revisions: the change was joined to what they serve. Else nothing is changed.
    pub beside: Vec<(String, Option<Revision>)>,
    /// Its reason and figures, for the audit.
    pub detail: serde_json::Value,
}

/// A slot's part in a change.
#[derive(Clone, Debug)]
pub struct SlotChange {
    pub slot: String,
    /// The slot's revision that the change was made from; none where the slot has no record. If another is found, nothing is changed.
    pub expected: Option<Revision>,
    pub state: SlotState,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A slot's first release, from its configured file.
    First,
    /// A release was added to the store; nothing serves it yet.
    Add,
    Replace,
    Canary,
    Shadow,
    /// A canary's next stage.
    Stage,
    Promote,
    Abort,
    Rollback,
    Pause,
    Resume,
    /// Somebody was not let in, or what was asked for was refused.
    Refuse,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// A token's name, or the gateway's own part: `start`, `guard`, `watch`.
    pub name: String,
    /// An address, or the gateway's name.
    pub from: String,
}

/// One line of the audit, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Ascending, from 1; a change's is its revision.
    pub sequence: u64,
    /// In milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The gateway that wrote it.
    pub gateway: String,
    pub who: String,
    pub from: String,
    pub action: Action,
    /// Slots with their states before and after it: `{"payments": {"before": null, "after": {"active": …}}}`.
    pub slots: serde_json::Value,
    pub detail: serde_json::Value,
}

impl AuditLine {
    /// A line about what changes no slot, for [`super::Store::audit`], which gives it its sequence, its time and its gateway.
    pub fn new(
        who: &Actor,
        action: Action,
        slots: serde_json::Value,
        detail: serde_json::Value,
    ) -> Self {
        Self {
            sequence: 0,
            at_ms: 0,
            gateway: String::new(),
            who: who.name.clone(),
            from: who.from.clone(),
            action,
            slots,
            detail,
        }
    }
}

/// A release, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleaseRecord {
    pub digest: Digest,
    /// `adapter` or `model`.
    pub kind: String,
    /// The plugin's own name and version.
    pub name: String,
    pub version: String,
    pub size_bytes: u64,
    /// In milliseconds since the Unix epoch.
    pub added_at_ms: u64,
}

/// A release to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewRelease<'r> {
    /// The slot that it is for.
    pub slot: &'r str,
    pub digest: Digest,
    pub kind: &'r str,
    pub name: &'r str,
    pub version: &'r str,
    pub component: &'r [u8],
}
