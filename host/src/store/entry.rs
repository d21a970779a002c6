//! A line of the record as its columns hold it, the same in both databases.

use serde_json::{Value, json};

use super::{
    change::{Action, Actor, AuditLine, Change, ReleaseRecord, Revision, SlotRecord, SlotState},
    error::{ChangeError, StoreError},
};
use crate::release::Digest;

/// A line's columns but those that the database gives.
pub struct Entry {
    pub gateway: String,
    pub who: String,
    pub sender: String,
    pub action: String,
    pub slots: String,
    pub detail: String,
}

/// A line's columns as they are read: sequence, time, gateway, who, sender, action, slots, detail.
pub type Row = (i64, i64, String, String, String, String, String, String);

/// A slot's newest state as it is read: slot, revision, state.
pub type SlotRow = (String, i64, String);
/// A release's columns as they are read: digest, kind, name, version, size in bytes, and when it was added.
pub type ReleaseRow = (String, String, String, String, i64, i64);

impl Entry {
    /// That of a change; `before` are the slots' states before it, in the change's order.
    pub fn of_change(gateway: &str, change: &Change, before: &[Option<SlotState>]) -> Self {
        let slots = change.slots.iter().zip(before);
        let slots: serde_json::Map<String, Value> = slots
            .map(|(slot, before)| {
                let states = json!({ "before": before, "after": slot.state });
                (slot.slot.clone(), states)
            })
            .collect();
        Self::new(
            gateway,
            &change.who,
            change.action,
            &slots.into(),
            &change.detail,
        )
    }

    /// That of a line of the audit; what the database gives is not taken from it.
    pub fn of_line(gateway: &str, line: &AuditLine) -> Self {
        let who = Actor {
            name: line.who.clone(),
            from: line.from.clone(),
        };
        Self::new(gateway, &who, line.action, &line.slots, &line.detail)
    }

    fn new(gateway: &str, who: &Actor, action: Action, slots: &Value, detail: &Value) -> Self {
        Self {
            gateway: gateway.to_owned(),
            who: who.name.clone(),
            sender: who.from.clone(),
            action: json!(action).as_str().unwrap_or_default().to_owned(),
            slots: slots.to_string(),
            detail: detail.to_string(),
        }
    }
}

/// The line of a row.
pub fn line(row: Row) -> Result<AuditLine, StoreError> {
    let (sequence, at_ms, gateway, who, from, action, slots, detail) = row;
    let read = || -> serde_json::Result<AuditLine> {
        Ok(AuditLine {
            sequence: sequence as u64,
            at_ms: at_ms as u64,
            gateway,
            who,
            from,
            action: serde_json::from_value(action.into())?,
            slots: serde_json::from_str(&slots)?,
            detail: serde_json::from_str(&detail)?,
        })
    };
    read().map_err(|error| unreadable(&format!("line {sequence} of the record"), &error))
}

/// The slot of a row.
pub fn slot((slot, revision, state): SlotRow) -> Result<SlotRecord, StoreError> {
    let read = serde_json::from_str(&state);
    let state = read.map_err(|error| {
        unreadable(
            &format!("the state of the slot `{slot}` at revision {revision}"),
            &error,
        )
    })?;
    Ok(SlotRecord {
        slot,
        revision: revision as Revision,
        state,
    })
}

/// The release of a row.
pub fn release(row: ReleaseRow) -> Result<ReleaseRecord, StoreError> {
    let (digest, kind, name, version, size_bytes, added_at_ms) = row;
    let digest = digest.parse().map_err(|error| {
        StoreError::Unusable(format!("a release's row cannot be read: {error}"))
    })?;
    Ok(ReleaseRecord {
        digest,
        kind,
        name,
        version,
        size_bytes: size_bytes as u64,
        added_at_ms: added_at_ms as u64,
    })
}

/// Holds the revision that a change was made from against the slot's newest row, and returns the state that it is at.
pub fn held(
    of: &str,
    expected: Option<Revision>,
    newest: Option<SlotRow>,
) -> Result<Option<SlotState>, ChangeError> {
    let newest = newest.map(slot).transpose()?;
    let found = newest.as_ref().map(|newest| newest.revision);
    if found != expected {
        return Err(ChangeError::Conflict {
            slot: of.to_owned(),
            expected,
            found,
        });
    }
    Ok(newest.map(|newest| newest.state))
}

/// The releases that a state names.
pub fn digests(state: &SlotState) -> impl Iterator<Item = Digest> {
    let candidate = state.rollout.as_ref().map(|rollout| rollout.candidate);
    [Some(state.active), state.previous, candidate]
        .into_iter()
        .flatten()
}

fn unreadable(what: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Unusable(format!(
        "{what} cannot be read ({error}): a newer version of scoregate may have written it"
    ))
}
