//! The body of [`scoregate_kernel::layout::Kind::Walk`].

use scoregate_kernel::layout::{ALIGN, DEFAULT_LEFT, LEAF, NODE_BYTES, TREE_BYTES};

use super::{count, put};
use crate::description::{Description, Node, Test};
use crate::error::CompileError;

pub(super) fn body(model: &Description) -> Result<Vec<u8>, CompileError> {
    let trees_bytes = (model.trees.len() * TREE_BYTES).next_multiple_of(ALIGN);
    let mut bytes = Vec::with_capacity(trees_bytes + model.nodes() * NODE_BYTES);
    let mut root = 0;
    for tree in &model.trees {
        put(&mut bytes, count(root)?);
        put(&mut bytes, count(tree.group)?);
        root += tree.nodes.len();
    }
    bytes.resize(trees_bytes, 0);
    let mut root = 0;
    for tree in &model.trees {
        for node in &tree.nodes {
            put_node(&mut bytes, node, root)?;
        }
        root += tree.nodes.len();
    }
    Ok(bytes)
}

fn put_node(bytes: &mut Vec<u8>, node: &Node, root: usize) -> Result<(), CompileError> {
    let words = match *node {
        Node::Leaf(value) => [value.to_bits(), LEAF, 0, 0],
        Node::Split {
            feature,
            test: Test::LessF32(threshold),
            default_left,
            left,
            right,
        } => {
            let missing = if default_left { DEFAULT_LEFT } else { 0 };
            [
                threshold.to_bits(),
                count(feature)? | missing,
                count(root + left)?,
                count(root + right)?,
            ]
        }
    };
    words.iter().for_each(|word| put(bytes, *word));
    Ok(())
}
