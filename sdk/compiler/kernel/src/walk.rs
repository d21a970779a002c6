//! The general kernel: every tree walked from its root over one packed array of nodes. It serves whatever a forest may hold.

use crate::header::Header;
use crate::layout::{CATEGORIES_LIGHTGBM, CATEGORIES_XGBOOST, CategoryRule, mark};
use crate::nodes::{Node, Nodes};
use crate::rows::Rows;

/// Rows that go through all trees together: their features and margins stay in the first cache while a tree is walked.
const BLOCK_ROWS: usize = 64;
/// Values of a block at most, unless a row alone has more.
const BLOCK_VALUES: usize = 1 << 14;
/// Nodes of a walk between two looks at the deadline: most trees end within it.
const UNROLLED: usize = 8;

/// A checked body of [`crate::layout::Kind::Walk`].
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    nodes: Nodes<'a>,
    category_rule: CategoryRule,
}

impl<'a> Walk<'a> {
    /// Checks a body with so many words of sets against its header: after this no walk leaves the tables, and each ends.
    pub fn new(header: &Header<'_>, set_words: usize, body: &'a [u8]) -> Result<Self, String> {
        Ok(Self {
            nodes: Nodes::new(header, set_words, body)?,
            category_rule: header.category_rule,
        })
    }

    /// Its trees and nodes.
    pub fn nodes(&self) -> &Nodes<'a> {
        &self.nodes
    }

    /// Adds every tree's leaf to the margins, per row in the order of the trees.
    pub fn add(&self, header: &Header<'_>, rows: Rows<'_>, margins: &mut [f64]) {
        let (width, groups) = (header.features, header.base_margins.len());
        let block = block_rows(width);
        let mut features = Vec::new();
        for (at, margins) in margins.chunks_mut(block * groups).enumerate() {
            let first = at * block;
            let rows_here = margins.len() / groups;
            rows.copy(
                first * width..(first + rows_here) * width,
                header.zero_max,
                &mut features,
            );
            for (root, group) in self.nodes.trees() {
                for (row, sums) in margins.chunks_exact_mut(groups).enumerate() {
                    let row = &features[row * width..(row + 1) * width];
                    let value = self.nodes.value(&self.leaf(root, row), row);
                    sums[group] = header.precision.round(sums[group] + value);
                }
            }
        }
    }

    /// The number of each row's leaf in each tree.
    pub fn leaves(&self, header: &Header<'_>, rows: Rows<'_>, count: usize, leaves: &mut Vec<i32>) {
        let width = header.features;
        let mut row = Vec::new();
        for at in 0..count {
            rows.copy(at * width..(at + 1) * width, header.zero_max, &mut row);
            for (root, _) in self.nodes.trees() {
                leaves.push(self.leaf(root, &row).left as i32);
            }
        }
    }

    #[inline]
    fn leaf(&self, root: usize, row: &[f64]) -> Node {
        let mut node = self.nodes.node(root);
        loop {
            // Written out by the compiler: in the sandbox each turn of a loop looks at the deadline.
            for _ in 0..UNROLLED {
                if node.is_leaf() {
                    return node;
                }
                let left = self.goes_left(&node, row);
                node = self.nodes.node(node.left as usize + usize::from(!left));
            }
        }
    }

    /// Which way a split sends a row.
    #[inline]
    pub fn goes_left(&self, split: &Node, row: &[f64]) -> bool {
        let value = row[(split.feature & mark::FEATURE) as usize];
        if split.feature & mark::SET == 0 {
            goes_left(split, value)
        } else {
            self.set_goes_left(split, value)
        }
    }

    fn set_goes_left(&self, node: &Node, value: f64) -> bool {
        if is_missing(node, value) {
            return node.feature & mark::DEFAULT_LEFT != 0;
        }
        let named = match self.category_rule {
            CategoryRule::NotNegative => (0.0..CATEGORIES_XGBOOST).contains(&value),
            CategoryRule::TowardsZero => value > -1.0 && value < CATEGORIES_LIGHTGBM,
        };
        let matches = named && self.nodes.contains(node, value as u32);
        matches == (node.feature & mark::MATCH_LEFT != 0)
    }
}

fn block_rows(width: usize) -> usize {
    (BLOCK_VALUES / width.max(1)).clamp(1, BLOCK_ROWS)
}

/// No branch may depend on the data: mispredicted at every other node it would cost more than all the rest.
#[inline]
fn goes_left(node: &Node, value: f64) -> bool {
    let marks = node.feature;
    let threshold = f64::from_bits(node.value);
    // A NaN that is not missing is compared as 0.
    let compared = if value.is_nan() { 0.0 } else { value };
    let left = (compared < threshold) | ((compared == threshold) & (marks & mark::EQUAL_LEFT != 0));
    let missing = is_missing(node, value);
    (missing & (marks & mark::DEFAULT_LEFT != 0)) | (!missing & left)
}

#[inline]
fn is_missing(node: &Node, value: f64) -> bool {
    (value.is_nan() & (node.feature & mark::NAN_MISSING != 0))
        | ((value == 0.0) & (node.feature & mark::ZERO_MISSING != 0))
}
