//! How long each step of a change took.

use std::time::Instant;

/// Steps in their order, each with its milliseconds.
pub struct Steps {
    since: Instant,
    taken: Vec<(String, f64)>,
}

impl Steps {
    /// The first step begins now.
    pub fn begin() -> Self {
        Self {
            since: Instant::now(),
            taken: Vec::new(),
        }
    }

    /// A step has ended, and the next begins.
    pub fn took(&mut self, step: &str) {
        let ms = self.since.elapsed().as_secs_f64() * 1e3;
        self.taken.push((step.to_owned(), ms));
        self.since = Instant::now();
    }

    pub fn into_ms(self) -> Vec<(String, f64)> {
        self.taken
    }
}
