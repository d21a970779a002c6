//! From a file's numbering of nodes to the description's: level by level, both children of a split side by side after their parent.

use std::collections::VecDeque;

/// What is wrong with a tree's shape, at the split of this number.
pub(super) enum Misshapen {
    /// Its left (0) or right (1) child is a node that the tree does not have.
    OutOfRange { split: usize, side: usize },
    /// That child has another parent already, or is its own ancestor.
    Second { split: usize, side: usize },
}

/// The order in which nodes are kept: the file's number of each. `children` gives those of a node, none of a leaf; of `count` nodes,
/// the file's node 0 is the root. Nodes that no way leads to are left out.
///
/// The place of a split's left child is told by counting: each split takes the next two places.
pub(super) fn level_by_level(
    count: usize,
    children: impl Fn(usize) -> Option<[i32; 2]>,
) -> Result<Vec<usize>, Misshapen> {
    let mut order = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    let mut waiting = VecDeque::from([0_usize]);
    seen[0] = true;
    while let Some(split) = waiting.pop_front() {
        order.push(split);
        let Some(both) = children(split) else {
            continue;
        };
        for (side, child) in both.into_iter().enumerate() {
            let place = usize::try_from(child).ok().filter(|child| *child < count);
            let place = place.ok_or(Misshapen::OutOfRange { split, side })?;
            if std::mem::replace(&mut seen[place], true) {
                return Err(Misshapen::Second { split, side });
            }
            waiting.push_back(place);
        }
    }
    Ok(order)
}
