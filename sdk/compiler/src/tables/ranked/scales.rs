//! Which thresholds each feature is compared with, and the column of ranks that each split reads.

use std::collections::{BTreeMap, HashMap};

use scoregate_kernel::layout::{SCALE_MAX, scale};

use super::super::{count, put};
use crate::error::CompileError;
use crate::forest::{Forest, Missing, Node, Split, Test};

/// Columns at most: nodes name them by 16 bits.
const COLUMNS_MAX: usize = 1 << 16;

/// What splits that share thresholds have in common: the feature, and which values are missing.
type Key = (usize, u8);
/// What splits by categories that share a column have in common.
type SetKey = (usize, u8, bool, bool, Vec<u32>);

/// Scales and their columns.
pub(super) struct Scales {
    numeric: BTreeMap<Key, Numeric>,
    sets: HashMap<SetKey, usize>,
    records: Vec<[usize; 4]>,
    thresholds: Vec<f64>,
    set_words: Vec<u32>,
    columns: usize,
}

/// All thresholds of a key.
#[derive(Default)]
struct Numeric {
    sorted: Vec<f64>,
    /// Whether some split sends missing values right, left.
    sides: [bool; 2],
    /// The first column of each scale.
    columns: Vec<usize>,
}

/// Where a split looks: it goes right if the column's rank is above this one.
pub(super) struct Place {
    pub column: usize,
    pub rank: u8,
}

impl Scales {
    /// None if there are more columns than can be named.
    pub(super) fn of(forest: &Forest) -> Option<Self> {
        let mut scales = Self {
            numeric: BTreeMap::new(),
            sets: HashMap::new(),
            records: Vec::new(),
            thresholds: Vec::new(),
            set_words: Vec::new(),
            columns: 0,
        };
        for tree in forest.trees() {
            for at in 0..tree.nodes() {
                if let Node::Split(split) = tree.node(at)
                    && let Some(threshold) = threshold(&split)
                {
                    let numeric = scales.numeric.entry(key(&split)).or_default();
                    numeric.sorted.push(threshold);
                    numeric.sides[side(&split)] = true;
                }
            }
        }
        scales.place_numeric();
        for tree in forest.trees() {
            for at in 0..tree.nodes() {
                if let Node::Split(split) = tree.node(at) {
                    scales.place_set(&split);
                }
            }
        }
        (scales.columns <= COLUMNS_MAX).then_some(scales)
    }

    fn place_numeric(&mut self) {
        for ((feature, missing), numeric) in &mut self.numeric {
            numeric.sorted.sort_by(f64::total_cmp);
            // The two zeros are equal, as every comparison has it.
            numeric.sorted.dedup();
            let sides = u32::from(numeric.sides[1]) * scale::LEFT
                + u32::from(numeric.sides[0]) * scale::RIGHT;
            for part in numeric.sorted.chunks(SCALE_MAX) {
                let size = (part.len() + 1).next_power_of_two();
                let marks = size.trailing_zeros() | missing_marks(*missing) | sides;
                let start = self.thresholds.len();
                self.records
                    .push([*feature, marks as usize, start, part.len()]);
                self.thresholds.extend(part);
                self.thresholds.resize(start + size, f64::NAN);
                numeric.columns.push(self.columns);
                self.columns += sides.count_ones() as usize;
            }
        }
    }

    fn place_set(&mut self, split: &Split<'_>) {
        let Some(key) = set_key(split) else {
            return;
        };
        if self.sets.contains_key(&key) {
            return;
        }
        let (feature, missing, default_left, match_left, words) = &key;
        let marks = scale::SET
            | missing_marks(*missing)
            | if *default_left {
                scale::LEFT
            } else {
                scale::RIGHT
            }
            | if *match_left { scale::MATCH_LEFT } else { 0 };
        self.records
            .push([*feature, marks as usize, self.set_words.len(), words.len()]);
        self.set_words.extend(words);
        self.sets.insert(key, self.columns);
        self.columns += 1;
    }

    /// Where a split looks.
    pub(super) fn place(&self, split: &Split<'_>) -> Place {
        let Some(threshold) = threshold(split) else {
            let key = set_key(split);
            let column = key.and_then(|key| self.sets.get(&key).copied());
            return Place {
                column: column.expect("every set was placed"),
                rank: 0,
            };
        };
        let numeric = &self.numeric[&key(split)];
        let at = numeric.sorted.partition_point(|other| *other < threshold);
        let first = numeric.columns[at / SCALE_MAX];
        // The column in which missing values go left is the first of two.
        let second = side(split) == 0 && numeric.sides[1];
        Place {
            column: first + usize::from(second),
            rank: (at % SCALE_MAX) as u8,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn thresholds(&self) -> &[f64] {
        &self.thresholds
    }

    pub(super) fn set_words(&self) -> &[u32] {
        &self.set_words
    }

    pub(super) fn records(&self) -> Result<Vec<u8>, CompileError> {
        let mut bytes = Vec::new();
        for word in self.records.as_flattened() {
            put(&mut bytes, count(*word)?);
        }
        Ok(bytes)
    }
}

fn key(split: &Split<'_>) -> Key {
    let missing = match split.missing {
        Missing::Nan => 0,
        Missing::ZeroOrNan => 1,
        Missing::Never => 2,
    };
    (split.feature, missing)
}

/// Which way missing values go, 1 for left; where none is, all splits share a column.
fn side(split: &Split<'_>) -> usize {
    usize::from(split.default_left || split.missing == Missing::Never)
}

fn set_key(split: &Split<'_>) -> Option<SetKey> {
    let Test::In { words, match_left } = split.test else {
        return None;
    };
    let (feature, missing) = key(split);
    Some((
        feature,
        missing,
        split.default_left,
        match_left,
        words.to_vec(),
    ))
}

fn threshold(split: &Split<'_>) -> Option<f64> {
    match split.test {
        Test::Less(threshold) | Test::LessOrEqual(threshold) => Some(threshold),
        Test::In { .. } => None,
    }
}

fn missing_marks(missing: u8) -> u32 {
    match missing {
        0 => scale::NAN_MISSING,
        1 => scale::NAN_MISSING | scale::ZERO_MISSING,
        _ => 0,
    }
}
