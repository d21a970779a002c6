//! Which events a trial takes: a share of them, the same ones in every process.

use crate::event::Event;

/// A share of all events, chosen by their keys.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// BLAKE3's key: two trials choose independently of each other.
    key: [u8; blake3::KEY_LEN],
    percent: f64,
}

impl Share {
    /// `percent` of events; of one salt the smaller share is always part of the larger one.
    pub fn new(salt: u64, percent: f64) -> Self {
        let mut key = *b"scoregate: which events it takes";
        for (byte, salt) in key.iter_mut().zip(salt.to_le_bytes()) {
            *byte ^= salt;
        }
        Self { key, percent }
    }

    /// Whether the event is one of them: by its key, or by its id where it has none.
    pub fn takes(&self, event: &Event) -> bool {
        let key = event.key.as_deref();
        self.takes_key(key.unwrap_or(event.id.as_bytes()))
    }

    fn takes_key(&self, key: &[u8]) -> bool {
        if self.percent >= 100.0 {
            return true;
        }
        let hash = blake3::keyed_hash(&self.key, key);
        let first = hash.as_bytes().first_chunk().copied();
        // As many bits as a float holds exactly: from 0 to below 100.
        let place = u64::from_le_bytes(first.unwrap_or_default()) >> 11;
        (place as f64) * (100.0 / (1_u64 << 53) as f64) < self.percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: usize = 100_000;

    fn taken(salt: u64, percent: f64) -> Vec<bool> {
        let share = Share::new(salt, percent);
        let keys = (0..KEYS).map(|nth| format!("card_{nth:05}"));
        keys.map(|key| share.takes_key(key.as_bytes())).collect()
    }

    fn count(taken: &[bool]) -> usize {
        taken.iter().filter(|taken| **taken).count()
    }

    #[test]
    fn it_takes_its_percent_of_keys_within_binomial_bounds() {
        for (salt, percent) in [(1, 10.0), (2, 10.0), (u64::MAX, 10.0), (7, 0.5), (7, 50.0)] {
            let share = percent / 100.0;
            let deviation = (KEYS as f64 * share * (1.0 - share)).sqrt();
            let off = count(&taken(salt, percent)) as f64 - KEYS as f64 * share;
            assert!(off.abs() < 4.0 * deviation, "{percent} % missed by {off}");
        }
    }

    #[test]
    fn it_takes_the_same_keys_in_every_process() {
        // Written down: another algorithm would move a canary's callers to the other side at a restart.
        let share = Share::new(42, 10.0);
        let first: Vec<usize> = (0..KEYS)
            .filter(|nth| share.takes_key(format!("card_{nth:05}").as_bytes()))
            .take(5)
            .collect();
        assert_eq!(first, [25, 32, 39, 53, 60]);
    }

    #[test]
    fn a_smaller_share_is_part_of_a_larger_one() {
        let stages = [1.0, 5.0, 25.0, 100.0].map(|percent| taken(9, percent));
        for pair in stages.windows(2) {
            let mut both = pair[0].iter().zip(&pair[1]);
            assert!(both.all(|(smaller, larger)| !smaller || *larger));
        }
        assert_eq!(count(&stages[3]), KEYS, "all of them are all");
    }

    #[test]
    fn two_trials_choose_independently() {
        let (one, other) = (taken(1, 10.0), taken(2, 10.0));
        let both = one.iter().zip(&other).filter(|(a, b)| **a && **b).count();
        assert!((800..1200).contains(&both), "{both}");
    }
}
