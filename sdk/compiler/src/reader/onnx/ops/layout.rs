//! Operators that put elements elsewhere.

use scoregate_graph::ops::{Layout, Op};

use super::super::lowering::Lowering;
use super::super::node::Node;
use crate::error::CompileError;

/// Adds the node's steps, if it is of this family.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    match node.op() {
        "Flatten" if node.int("axis", 1)? == 1 => {
            let input = cx.input(node, 0)?;
            let made = cx.push(node, Op::Layout(Layout::Flatten), &[input])?;
            cx.bind(node, 0, made)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}
