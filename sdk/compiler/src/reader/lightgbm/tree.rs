//! One tree's block (`Tree::Tree(const char*, ...)` in src/io/tree.cpp). Splits and leaves are numbered apart: a child below zero is the
//! leaf of its complement.

use super::super::shape::{Misshapen, level_by_level};
use super::linear::LinearColumns;
use super::text::{Block, Field};
use crate::error::CompileError;
use crate::forest::{Forest, Missing, Split, Test};
use crate::limits::{NODES_MAX, SET_WORDS_MAX};

/// Bits of `decision_type` (include/LightGBM/tree.h): `kCategoricalMask`, `kDefaultLeftMask`, and two for the missing type.
const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;
/// LightGBM's own limit of `num_leaves` (include/LightGBM/config.h).
const LEAVES_MAX: usize = 131_072;

struct Columns<'a> {
    leaves: usize,
    values: Vec<f64>,
    leaf_counts: Vec<f64>,
    splits: Option<Splits<'a>>,
    linear: Option<LinearColumns>,
}

struct Splits<'a> {
    left_field: Field<'a>,
    right_field: Field<'a>,
    feature_field: Field<'a>,
    threshold_field: Field<'a>,
    decision_field: Field<'a>,
    left: Vec<i32>,
    right: Vec<i32>,
    features: Vec<i64>,
    thresholds: Vec<f64>,
    decisions: Vec<u8>,
    counts: Vec<f64>,
    sets: Sets,
}

/// Bit sets of categories, and where each begins and the last ends.
#[derive(Default)]
struct Sets {
    words: Vec<u32>,
    bounds: Vec<usize>,
}

/// Reads a tree and adds it to the forest.
pub(super) fn read(
    block: &Block<'_>,
    group: usize,
    features: usize,
    forest: &mut Forest,
) -> Result<(), CompileError> {
    let columns = Columns::read(block, features)?;
    if forest.nodes() + 2 * columns.leaves > NODES_MAX {
        return Err(block.get("num_leaves")?.error(format!(
            "the trees up to here have more than {NODES_MAX} nodes, which is the most that is read"
        )));
    }
    forest.begin_tree(group);
    let Some(splits) = &columns.splits else {
        columns.add_leaf(0, forest);
        return Ok(());
    };
    if forest.set_words() + splits.sets.words.len() > SET_WORDS_MAX {
        return Err(splits
            .threshold_field
            .error("the sets of categories take more memory than a model may"));
    }
    for (key, counts) in [
        ("internal_count", &splits.counts),
        ("leaf_count", &columns.leaf_counts),
    ] {
        if counts.is_empty() && forest.covers_missing().is_none() {
            forest.lack_covers(block.error(key, "is missing in the tree that begins here"));
        }
    }
    let mut next = 1;
    for node in splits.order(columns.leaves)? {
        match node.checked_sub(splits.left.len()) {
            Some(leaf) => columns.add_leaf(leaf, forest),
            None => {
                let split = splits.split(node, features, next)?;
                let count = splits.counts.get(node).copied().unwrap_or(0.0);
                forest.push_split(&split, node as u32, count);
                next += 2;
            }
        }
    }
    Ok(())
}

impl<'a> Columns<'a> {
    fn read(block: &Block<'a>, features: usize) -> Result<Self, CompileError> {
        let leaves_field = block.get("num_leaves")?;
        let leaves: usize = leaves_field.number()?;
        if !(1..=LEAVES_MAX).contains(&leaves) {
            return Err(leaves_field.error(format!(
                "a tree of LightGBM has 1 to {LEAVES_MAX} leaves, not {leaves}"
            )));
        }
        let values = block.get("leaf_value")?.finite(leaves, "leaves")?;
        let is_linear = match block.find("is_linear")? {
            Some(field) => field.number::<u8>()? != 0,
            None => false,
        };
        Ok(Self {
            leaves,
            values,
            leaf_counts: counts(block, "leaf_count", leaves, "leaves")?,
            splits: (leaves > 1)
                .then(|| Splits::read(block, leaves - 1))
                .transpose()?,
            linear: is_linear
                .then(|| LinearColumns::read(block, leaves, features))
                .transpose()?,
        })
    }

    fn add_leaf(&self, leaf: usize, forest: &mut Forest) {
        let count = self.leaf_counts.get(leaf).copied().unwrap_or(0.0);
        let (value, id) = (self.values[leaf], leaf as u32);
        match &self.linear {
            None => forest.push_leaf(value, id, count),
            Some(linear) => forest.push_linear_leaf(&linear.leaf(leaf, value), id, count),
        }
    }
}

impl<'a> Splits<'a> {
    fn read(block: &Block<'a>, splits: usize) -> Result<Self, CompileError> {
        let what = "splits";
        let [
            left_field,
            right_field,
            feature_field,
            threshold_field,
            decision_field,
        ] = [
            "left_child",
            "right_child",
            "split_feature",
            "threshold",
            "decision_type",
        ]
        .map(|key| block.get(key));
        let (left_field, right_field, feature_field) = (left_field?, right_field?, feature_field?);
        let (threshold_field, decision_field) = (threshold_field?, decision_field?);
        Ok(Self {
            left: left_field.exactly(splits, what)?,
            right: right_field.exactly(splits, what)?,
            features: feature_field.exactly(splits, what)?,
            thresholds: threshold_field.exactly(splits, what)?,
            decisions: decision_field.exactly(splits, what)?,
            counts: counts(block, "internal_count", splits, what)?,
            sets: Sets::read(block)?,
            left_field,
            right_field,
            feature_field,
            threshold_field,
            decision_field,
        })
    }

