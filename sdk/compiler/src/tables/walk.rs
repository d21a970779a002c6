//! The body of [`scoregate_kernel::layout::Kind::Walk`].

use scoregate_kernel::layout::{ALIGN, DEFAULT_LEFT, LEAF, NODE_BYTES, TREE_BYTES};

use super::{count, put};
use crate::error::CompileError;
use crate::forest::{Forest, Missing, Node, Split, Test};

pub(super) fn body(forest: &Forest) -> Result<Vec<u8>, CompileError> {
    let trees_bytes = (forest.len() * TREE_BYTES).next_multiple_of(ALIGN);
    let mut bytes = Vec::with_capacity(trees_bytes + forest.nodes() * NODE_BYTES);
    let mut root = 0;
    for tree in forest.trees() {
        put(&mut bytes, count(root)?);
        put(&mut bytes, count(tree.group)?);
        root += tree.nodes();
    }
    bytes.resize(trees_bytes, 0);
    let mut root = 0;
    for tree in forest.trees() {
        for at in 0..tree.nodes() {
            put_node(&mut bytes, tree.node(at), root)?;
        }
        root += tree.nodes();
    }
    Ok(bytes)
}

fn put_node(bytes: &mut Vec<u8>, node: Node<'_>, root: usize) -> Result<(), CompileError> {
    let words = match node {
        Node::Leaf(value) => [(value as f32).to_bits(), LEAF, 0, 0],
        Node::LinearLeaf(_) => return Err(unserved("leaves with linear functions")),
        Node::Split(split) => {
            let missing = if split.default_left { DEFAULT_LEFT } else { 0 };
            [
                threshold(&split)?.to_bits(),
                count(split.feature)? | missing,
                count(root + split.left)?,
                count(root + split.left + 1)?,
            ]
        }
    };
    words.iter().for_each(|word| put(bytes, *word));
    Ok(())
}

fn threshold(split: &Split<'_>) -> Result<f32, CompileError> {
    match (split.test, split.missing) {
        (Test::Less(threshold), Missing::Nan) => Ok(threshold as f32),
        (Test::In { .. }, _) => Err(unserved("splits by categories")),
        _ => Err(unserved(
            "splits that send a value left which equals the threshold",
        )),
    }
}

fn unserved(what: &str) -> CompileError {
    super::unserved(&format!("has {what}"))
}
