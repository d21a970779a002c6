//! Trees by packed nodes, walked for several rows or through several trees at once: a walk waits for one load after the other, and
//! eight of them wait together.

use super::alone;
use super::node::Packed;
use super::number::Number;
use super::tree::Tree;

/// Walks at a time.
pub const WALKS: usize = 8;
/// Nodes of each walk before the next one's turn; after all of them it is asked whether all have ended.
const STEPS: usize = 2;

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
                node.step() == 0
            } else {
                let beyond = nodes.len() - at;
                node.step() > 0 && node.step() < beyond - 1 && node.column() < columns
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
    /// Adds every tree's leaf to the sums of its group, for the first `rows` rows, a multiple of eight, in the order of the trees.
    pub fn add_rows<const ROWS: usize>(
        &self,
        trees: &[Tree],
        columns: &[[u8; ROWS]],
        rows: usize,
        sums: &mut [[N; ROWS]],
    ) {
        for tree in trees {
            let nodes = &self.nodes[tree.first_node..];
            let sums = &mut sums[tree.group];
            for first in (0..rows.min(ROWS)).step_by(WALKS) {
                let mut at = [0; WALKS];
                walk::<P, _, _>(nodes, columns, &mut at, |columns, walk| {
                    columns[(first + walk) % ROWS]
                });
                for (walk, sum) in sums[first..].iter_mut().take(WALKS).enumerate() {
                    *sum = sum.plus(self.value(tree, at[walk], P::read(&nodes[at[walk]])));
                }
            }
        }
    }

    /// Adds every tree's leaf to the sums of its group, for one row, in the order of the trees.
    pub fn add_row(&self, trees: &[Tree], columns: &[[u8; 1]], sums: &mut [[N; 1]]) {
        let (eights, rest) = trees.as_chunks::<WALKS>();
        for trees in eights {
            self.add_trees(trees, WALKS, columns, sums);
        }
        if let Some(last) = rest.last() {
            // The last one is walked several times, and counts once.
            let filled = std::array::from_fn(|walk| *rest.get(walk).unwrap_or(last));
            self.add_trees(&filled, rest.len(), columns, sums);
        }
    }

    #[inline(always)]
    fn add_trees(
        &self,
        trees: &[Tree; WALKS],
        counted: usize,
        columns: &[[u8; 1]],
        sums: &mut [[N; 1]],
    ) {
        let places = alone::walk::<P>(self.nodes, trees, columns);
        for (tree, at) in trees.iter().zip(places).take(counted) {
            let sum = &mut sums[tree.group][0];
            let value = self.value(tree, at - tree.first_node, P::read(&self.nodes[at]));
            *sum = sum.plus(value);
        }
    }

    #[inline(always)]
    fn value(&self, tree: &Tree, at: usize, leaf: P) -> N {
        let place = if self.by_node { at } else { leaf.leaf() };
        N::read(&self.values[tree.first_value + place])
    }
}

/// Walks from the nodes at these places to their leaves. A function of its own: within a larger one the engine's compiler keeps nothing of
/// this in registers.
#[inline(never)]
fn walk<P: Packed, const ROWS: usize, const WALKS: usize>(
    nodes: &[P::Bytes],
    columns: &[[u8; ROWS]],
    at: &mut [usize; WALKS],
    rank: impl Fn(&[u8; ROWS], usize) -> u8,
) {
    if columns.len() < P::COLUMNS_MIN {
        return;
    }
    loop {
        let mut steps = 0;
        // Walk by walk, so that one place is in a register; the processor runs ahead into the next walks by itself.
        for (walk, at) in at.iter_mut().enumerate() {
            let mut place = *at;
            for _ in 0..STEPS {
                let node = P::read(&nodes[place]);
                let rank = rank(&columns[node.column()], walk).cast_signed();
                place += node.step() + usize::from(rank > node.rank());
            }
            steps |= place ^ *at;
            *at = place;
        }
        // Only leaves stay where they are.
        if steps == 0 {
            return;
        }
    }
}
