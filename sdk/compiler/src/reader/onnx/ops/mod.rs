//! What each operator of ONNX becomes. One file for each family of steps; an operator's meaning is that of
//! <https://onnx.ai/onnx/operators/>, and where that leaves room, what onnxruntime does.

mod algebra;
mod elementwise;
mod layout;
mod learned;
mod parts;
mod reduce;
mod told;
mod words;

pub(super) use algebra::row;

use super::lowering::Lowering;
use super::node::{MICROSOFT, ML, Node, PLAIN};
use crate::error::CompileError;

/// Adds the steps of a node.
///
/// # Errors
/// An operator that is not served, by its name and the node's; what is wrong with the node.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let known = match node.domain() {
        PLAIN => {
            elementwise::lower(cx, node)?
                || layout::lower(cx, node)?
                || reduce::lower(cx, node)?
                || algebra::lower(cx, node)?
                || words::lower(cx, node)?
        }
        ML => learned::lower(cx, node)?,
        MICROSOFT => algebra::lower_microsoft(cx, node)? || words::lower_microsoft(cx, node)?,
        _ => false,
    };
    match known {
        true => Ok(()),
        false => Err(node.unsupported(format!(
            "the operator {}.{} is not served",
            node.domain(),
            node.op()
        ))),
    }
}
