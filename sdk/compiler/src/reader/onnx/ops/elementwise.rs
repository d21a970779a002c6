//! Operators on each element by itself, or with its counterpart.

use scoregate_graph::ops::{Elementwise, Op, Unary};

use super::super::lowering::Lowering;
use super::super::node::Node;
use crate::error::CompileError;

/// Adds the node's steps, if it is of this family.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    let unary = match node.op() {
        "Identity" => {
            let input = cx.input(node, 0)?;
            cx.bind(node, 0, input)?;
            return Ok(true);
        }
        "Neg" => Unary::Neg,
        _ => return Ok(false),
    };
    let input = cx.input(node, 0)?;
    let made = cx.push(node, Op::Elementwise(Elementwise::Unary(unary)), &[input])?;
    cx.bind(node, 0, made)?;
    Ok(true)
}
