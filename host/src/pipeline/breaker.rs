//! A circuit breaker: a pipeline that faults again and again is suspended for a while, so that it does not burn a core on nothing.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Shared by a pipeline's scoring threads and its callers.
pub struct Breaker {
    start: Instant,
    faults_max: u32,
    open_ms: u64,
    faults_in_a_row: AtomicU32,
    /// Milliseconds after `start`; 0 while it never opened.
    open_until_ms: AtomicU64,
}

impl Breaker {
    pub fn new(faults_max: u32, open_ms: u64) -> Self {
        Self {
            start: Instant::now(),
            faults_max,
            open_ms,
            faults_in_a_row: AtomicU32::new(0),
            open_until_ms: AtomicU64::new(0),
        }
    }

    /// An event was scored, or rejected by a healthy adapter.
    pub fn success(&self) {
        self.faults_in_a_row.store(0, Ordering::Relaxed);
    }

    /// An event met a fault. Once the breaker was open, a single further fault opens it again: only a success resets the count.
    pub fn fault(&self) {
        let faults = self
            .faults_in_a_row
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1);
        if faults >= self.faults_max {
            let until = self.start.elapsed().as_millis() as u64 + self.open_ms;
            self.open_until_ms.store(until, Ordering::Relaxed);
        }
    }

    /// What faulted is gone.
    pub fn reset(&self) {
        self.success();
        self.open_until_ms.store(0, Ordering::Relaxed);
    }

    /// How long nothing is scored from now on; none while the breaker is closed.
    pub fn open_for(&self) -> Option<Duration> {
        let until = self.open_until_ms.load(Ordering::Relaxed);
        if until == 0 {
            return None;
        }
        until
            .checked_sub(self.start.elapsed().as_millis() as u64)
            .filter(|left| *left > 0)
            .map(Duration::from_millis)
    }

    /// Faults in a row at the moment.
    pub fn faults(&self) -> u32 {
        self.faults_in_a_row.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_so_many_faults_in_a_row_and_closes_by_itself() {
        let breaker = Breaker::new(3, 30);
        breaker.fault();
        breaker.fault();
        breaker.success();
        breaker.fault();
        breaker.fault();
        assert_eq!(breaker.open_for(), None);
        breaker.fault();
        assert!(breaker.open_for().is_some());
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(breaker.open_for(), None);
        breaker.fault();
        assert!(
            breaker.open_for().is_some(),
            "one more fault opens it again"
        );
    }
}
