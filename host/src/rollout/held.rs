//! What this gateway holds of its slots: their states, as the record has them, and the loaded releases that these name.

use std::collections::BTreeMap;

use crate::{
    plugin::Release,
    release::Digest,
    store::{Revision, SlotState},
};

/// Slots by name.
pub type Holding = BTreeMap<String, Held>;

/// One slot.
#[derive(Clone)]
pub struct Held {
    /// Of the change that made the state.
    pub revision: Revision,
    pub state: SlotState,
    pub active: Release,
    /// Kept loaded and warm for a rollback. None where there is none, or where it cannot be loaded any more.
    pub previous: Option<Release>,
    /// Of the open rollout.
    pub candidate: Option<Release>,
}

impl Held {
    /// Why a release is none of this slot, where it is of the other kind than what serves.
    pub fn other_kind(&self, slot: &str, release: &Release) -> Option<String> {
        let (is, was) = (release.kind(), self.active.kind());
        (is != was).then(|| {
            format!("it is of the kind `{is}`, and the plugin `{slot}` is of the kind `{was}`")
        })
    }

    /// A release that is loaded here.
    pub fn release(&self, digest: Digest) -> Option<&Release> {
        let mut releases = [Some(&self.active), self.previous.as_ref()]
            .into_iter()
            .chain([self.candidate.as_ref()])
            .flatten();
        releases.find(|release| release.parts().name.digest == digest)
    }
}
