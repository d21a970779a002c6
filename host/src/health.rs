//! What keeps a part from its work at the moment: readiness tells it, and whoever set it clears it.

use std::sync::{Arc, Mutex, PoisonError};

/// One part's trouble, or none. A clone is the same part's.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Option<String>>>);

impl Health {
    /// The part cannot work, for a reason that an operator may read; secrets do not belong into it.
    pub fn fails(&self, reason: impl Into<String>) {
        *self.lock() = Some(reason.into());
    }

    /// The part works.
    pub fn works(&self) {
        self.lock().take();
    }

    /// The reason while the part cannot work.
    pub fn trouble(&self) -> Option<String> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
