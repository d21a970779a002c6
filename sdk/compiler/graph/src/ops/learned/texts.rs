//! Texts as keys. Most are short: two numbers hold them, which are hashed and compared without a loop.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use foldhash::fast::FixedState;

use super::find::{HASHES, Twice, put};

/// Which text stands where.
#[derive(Debug)]
pub(in crate::ops) struct TextPlaces<'a> {
    short: HashMap<Short, u32, FixedState>,
    long: HashMap<&'a [u8], u32, FixedState>,
}

/// A text of at most 16 bytes: its first eight and its last eight, which may be the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Short {
    first: u64,
    last: u64,
    length: u64,
}

impl Short {
    fn of(text: &[u8]) -> Option<Self> {
        let length = text.len() as u64;
        let (first, last) = match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) if length <= 16 => {
                (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
            }
            (Some(_), _) => return None,
            _ => (within_eight(text), 0),
        };
        Some(Self {
            first,
            last,
            length,
        })
    }
}

impl Hash for Short {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.first);
        state.write_u64(self.last ^ self.length);
    }
}

/// A text of less than eight bytes.
fn within_eight(text: &[u8]) -> u64 {
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        _ => text
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

impl<'a> TextPlaces<'a> {
    pub(in crate::ops) fn new(keys: impl IntoIterator<Item = &'a [u8]>, twice: Twice) -> Self {
        let mut places = Self {
            short: HashMap::with_hasher(HASHES),
            long: HashMap::with_hasher(HASHES),
        };
        for (place, key) in keys.into_iter().enumerate() {
            match Short::of(key) {
                Some(short) => put(&mut places.short, short, place, twice),
                None => put(&mut places.long, key, place, twice),
            }
        }
        places
    }

    pub(in crate::ops) fn place(&self, text: &[u8]) -> Option<usize> {
        let found = match Short::of(text) {
            Some(short) => self.short.get(&short),
            None => self.long.get(text),
        };
        found.map(|place| *place as usize)
    }
}
