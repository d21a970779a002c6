//! Latencies in a histogram of fixed size: logarithmic, each power of two in equal parts, so that a quantile is known to some percent.

use std::time::Duration;

/// Parts of a power of two: a quantile is at most a sixteenth too high.
const PARTS: usize = 16;
const PARTS_BITS: u32 = PARTS.ilog2();
/// Nanoseconds beyond 2^40, a quarter of an hour, count as that.
const POWERS_MAX: u32 = 40;
const BUCKETS: usize = PARTS * (POWERS_MAX - PARTS_BITS + 1) as usize;
/// Passes by the powers of two of their events: one over more events takes longer, so only like is compared with like.
const CLASSES: usize = 16;

/// How long events waited for the pass that they were part of.
#[derive(Clone, Default)]
pub struct Latencies {
    classes: [Histogram; CLASSES],
}

/// Durations. It takes memory with the first one.
#[derive(Clone, Default)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Latencies {
    /// So many events were scored together.
    pub fn add(&mut self, events: usize, elapsed: Duration) {
        if let Some(power) = events.checked_ilog2() {
            let class = (power as usize).min(CLASSES - 1);
            self.classes[class].add(elapsed, events as u64);
        }
    }

    /// Of all events.
    pub fn whole(&self) -> Histogram {
        let mut whole = Histogram::default();
        self.classes.iter().for_each(|class| whole.join(class));
        whole
    }

    /// Passes over one event, two or three, four to seven, and so on.
    pub fn classes(&self) -> &[Histogram] {
        &self.classes
    }
}

impl Histogram {
    fn add(&mut self, elapsed: Duration, events: u64) {
        self.buckets.resize(BUCKETS, 0);
        self.buckets[bucket(elapsed.as_nanos())] += events;
        self.count += events;
    }

    fn join(&mut self, other: &Histogram) {
        if other.count > 0 {
            self.buckets.resize(BUCKETS, 0);
            let both = self.buckets.iter_mut().zip(&other.buckets);
            both.for_each(|(ours, theirs)| *ours += theirs);
            self.count += other.count;
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// What the given share of durations is not above, in milliseconds; none while there are none.
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let rank = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut below = 0;
        let at = self.buckets.iter().position(|events| {
            below += events;
            below >= rank
        })?;
        Some(upper_ns(at) / 1e6)
    }
}

fn bucket(ns: u128) -> usize {
    let ns = u64::try_from(ns)
        .unwrap_or(u64::MAX)
        .min((1 << POWERS_MAX) - 1);
    let Some(power) = ns.checked_ilog2().filter(|power| *power >= PARTS_BITS) else {
        return ns as usize;
    };
    let row = (power - PARTS_BITS + 1) as usize;
    let part = (ns >> (power - PARTS_BITS)) as usize & (PARTS - 1);
    row * PARTS + part
}

/// The end of a bucket.
fn upper_ns(bucket: usize) -> f64 {
    let (row, part) = (bucket / PARTS, bucket % PARTS);
    match row.checked_sub(1) {
        None => (part + 1) as f64,
        Some(power) => ((PARTS + part + 1) << power) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_known_to_a_sixteenth() {
        let mut latencies = Latencies::default();
        for us in 1..=10_000 {
            latencies.add(1, Duration::from_micros(us));
        }
        let whole = latencies.whole();
        for (share, exact_ms) in [(0.5, 5.0), (0.99, 9.9), (1.0, 10.0)] {
            let told = whole.quantile_ms(share).unwrap();
            let ratio = told / exact_ms;
            assert!((1.0..1.0 + 1.0 / 16.0).contains(&ratio), "{share}: {told}");
        }
        assert_eq!(Histogram::default().quantile_ms(0.99), None);
    }

    #[test]
    fn every_duration_has_a_bucket_that_ends_above_it() {
        for power in 0..64 {
            for near in [-1_i128, 0, 1] {
                let ns = u128::try_from((1_i128 << power) + near).unwrap_or(0);
                let at = bucket(ns);
                assert!(at < BUCKETS, "{ns}");
                assert!(power >= 40 || upper_ns(at) >= ns as f64, "{ns}");
            }
        }
        assert_eq!(bucket(u128::MAX), BUCKETS - 1);
    }

    #[test]
    fn passes_of_other_sizes_are_kept_apart() {
        let mut latencies = Latencies::default();
        latencies.add(1, Duration::from_millis(1));
        latencies.add(64, Duration::from_millis(8));
        let counts: Vec<u64> = latencies.classes().iter().map(Histogram::count).collect();
        assert_eq!(
            (counts[0], counts[6], latencies.whole().count()),
            (1, 64, 65)
        );
        latencies.add(0, Duration::ZERO);
        latencies.add(usize::MAX, Duration::ZERO);
    }
}
