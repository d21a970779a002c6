//! The walk from node to node, for ensembles that the trees' kernel cannot say: equalities and sets, branches that meet again, leaves of
//! different targets, the least and the greatest leaf.

use std::borrow::Cow;

use scoregate_kernel::Rows;
use serde::{Deserialize, Serialize};

use super::{Aggregate, Sums, Trees};
use crate::blob::Blob;

/// The columns of all nodes, and what leaves add.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plain {
    /// Four `u32`s a node: the feature, the [`Mode`] (with [`Mode::MISSING_TRUE`]), and where it goes if its condition holds and if
    /// not, both after it. Of a leaf the third is its first weight, the fourth how many it has.
    pub nodes: Blob,
    /// `f64`, one a node: the threshold, or the number of a set.
    pub thresholds: Blob,
    /// `u32`, the root of each tree.
    pub roots: Blob,
    /// `u32`, the target of each weight.
    pub weight_targets: Blob,
    /// `f64`.
    pub weights: Blob,
    /// `f64`, the members of all sets, in order.
    pub members: Blob,
    /// `u32`, where each set ends.
    pub set_ends: Blob,
}

/// A node's condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Mode {
    /// No condition: the walk ends.
    Leaf = 0,
    /// `x <= threshold`.
    LessOrEqual = 1,
    /// `x < threshold`.
    Less = 2,
    /// `x >= threshold`.
    GreaterOrEqual = 3,
    /// `x > threshold`.
    Greater = 4,
    /// `x == threshold`.
    Equal = 5,
    /// `x != threshold`.
    NotEqual = 6,
    /// `x` is one of a set.
    Member = 7,
    /// `x` without its fraction is one of a set.
    WholeMember = 8,
}

impl Mode {
    /// Added to the mode where the condition holds for NaN.
    pub const MISSING_TRUE: u32 = 16;

    fn of(word: u32) -> Result<Self, String> {
        Ok(match word & !Self::MISSING_TRUE {
            0 => Self::Leaf,
            1 => Self::LessOrEqual,
            2 => Self::Less,
            3 => Self::GreaterOrEqual,
            4 => Self::Greater,
            5 => Self::Equal,
            6 => Self::NotEqual,
            7 => Self::Member,
            8 => Self::WholeMember,
            other => return Err(format!("a node of the tables has the mode {other}")),
        })
    }
}

/// See [`Plain`].
#[derive(Debug)]
pub(super) struct ReadyPlain<'a> {
    nodes: Vec<Node>,
    roots: Cow<'a, [u32]>,
    weights: Vec<(u32, f64)>,
    members: Cow<'a, [f64]>,
    /// The greatest feature and one more.
    columns: usize,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    threshold: f64,
    feature: u32,
    yes: u32,
    no: u32,
    mode: Mode,
    missing_true: bool,
    /// Of a set, where its members lie.
    set: (u32, u32),
}

impl Node {
    /// Of a node's words; `ends` tells where each set's members end.
    fn of(words: [u32; 4], threshold: f64, ends: &[u32]) -> Result<Self, String> {
        let [feature, mode, yes, no] = words;
        let missing_true = mode & Mode::MISSING_TRUE != 0;
        let mode = Mode::of(mode)?;
        let set = match mode {
            Mode::Member | Mode::WholeMember => {
                let number = threshold as usize;
                let before = number.checked_sub(1).and_then(|before| ends.get(before));
                let begin = before.copied().unwrap_or(0);
                (begin, ends.get(number).copied().unwrap_or(begin))
            }
            _ => (0, 0),
        };
        Ok(Self {
            threshold,
            feature,
            yes,
            no,
            mode,
            missing_true,
            set,
        })
    }
}

