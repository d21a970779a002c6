//! Packed nodes and what their leaves add.

use scoregate_kernel::layout::{BIAS, LEAF_RANK, NARROW};

use super::planes::Leaves;
use super::scales::Scales;
use crate::forest::{Node, Tree};

/// The nodes of all trees.
pub(super) struct Nodes {
    wide: bool,
    by_node: bool,
    nodes: Vec<u64>,
    values: Vec<f64>,
}

impl Nodes {
    pub(super) fn new(wide: bool, by_node: bool) -> Self {
        Self {
            wide,
            by_node,
            nodes: Vec::new(),
            values: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// How many values there are.
    pub(super) fn values(&self) -> usize {
        self.values.len()
    }

    pub(super) fn all_values(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn push(&mut self, tree: Tree<'_>, leaves: &Leaves, scales: &Scales) {
        let first = self.values.len();
        let values = if self.by_node {
            tree.nodes()
        } else {
            leaves.count()
        };
        self.values.resize(first + values, 0.0);
        for at in 0..tree.nodes() {
            let (step, column, rank, leaf) = match tree.node(at) {
                Node::Leaf(value) => {
                    let number = leaves.number(at);
                    let place = if self.by_node { at } else { number };
                    self.values[first + place] = value;
                    (0, 0, LEAF_RANK, if self.by_node { 0 } else { number })
                }
                Node::LinearLeaf(_) => unreachable!("the general kernel serves linear leaves"),
                Node::Split(split) => {
                    let place = scales.place(&split);
                    (
                        split.left - at,
                        place.column,
                        place.rank.wrapping_sub(BIAS),
                        0,
                    )
                }
            };
            let [step, column, leaf] = [step, column, leaf].map(|number| number as u64);
            let rank = u64::from(rank);
            self.nodes.push(if self.wide {
                step | column << 32 | rank << 48 | leaf << 56
            } else {
                step | (column | leaf) << 16 | rank << 24
            });
        }
    }

    /// Whatever byte a leaf is named by, there is a value.
    pub(super) fn finish(&mut self) {
        if !self.by_node {
            self.values.resize(self.values.len() + NARROW, 0.0);
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let width = if self.wide { 8 } else { 4 };
        let each = self.nodes.iter().map(|node| node.to_le_bytes());
        each.flat_map(|bytes| bytes.into_iter().take(width))
            .collect()
    }
}
