//! From a key to its place, by a table where whole numbers lie close together, else by hashes, which have no randomness in them.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::texts::TextPlaces;
use crate::data::Data;

/// Hashes with a seed that never changes.
pub(in crate::ops) const HASHES: FixedState = FixedState::with_seed(0x5343_4f52_4547_4154);
/// How many places of a table a key may cost, and what a small table may cost at all.
const SPREAD_MAX: usize = 4;
const SMALL: usize = 1_024;
const NOWHERE: u32 = u32::MAX;

/// Which key stands where.
#[derive(Debug)]
pub(in crate::ops) enum Find<'a> {
    /// Whole numbers from the first one on.
    Table(i64, Vec<u32>),
    /// Whole numbers.
    Ints(HashMap<i64, u32, FixedState>),
    /// The bits of `f32`s.
    Floats(HashMap<u32, u32, FixedState>),
    /// The bits of `f64`s.
    Doubles(HashMap<u64, u32, FixedState>),
    /// Texts.
    Texts(TextPlaces<'a>),
}

/// Which of two equal keys counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) enum Twice {
    First,
    Last,
}

impl<'a> Find<'a> {
    pub(in crate::ops) fn texts(keys: impl IntoIterator<Item = &'a [u8]>, twice: Twice) -> Self {
        Self::Texts(TextPlaces::new(keys, twice))
    }

    pub(in crate::ops) fn ints(keys: &[i64], twice: Twice) -> Self {
        let (Some(least), Some(greatest)) = (keys.iter().min(), keys.iter().max()) else {
            return Self::Ints(HashMap::with_hasher(HASHES));
        };
        let extent = (i128::from(*greatest) - i128::from(*least)) as usize;
        if extent >= SMALL.max(keys.len() * SPREAD_MAX) {
            return Self::Ints(map(keys.iter().copied(), twice));
        }
        let mut table = vec![NOWHERE; extent + 1];
        for (place, key) in keys.iter().enumerate() {
            let entry = &mut table[(key - least) as usize];
            if *entry == NOWHERE || twice == Twice::Last {
                *entry = place as u32;
            }
        }
        Self::Table(*least, table)
    }

    /// Of keys of any kind; `nan` tells whether NaN can be a key that is found.
    pub(super) fn of(
        keys: &Data<'a>,
        texts: &[&'a [u8]],
        twice: Twice,
        nan: bool,
    ) -> Result<Self, String> {
        Ok(match keys {
            Data::I64(keys) => Self::ints(keys, twice),
            Data::I32(keys) => {
                let wide: Vec<i64> = keys.iter().map(|key| i64::from(*key)).collect();
                Self::ints(&wide, twice)
            }
            Data::F32(keys) => {
                let keys = keys.iter().map(|key| float(*key));
                let mut found = map(keys, twice);
                if !nan {
                    found.remove(&float(f32::NAN));
                }
                Self::Floats(found)
            }
            Data::F64(keys) => {
                let keys = keys.iter().map(|key| double(*key));
                let mut found = map(keys, twice);
                if !nan {
                    found.remove(&double(f64::NAN));
                }
                Self::Doubles(found)
            }
            Data::Text(_) => Self::texts(texts.iter().copied(), twice),
            Data::Bool(_) => return Err("keys of bool are not served".to_owned()),
        })
    }

    pub(in crate::ops) fn int(&self, key: i64) -> Option<usize> {
        let found = match self {
            Self::Table(least, table) => {
                let place = usize::try_from(key.wrapping_sub(*least))
                    .ok()
                    .filter(|_| key >= *least)?;
                *table.get(place)?
            }
            Self::Ints(map) => *map.get(&key)?,
            _ => return None,
        };
        (found != NOWHERE).then_some(found as usize)
    }

    pub(in crate::ops) fn text(&self, key: &[u8]) -> Option<usize> {
        match self {
            Self::Texts(places) => places.place(key),
            _ => None,
        }
    }

    pub(super) fn float(&self, key: f32) -> Option<usize> {
        match self {
            Self::Floats(map) => map.get(&float(key)).map(|place| *place as usize),
            _ => None,
        }
    }

    pub(super) fn double(&self, key: f64) -> Option<usize> {
        match self {
            Self::Doubles(map) => map.get(&double(key)).map(|place| *place as usize),
            _ => None,
        }
    }
}

fn map<K: std::hash::Hash + Eq>(
    keys: impl IntoIterator<Item = K>,
    twice: Twice,
) -> HashMap<K, u32, FixedState> {
    let mut map = HashMap::with_hasher(HASHES);
    for (place, key) in keys.into_iter().enumerate() {
        put(&mut map, key, place, twice);
    }
    map
}

/// Adds a key.
pub(super) fn put<K: std::hash::Hash + Eq>(
    map: &mut HashMap<K, u32, FixedState>,
    key: K,
    place: usize,
    twice: Twice,
) {
    match twice {
        Twice::First => {
            map.entry(key).or_insert(place as u32);
        }
        Twice::Last => {
            map.insert(key, place as u32);
        }
    }
}

/// Both zeros are one key, and all NaNs.
fn float(key: f32) -> u32 {
    match key {
        key if key.is_nan() => f32::NAN.to_bits(),
        0.0 => 0,
        key => key.to_bits(),
    }
}

fn double(key: f64) -> u64 {
    match key {
        key if key.is_nan() => f64::NAN.to_bits(),
        0.0 => 0,
        key => key.to_bits(),
    }
}
