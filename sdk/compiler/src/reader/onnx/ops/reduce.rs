//! Operators along an axis.

use super::super::lowering::Lowering;
use super::super::node::Node;
use crate::error::CompileError;

/// Adds the node's steps, if it is of this family.
pub(super) fn lower(_cx: &mut Lowering, _node: &Node<'_>) -> Result<bool, CompileError> {
    Ok(false)
}
