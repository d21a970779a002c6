//! How long a batch takes as a rule, so that a pass that may have to be repeated event by event does not wait out a whole deadline first.

use std::time::Duration;

/// A pass is given so many times what it takes as a rule, and so much more: threads wait for their processor.
const SPARE_FACTOR: u32 = 4;
const SPARE: Duration = Duration::from_millis(4);

/// See the module.
#[derive(Default)]
pub struct Pace {
    /// The longest that an event took lately, with its part of the call's own cost.
    event: Option<Duration>,
}

impl Pace {
    /// A pass over so many events came to its end.
    pub fn took(&mut self, events: usize, elapsed: Duration) {
        let each = elapsed / u32::try_from(events).unwrap_or(u32::MAX).max(1);
        // It forgets slowly.
        let before = self.event.unwrap_or_default();
        self.event = Some(each.max(before - before / 16));
    }

    /// Milliseconds for each call of a pass over so many events; none while no pace is known.
    pub fn call_max_ms(&self, events: usize) -> Option<u64> {
        let events = u32::try_from(events).unwrap_or(u32::MAX);
        let rule = self.event?.saturating_mul(events);
        let max = rule.saturating_mul(SPARE_FACTOR).saturating_add(SPARE);
        u64::try_from(max.as_millis()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_given_what_passes_took_and_more() {
        let mut pace = Pace::default();
        assert_eq!(pace.call_max_ms(64), None);
        pace.took(64, Duration::from_millis(64));
        assert_eq!(pace.call_max_ms(64), Some(4 + 4 * 64));
        assert_eq!(pace.call_max_ms(1), Some(4 + 4));
    }

    #[test]
    fn it_follows_what_becomes_slower_at_once_and_what_becomes_faster_slowly() {
        let mut pace = Pace::default();
        pace.took(1, Duration::from_millis(1));
        pace.took(1, Duration::from_millis(10));
        assert_eq!(pace.call_max_ms(1), Some(44));
        pace.took(1, Duration::from_millis(1));
        assert_eq!(pace.call_max_ms(1), Some(41));
        for _ in 0..100 {
            pace.took(1, Duration::from_millis(1));
        }
        assert_eq!(pace.call_max_ms(1), Some(8));
    }
}
