//! Trees by packed nodes, walked for several rows or through several trees at once: a walk waits for one load after the other, and
//! eight of them wait together.

use super::node::Packed;
use super::number::Number;
use super::tree::Tree;

/// Walks at a time.
pub const WALKS: usize = 8;
/// Nodes of each walk between two looks at whether all have ended.
const STEPS: usize = 4;

/// Checks nodes against the trees and the number of columns: after this no walk leaves its tree, and each ends.
pub fn check<P: Packed>(nodes: &[P::Bytes], trees: &[Tree], columns: usize) -> Result<(), String> {
    let mut ends = trees.iter().skip(1).map(|tree| tree.first_node);
    for (number, tree) in trees.iter().enumerate() {
        let end = ends.next().unwrap_or(nodes.len());
        let Some(nodes) = nodes
            .get(tree.first_node..end)
            .filter(|nodes| !nodes.is_empty())
        else {
            return Err(format!("tree {number} of the tables has no nodes"));
        };
        for (at, node) in nodes.iter().enumerate() {
            let node = P::read(node);
            let sound = if node.is_leaf() {
                node.left() == at
            } else {
                node.left() > at && node.left() + 1 < nodes.len() && node.column() < columns
            };
            if !sound {
                return Err(format!(
                    "node {at} of tree {number} of the tables leads or asks where there is nothing"
                ));
            }
        }
    }
    Ok(())
}

/// Nodes and what their leaves add.
pub struct Packs<'a, P: Packed, N: Number> {
    pub nodes: &'a [P::Bytes],
    pub values: &'a [N::Bytes],
    /// Values stand by nodes.
    pub by_node: bool,
}

impl<P: Packed, N: Number> Packs<'_, P, N> {
    /// Adds every tree's leaf to the sums of its group, for the first `8 * groups_of_rows` rows, in the order of the trees.
    pub fn add_rows<const ROWS: usize>(
        &self,
        trees: &[Tree],
        columns: &[[u8; ROWS]],
        rows: usize,
        sums: &mut [[N; ROWS]],
    ) {
        for (number, tree) in trees.iter().enumerate() {
            let end = trees
                .get(number + 1)
                .map_or(self.nodes.len(), |next| next.first_node);
            let nodes = &self.nodes[tree.first_node..end];
            let sums = &mut sums[tree.group];
            for first in (0..rows).step_by(WALKS) {
                let mut at = [0; WALKS];
                let last = loop {
                    let mut last = [P::read(&nodes[0]); WALKS];
                    for _ in 0..STEPS {
                        for (walk, at) in at.iter_mut().enumerate() {
                            let node = P::read(&nodes[*at]);
                            let rank = columns[node.column()][(first + walk) % ROWS].cast_signed();
                            *at = node.left() + usize::from(rank > node.rank());
                            last[walk] = node;
                        }
                    }
                    if last.iter().all(|node| node.is_leaf()) {
                        break last;
                    }
                };
                for (walk, sum) in sums[first..].iter_mut().take(WALKS).enumerate() {
                    *sum = sum.plus(self.value(tree, at[walk], last[walk]));
                }
            }
        }
    }

    /// Adds every tree's leaf to the sums of its group, for one row.
    pub fn add_row(&self, trees: &[Tree], columns: &[[u8; 1]], sums: &mut [[N; 1]]) {
        let (groups, rest) = trees.as_chunks::<WALKS>();
        for trees in groups {
            self.add_trees(trees, columns, sums);
        }
        for tree in rest {
            self.add_trees(&[*tree], columns, sums);
        }
    }

    #[inline(always)]
    fn add_trees<const TREES: usize>(
        &self,
        trees: &[Tree; TREES],
        columns: &[[u8; 1]],
        sums: &mut [[N; 1]],
    ) {
        let roots = trees.map(|tree| tree.first_node);
        let mut at = roots;
        let last = loop {
            let mut last = roots.map(|root| P::read(&self.nodes[root]));
            for _ in 0..STEPS {
                for (walk, at) in at.iter_mut().enumerate() {
                    let node = P::read(&self.nodes[*at]);
                    let rank = columns[node.column()][0].cast_signed();
                    *at = roots[walk] + node.left() + usize::from(rank > node.rank());
                    last[walk] = node;
                }
            }
            if last.iter().all(|node| node.is_leaf()) {
                break last;
            }
        };
        for (walk, tree) in trees.iter().enumerate() {
            let sum = &mut sums[tree.group][0];
            *sum = sum.plus(self.value(tree, at[walk] - roots[walk], last[walk]));
        }
    }

    #[inline(always)]
    fn value(&self, tree: &Tree, at: usize, leaf: P) -> N {
        let place = if self.by_node { at } else { leaf.leaf() };
        N::read(&self.values[tree.first_value + place])
    }
}
