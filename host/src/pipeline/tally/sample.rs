//! A sample of bounded size in which every score had the same chance: Vitter, "Random Sampling with a Reservoir", algorithm R.

use crate::limits::TALLY_SCORES_MAX_COUNT;

/// See the module. Scores that are no number are not in it.
#[derive(Clone, Default)]
pub struct Sample {
    kept: Vec<f64>,
    seen: u64,
    sum: f64,
    random: SplitMix,
}

impl Sample {
    pub fn add(&mut self, score: f64) {
        if score.is_nan() {
            return;
        }
        self.seen += 1;
        self.sum += score;
        if self.kept.len() < TALLY_SCORES_MAX_COUNT {
            self.kept.push(score);
            return;
        }
        let place = usize::try_from(self.random.below(self.seen));
        if let Some(kept) = place.ok().and_then(|place| self.kept.get_mut(place)) {
            *kept = score;
        }
    }

    /// Of all scores, not of the sample alone.
    pub fn mean(&self) -> Option<f64> {
        (self.seen > 0).then(|| self.sum / self.seen as f64)
    }

    pub fn ascending(mut self) -> Vec<f64> {
        self.kept.sort_unstable_by(f64::total_cmp);
        self.kept
    }
}

/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators". Nobody gains by guessing it.
#[derive(Clone, Default)]
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((u128::from(z) * u128::from(end)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_has_the_same_chance() {
        let mut sample = Sample::default();
        let scores = 50 * TALLY_SCORES_MAX_COUNT;
        (0..scores).for_each(|nth| sample.add(nth as f64));
        assert_eq!(sample.mean(), Some((scores - 1) as f64 / 2.0));
        let kept = sample.ascending();
        assert_eq!(kept.len(), TALLY_SCORES_MAX_COUNT);
        let early = kept.iter().filter(|score| **score < scores as f64 / 2.0);
        let off = early.count() as f64 - kept.len() as f64 / 2.0;
        let deviation = (kept.len() as f64 / 4.0).sqrt();
        assert!(off.abs() < 4.0 * deviation, "{off}");
    }

    #[test]
    fn what_is_no_number_is_not_in_it() {
        let mut sample = Sample::default();
        sample.add(f64::NAN);
        assert_eq!(sample.mean(), None);
        assert!(sample.ascending().is_empty());
    }
}
