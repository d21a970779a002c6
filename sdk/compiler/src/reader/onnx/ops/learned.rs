//! The operators of `ai.onnx.ml`.

use scoregate_graph::ops::{Learned, Op};

use super::super::lowering::Lowering;
use super::super::node::Node;
use crate::error::CompileError;

/// Adds the node's steps, if it is of this family.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    match node.op() {
        "Scaler" => scaler(cx, node)?,
        // A map from class to probability for each row: what it is made of says the same as a table.
        "ZipMap" => {
            let input = cx.input(node, 0)?;
            cx.bind(node, 0, input)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn scaler(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let invalid = |error| node.invalid(error);
    let offset = cx.blobs.put_numbers(node.floats("offset")?).map_err(invalid)?;
    let scale = cx.blobs.put_numbers(node.floats("scale")?).map_err(invalid)?;
    let input = cx.input(node, 0)?;
    let op = Op::Learned(Learned::Scaler { offset, scale });
    let made = cx.push(node, op, &[input])?;
    cx.bind(node, 0, made)
}
