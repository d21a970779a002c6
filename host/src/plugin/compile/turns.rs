//! How many may compile at once: each takes a core, and may take all of the memory that one is allowed.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::limits::COMPILERS_MAX_COUNT;

/// Turns that are free.
#[derive(Debug)]
pub struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A turn; it is given back when dropped.
pub struct Turn<'t>(&'t Turns);

impl Turns {
    /// One for each core, within the limit.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            free: Mutex::new(cores.min(COMPILERS_MAX_COUNT)),
            freed: Condvar::new(),
        }
    }

    /// Waits for a turn. Each that is taken ends with its child, which has a limit.
    pub fn take(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_while(free, |free| *free == 0);
        *waited.unwrap_or_else(PoisonError::into_inner) -= 1;
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
