//! Ids for events that came without one: UUIDv7 (RFC 9562), so that they sort by time.

use std::cell::RefCell;

use uuid::Builder;

/// Random bytes of one id.
const RANDOM_BYTES: usize = 10;
/// Ids for which randomness is fetched at once: a system call for each would cost more than all else about them.
const IDS_AT_ONCE: usize = 64;

thread_local! {
    static RANDOM: RefCell<Random> = const { RefCell::new(Random { bytes: [0; RANDOM_BYTES * IDS_AT_ONCE], used: RANDOM_BYTES * IDS_AT_ONCE }) };
}

struct Random {
    bytes: [u8; RANDOM_BYTES * IDS_AT_ONCE],
    used: usize,
}

impl Random {
    fn next(&mut self) -> Result<[u8; RANDOM_BYTES], getrandom::Error> {
        if self.used == self.bytes.len() {
            getrandom::fill(&mut self.bytes)?;
            self.used = 0;
        }
        let mut random = [0; RANDOM_BYTES];
        random.copy_from_slice(&self.bytes[self.used..self.used + RANDOM_BYTES]);
        self.used += RANDOM_BYTES;
        Ok(random)
    }
}

/// A new id for an event of that time, in milliseconds since the Unix epoch.
pub(super) fn new(now_ms: u64) -> Result<String, getrandom::Error> {
    let random = RANDOM.with_borrow_mut(Random::next)?;
    let uuid = Builder::from_unix_timestamp_millis(now_ms, &random).into_uuid();
    Ok(uuid.hyphenated().to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_distinct_version_7_and_carry_their_time() {
        let ids: HashSet<String> = (0..1000).map(|_| new(1_700_000_000_123).unwrap()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let uuid = uuid::Uuid::parse_str(&id).unwrap();
            assert_eq!(uuid.get_version_num(), 7);
            let (seconds, nanos) = uuid.get_timestamp().unwrap().to_unix();
            assert_eq!((seconds, nanos), (1_700_000_000, 123_000_000));
        }
    }
}