    /// Nodes in the description's order: splits by their numbers, leaves after them.
    fn order(&self, leaves: usize) -> Result<Vec<usize>, CompileError> {
        let splits = self.left.len();
        let number = |child: i32| match child {
            0.. if child < splits as i32 => child,
            0.. => i32::MAX,
            _ => (!child).saturating_add(splits as i32),
        };
        let children =
            |at: usize| (at < splits).then(|| [number(self.left[at]), number(self.right[at])]);
        level_by_level(splits + leaves, children).map_err(|misshapen| {
            let (Misshapen::OutOfRange { split, side } | Misshapen::Second { split, side }) =
                misshapen;
            let (field, column) =
                [(self.left_field, &self.left), (self.right_field, &self.right)][side];
            let child = column[split];
            let reason = match misshapen {
                Misshapen::OutOfRange { .. } => format!(
                    "{child} is out of range: the tree has {splits} splits (from 0) and {leaves} leaves (from -1 down)"
                ),
                Misshapen::Second { .. } => {
                    format!("node {child} has a second parent or is its own ancestor")
                }
            };
            field.element_error(split, reason)
        })
    }

    fn split(&self, at: usize, features: usize, left: usize) -> Result<Split<'_>, CompileError> {
        let feature = self.features[at];
        let feature = usize::try_from(feature)
            .ok()
            .filter(|feature| *feature < features)
            .ok_or_else(|| {
                self.feature_field.element_error(
                    at,
                    format!("{feature} is out of range: the model has {features} features"),
                )
            })?;
        let decision = self.decisions[at];
        if decision & CATEGORICAL != 0 {
            return Ok(Split {
                feature,
                test: Test::In {
                    words: self.set(at)?,
                    match_left: true,
                },
                // `CategoricalDecision` heeds neither missing type nor default: NaN is in no set.
                missing: Missing::Never,
                default_left: false,
                left,
            });
        }
        let threshold = self.thresholds[at];
        if threshold.is_nan() {
            return Err(self.threshold_field.element_error(at, "is not a number"));
        }
        Ok(Split {
            feature,
            test: Test::LessOrEqual(threshold),
            missing: match decision >> 2 {
                0 => Missing::Never,
                1 => Missing::ZeroOrNan,
                2 => Missing::Nan,
                _ => {
                    return Err(self.decision_field.element_error(
                        at,
                        format!(
                            "{decision} is no kind of split: its missing type is none of 0, 1 and 2"
                        ),
                    ));
                }
            },
            default_left: decision & DEFAULT_LEFT != 0,
            left,
        })
    }

    /// The set of a split, whose number stands in the threshold's place.
    fn set(&self, at: usize) -> Result<&[u32], CompileError> {
        let number = self.thresholds[at];
        let sets = self.sets.bounds.len().saturating_sub(1);
        if number >= 0.0 && number < sets as f64 && number.fract() == 0.0 {
            let number = number as usize;
            return Ok(&self.sets.words[self.sets.bounds[number]..self.sets.bounds[number + 1]]);
        }
        Err(self.threshold_field.element_error(
            at,
            format!("{number} is out of range: the tree has {sets} sets of categories"),
        ))
    }
}

impl Sets {
    fn read(block: &Block<'_>) -> Result<Self, CompileError> {
        let Some(claim) = block.find("num_cat")? else {
            return Ok(Self::default());
        };
        let claimed: usize = claim.number()?;
        if claimed == 0 {
            return Ok(Self::default());
        }
        let (bounds_field, words_field) =
            (block.get("cat_boundaries")?, block.get("cat_threshold")?);
        let bounds: Vec<usize> = bounds_field.numbers()?;
        let words: Vec<u32> = words_field.numbers()?;
        if claimed != bounds.len().saturating_sub(1) {
            return Err(claim.error(format!(
                "{claimed} sets of categories are claimed, but `cat_boundaries` has {} entries, not one more",
                bounds.len()
            )));
        }
        let ascending = bounds.windows(2).all(|pair| pair[0] <= pair[1]);
        if !ascending || bounds.first() != Some(&0) || bounds.last() != Some(&words.len()) {
            return Err(bounds_field.error(format!(
                "does not ascend from 0 to the {} entries of `cat_threshold`",
                words.len()
            )));
        }
        Ok(Self { words, bounds })
    }
}

/// Counts of training rows, where the file tells them.
fn counts(
    block: &Block<'_>,
    key: &'static str,
    count: usize,
    what: &str,
) -> Result<Vec<f64>, CompileError> {
    match block.find(key)? {
        Some(field) if !field.value().trim().is_empty() => field.finite(count, what),
        _ => Ok(Vec::new()),
    }
}
