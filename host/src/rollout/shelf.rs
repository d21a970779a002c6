//! Releases that came in and serve nothing yet: kept loaded for a rollout that is likely to begin soon.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use crate::{limits::SHELF_MAX_COUNT, plugin::Release, release::Digest};

/// See the module. The newest come first; the oldest go.
#[derive(Default)]
pub struct Shelf(Mutex<VecDeque<Release>>);

impl Shelf {
    pub fn put(&self, release: Release) {
        let mut releases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = &release.parts().name;
        releases.retain(|known| known.parts().name != *name);
        releases.push_front(release);
        releases.truncate(SHELF_MAX_COUNT);
    }

    pub fn find(&self, slot: &str, digest: Digest) -> Option<Release> {
        let releases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |release: &&Release| {
            let name = &release.parts().name;
            *name.slot == *slot && name.digest == digest
        };
        releases.iter().find(is_it).cloned()
    }

    /// It serves now.
    pub fn drop_release(&self, slot: &str, digest: Digest) {
        let mut releases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        releases.retain(|release| {
            let name = &release.parts().name;
            *name.slot != *slot || name.digest != digest
        });
    }
}
