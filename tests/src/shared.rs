//! A gateway that several tests use at once, for as long as one of them runs.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::gateway::Gateway;

/// See the module. A gateway in a plain static would outlive the test process.
pub struct Shared(Mutex<Weak<Gateway>>);

impl Shared {
    #[expect(clippy::new_without_default, reason = "only for statics")]
    pub const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    /// The running one, or a new one.
    pub fn get(&self, start: impl FnOnce() -> Gateway) -> Arc<Gateway> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gateway) = shared.upgrade() {
            return gateway;
        }
        let gateway = Arc::new(start());
        *shared = Arc::downgrade(&gateway);
        gateway
    }
}