impl Plain {
    pub(super) fn ready<'a>(
        &self,
        blobs: &'a [u8],
        targets: usize,
    ) -> Result<ReadyPlain<'a>, String> {
        let words = self.nodes.numbers::<u32>(blobs)?;
        let thresholds = self.thresholds.numbers::<f64>(blobs)?;
        let roots = self.roots.numbers::<u32>(blobs)?;
        let weight_targets = self.weight_targets.numbers::<u32>(blobs)?;
        let weights = self.weights.numbers::<f64>(blobs)?;
        let members = self.members.numbers::<f64>(blobs)?;
        let ends = self.set_ends.numbers::<u32>(blobs)?;
        let count = thresholds.len();
        let mut nodes = Vec::with_capacity(count);
        let words = words.as_chunks::<4>().0.iter();
        for (at, (words, threshold)) in words.zip(&thresholds[..]).enumerate() {
            let node = Node::of(*words, *threshold, &ends)?;
            let sound = match node.mode {
                Mode::Leaf => node.yes as usize + node.no as usize <= weights.len(),
                _ => [node.yes, node.no]
                    .iter()
                    .all(|child| (at + 1..count).contains(&(*child as usize))),
            };
            if !sound || node.set.0 > node.set.1 || node.set.1 as usize > members.len() {
                return Err(format!("node {at} of the tables goes where nothing is"));
            }
            nodes.push(node);
        }
        let sound = nodes.len() == count
            && roots.iter().all(|root| (*root as usize) < count)
            && weight_targets.len() == weights.len()
            && weight_targets
                .iter()
                .all(|target| (*target as usize) < targets);
        if !sound {
            return Err("the tables of trees do not fit each other".to_owned());
        }
        let splits = nodes.iter().filter(|node| node.mode != Mode::Leaf);
        Ok(ReadyPlain {
            columns: splits
                .map(|node| node.feature as usize + 1)
                .max()
                .unwrap_or(0),
            nodes,
            roots,
            weights: weight_targets
                .iter()
                .copied()
                .zip(weights.iter().copied())
                .collect(),
            members,
        })
    }
}

impl ReadyPlain<'_> {
    pub(super) fn sums(
        &self,
        op: &Trees,
        values: Rows<'_>,
        rows: usize,
        columns: usize,
    ) -> Result<Sums<'static>, String> {
        if columns < self.columns {
            return Err(format!(
                "{columns} columns where the trees look at {}",
                self.columns
            ));
        }
        let targets = op.targets as usize;
        let mut sums = vec![0.0; rows * targets];
        let mut used = vec![false; rows * targets];
        let mut row = Vec::with_capacity(columns);
        for (at, (sums, used)) in sums
            .chunks_exact_mut(targets)
            .zip(used.chunks_exact_mut(targets))
            .enumerate()
        {
            row.clear();
            let range = at * columns..(at + 1) * columns;
            match values {
                Rows::F32(values) => {
                    row.extend(values[range].iter().map(|value| f64::from(*value)))
                }
                Rows::F64(values) => row.extend_from_slice(&values[range]),
            }
            for root in &self.roots[..] {
                for (target, weight) in self.leaf(*root as usize, &row) {
                    let target = *target as usize;
                    sums[target] = join(op, used[target], sums[target], *weight);
                    used[target] = true;
                }
            }
        }
        Ok(Sums {
            values: sums,
            used: Cow::Owned(used),
        })
    }

    /// What the row's leaf adds.
    fn leaf(&self, root: usize, row: &[f64]) -> &[(u32, f64)] {
        let mut node = &self.nodes[root];
        while node.mode != Mode::Leaf {
            let value = row[node.feature as usize];
            let holds = match node.mode {
                Mode::LessOrEqual => value <= node.threshold,
                Mode::Less => value < node.threshold,
                Mode::GreaterOrEqual => value >= node.threshold,
                Mode::Greater => value > node.threshold,
                Mode::Equal => value == node.threshold,
                Mode::NotEqual => value != node.threshold,
                Mode::Member => self.is_member(value, node.set),
                Mode::WholeMember => self.is_member(value.trunc(), node.set),
                Mode::Leaf => false,
            };
            let next = if holds || node.missing_true && value.is_nan() {
                node.yes
            } else {
                node.no
            };
            node = &self.nodes[next as usize];
        }
        &self.weights[node.yes as usize..(node.yes + node.no) as usize]
    }

    fn is_member(&self, value: f64, (begin, end): (u32, u32)) -> bool {
        let set = &self.members[begin as usize..end as usize];
        let at = set.partition_point(|member| *member < value);
        set.get(at).is_some_and(|member| *member == value)
    }
}

fn join(op: &Trees, used: bool, sum: f64, weight: f64) -> f64 {
    match op.aggregate {
        Aggregate::Sum | Aggregate::Average if op.double => sum + weight,
        Aggregate::Sum | Aggregate::Average => f64::from((sum + weight) as f32),
        Aggregate::Min | Aggregate::Max if !used => weight,
        // Beside NaN the sum stays as it is.
        Aggregate::Min => {
            if weight < sum {
                weight
            } else {
                sum
            }
        }
        Aggregate::Max => {
            if weight > sum {
                weight
            } else {
                sum
            }
        }
    }
}
