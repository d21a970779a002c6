//! Planes of leaves: which of them each split clears.

use std::ops::Range;

use scoregate_kernel::layout::{BIAS, ENTRIES, NARROW, PLANE_LEAVES};

use super::scales::Scales;
use super::upwards;
use crate::forest::{Node, Tree};

/// The leaves of a tree in an order in which each split has the smaller side first.
pub(super) struct Leaves {
    /// Of each node the leaves below it.
    below: Vec<Range<usize>>,
}

impl Leaves {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.below[0].end
    }

    /// A leaf's place in the order.
    pub(super) fn number(&self, at: usize) -> usize {
        self.below[at].start
    }
}

/// Orders a tree's leaves.
pub(super) fn order(tree: Tree<'_>) -> Leaves {
    let mut counts = vec![1; tree.nodes()];
    for at in upwards(tree) {
        if let Node::Split(split) = tree.node(at) {
            counts[at] = counts[split.left] + counts[split.left + 1];
        }
    }
    let mut below = vec![0..0; tree.nodes()];
    below[0] = 0..counts[0];
    for at in 0..tree.nodes() {
        if let Node::Split(split) = tree.node(at) {
            let (left, right) = (split.left, split.left + 1);
            let (first, second) = if counts[left] <= counts[right] {
                (left, right)
            } else {
                (right, left)
            };
            let Range { start, end } = below[at];
            below[first] = start..start + counts[first];
            below[second] = start + counts[first]..end;
        }
    }
    Leaves { below }
}

/// The planes of all trees.
#[derive(Default)]
pub(super) struct Planes {
    /// How many times [`ENTRIES`] entries each has.
    pub fours: Vec<u16>,
    pub entries: Vec<[u8; 4]>,
}

impl Planes {
    /// Gives the entries of each plane of this tree.
    pub(super) fn push(
        &mut self,
        tree: Tree<'_>,
        leaves: &Leaves,
        scales: &Scales,
    ) -> Vec<Vec<[u8; 4]>> {
        let mut planes = vec![Vec::new(); leaves.count().div_ceil(PLANE_LEAVES)];
        for at in 0..tree.nodes() {
            let Node::Split(split) = tree.node(at) else {
                continue;
            };
            let place = scales.place(&split);
            let (left, right) = (&leaves.below[split.left], &leaves.below[split.left + 1]);
            // The smaller side lives where the row goes its way: its rank is not above the threshold's, or the inverted one is not.
            let (column, bound, cleared) = if left.start < right.start {
                (place.column, place.rank + 1, left)
            } else {
                let inverted = NARROW + place.column;
                (inverted, u8::MAX - place.rank, right)
            };
            let [low, high] = (column as u16).to_le_bytes();
            let first = cleared.start / PLANE_LEAVES;
            for (plane, entries) in planes.iter_mut().enumerate().skip(first) {
                let of_plane = plane * PLANE_LEAVES..(plane + 1) * PLANE_LEAVES;
                if of_plane.start >= cleared.end {
                    break;
                }
                let living = of_plane
                    .enumerate()
                    .filter(|(_, leaf)| !cleared.contains(leaf))
                    .fold(0, |living, (bit, _)| living | 1 << bit);
                entries.push([low, high, bound.wrapping_sub(BIAS), living]);
            }
        }
        for entries in planes.iter().rev() {
            let mut entries = entries.clone();
            entries.sort_unstable();
            // What fills it up clears nothing.
            let filled = entries.len().next_multiple_of(ENTRIES);
            entries.resize(filled, [0, 0, 0, u8::MAX]);
            self.fours.push((filled / ENTRIES) as u16);
            self.entries.extend(entries);
        }
        planes
    }
}
