//! Which events a pipeline that samples keeps.

use std::sync::atomic::{AtomicU64, Ordering};

/// One of each so many events in a row, at a place of its own in each such row.
///
/// A count and not a hash of the key, as a canary's share has it: sticky by key, a sample would show the same cards for ever, and miss all others.
/// A place that changes, since events may have a rhythm: of requests of a thousand lines each it would be the same line of all.
pub struct Sample {
    every_events: u64,
    seed: u64,
    seen: AtomicU64,
}

impl Sample {
    /// `every_events` is at least 1.
    pub fn new(every_events: u64, seed: u64) -> Self {
        Self {
            every_events,
            seed,
            seen: AtomicU64::new(0),
        }
    }

    /// Whether the event that comes now is kept.
    pub fn takes_next(&self) -> bool {
        let nth = self.seen.fetch_add(1, Ordering::Relaxed);
        let row = nth / self.every_events;
        nth % self.every_events == mixed(self.seed.wrapping_add(row)) % self.every_events
    }
}

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_takes_exactly_one_of_each_row_and_not_always_the_same_place() {
        let sample = Sample::new(100, 7);
        let mut places = BTreeSet::new();
        for _ in 0..50 {
            let taken: Vec<usize> = (0..100).filter(|_| sample.takes_next()).collect();
            assert_eq!(taken.len(), 1);
            places.insert(taken[0]);
        }
        assert!(places.len() > 20, "{places:?}");
    }

    #[test]
    fn of_every_single_event_it_takes_all() {
        let sample = Sample::new(1, 7);
        assert!((0..1000).all(|_| sample.takes_next()));
    }
}
