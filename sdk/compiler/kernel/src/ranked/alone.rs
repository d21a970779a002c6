//! One row through eight trees at a time.

use super::node::Packed;
use super::packed::WALKS;
use super::tree::{DEPTH_MAX, Tree};

/// Nodes of each walk before the next one's turn; after all of them it is asked whether all have ended.
const STEPS: usize = 2;

/// The places of the leaves of eight trees.
#[inline(always)]
pub fn walk<P: Packed>(
    nodes: &[P::Bytes],
    trees: &[Tree; WALKS],
    columns: &[[u8; 1]],
) -> [usize; WALKS] {
    let mut places = trees.map(|tree| tree.first_node);
    let depth = trees.iter().fold(0, |depth, tree| depth.max(tree.depth));
    let rounds = if depth < DEPTH_MAX {
        depth.div_ceil(STEPS)
    } else {
        usize::MAX
    };
    descend::<P>(nodes, columns, rounds, &mut places);
    places
}

/// A function of its own: within a larger one the engine's compiler keeps nothing of this in registers. That a walk which has ended goes on
/// with another tree was tried, with and without a branch, and is slower.
#[inline(never)]
fn descend<P: Packed>(
    nodes: &[P::Bytes],
    columns: &[[u8; 1]],
    rounds: usize,
    places: &mut [usize; WALKS],
) {
    if columns.len() < P::COLUMNS_MIN {
        return;
    }
    for _ in 0..rounds {
        let mut steps = 0;
        // Walk by walk, so that one place is in a register; the processor runs ahead into the next walks by itself.
        for at in places.iter_mut() {
            let mut place = *at;
            for _ in 0..STEPS {
                let node = P::read(&nodes[place]);
                let [rank] = columns[node.column()];
                place += node.step() + usize::from(rank.cast_signed() > node.rank());
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
