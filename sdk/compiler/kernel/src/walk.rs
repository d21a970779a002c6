//! The plain kernel: every tree walked from its root over one packed array of nodes.

use crate::header::Header;
use crate::layout::{ALIGN, DEFAULT_LEFT, LEAF, NODE_BYTES, TREE_BYTES};

/// Rows that go through all trees together: their features and margins stay in the first cache while a tree is walked.
const BLOCK_ROWS: usize = 64;
/// Nodes of a walk between two looks at the deadline: most trees end within it.
const UNROLLED: usize = 8;

/// A checked body of [`crate::layout::Kind::Walk`], read in place: a copy would double a large model's memory.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    trees: &'a [[u8; TREE_BYTES]],
    nodes: &'a [[u8; NODE_BYTES]],
}

impl<'a> Walk<'a> {
    /// Checks a body against its header: after this no walk leaves the tables, and each ends.
    pub fn new(header: &Header<'_>, body: &'a [u8]) -> Result<Self, String> {
        let trees_bytes = header.trees.checked_mul(TREE_BYTES);
        let nodes_at = trees_bytes.and_then(|bytes| bytes.checked_next_multiple_of(ALIGN));
        let nodes_bytes = header.nodes.checked_mul(NODE_BYTES);
        let due = nodes_at.and_then(|at| at.checked_add(nodes_bytes?));
        let (Some(trees_bytes), Some(nodes_at), true) =
            (trees_bytes, nodes_at, due == Some(body.len()))
        else {
            return Err(format!(
                "the tables' body has {} bytes, which does not fit {} trees of {} nodes",
                body.len(),
                header.trees,
                header.nodes
            ));
        };
        let walk = Self {
            trees: body[..trees_bytes].as_chunks().0,
            nodes: body[nodes_at..].as_chunks().0,
        };
        walk.check(header)?;
        Ok(walk)
    }

    fn check(&self, header: &Header<'_>) -> Result<(), String> {
        let nodes = self.nodes.len();
        for (at, tree) in self.trees.iter().enumerate() {
            let (root, group) = read_tree(tree);
            if root >= nodes || group >= header.base_margins.len() {
                return Err(format!(
                    "tree {at} of the tables begins or adds where there is nothing"
                ));
            }
        }
        for (at, node) in self.nodes.iter().enumerate() {
            let node = Node::read(node);
            if node.feature == LEAF {
                continue;
            }
            let after = |child: u32| (child as usize) > at && (child as usize) < nodes;
            if !node.children.into_iter().all(after) {
                return Err(format!(
                    "node {at} of the tables has a child that does not come after it"
                ));
            }
            if (node.feature & !DEFAULT_LEFT) as usize >= header.features {
                return Err(format!(
                    "node {at} of the tables asks for a feature that no row has"
                ));
            }
        }
        Ok(())
    }

    /// Adds every tree's leaf to the margins, per row in the order of the trees.
    /// `features` holds whole rows of `width` values, `margins` as many rows of `groups` sums.
    pub fn add(&self, features: &[f32], width: usize, margins: &mut [f32], groups: usize) {
        let rows = margins.len() / groups;
        let mut first = 0;
        while first < rows {
            let last = rows.min(first + BLOCK_ROWS);
            let features = &features[first * width..last * width];
            let margins = &mut margins[first * groups..last * groups];
            for tree in self.trees {
                let (root, group) = read_tree(tree);
                for (row, sums) in margins.chunks_exact_mut(groups).enumerate() {
                    sums[group] += self.leaf(root, &features[row * width..(row + 1) * width]);
                }
            }
            first = last;
        }
    }

    #[inline]
    fn leaf(&self, root: usize, row: &[f32]) -> f32 {
        let mut node = Node::read(&self.nodes[root]);
        loop {
            // Written out by the compiler: in the sandbox each turn of a loop looks at the deadline.
            for _ in 0..UNROLLED {
                if node.feature == LEAF {
                    return node.value;
                }
                let value = row[(node.feature & !DEFAULT_LEFT) as usize];
                let default_left = node.feature & DEFAULT_LEFT != 0;
                // No branch may depend on the data: mispredicted at every other node it would cost more than all the rest.
                let left = (value < node.value) | (value.is_nan() & default_left);
                let next = node.children[usize::from(!left)];
                node = Node::read(&self.nodes[next as usize]);
            }
        }
    }
}

struct Node {
    value: f32,
    feature: u32,
    /// Left, right.
    children: [u32; 2],
}

impl Node {
    #[inline]
    fn read(bytes: &[u8; NODE_BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *bytes;
        Self {
            value: f32::from_le_bytes([a, b, c, d]),
            feature: u32::from_le_bytes([e, f, g, h]),
            children: [
                u32::from_le_bytes([i, j, k, l]),
                u32::from_le_bytes([m, n, o, p]),
            ],
        }
    }
}

fn read_tree(bytes: &[u8; TREE_BYTES]) -> (usize, usize) {
    let [a, b, c, d, e, f, g, h] = *bytes;
    (
        u32::from_le_bytes([a, b, c, d]) as usize,
        u32::from_le_bytes([e, f, g, h]) as usize,
    )
}
