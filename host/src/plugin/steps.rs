//! A stopwatch for the steps of a way in.

use std::time::Instant;

/// Steps that were taken, each with its time in milliseconds.
pub type StepsMs = Vec<(&'static str, f64)>;

/// See the module.
pub struct Steps {
    since: Instant,
    taken: StepsMs,
}

impl Steps {
    pub fn begin() -> Self {
        Self {
            since: Instant::now(),
            taken: Vec::new(),
        }
    }

    /// The step that began with the end of the one before has ended.
    pub fn took(&mut self, step: &'static str) {
        let now = Instant::now();
        let ms = now.duration_since(self.since).as_secs_f64() * 1_000.0;
        self.taken.push((step, ms));
        self.since = now;
    }

    pub fn end(self) -> StepsMs {
        self.taken
    }
}
