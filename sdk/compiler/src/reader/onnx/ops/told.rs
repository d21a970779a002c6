//! What a node may be told by an attribute or, in later operator sets, by an input.

use scoregate_graph::data::Data;
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

use super::super::lowering::{Lowering, Value};
use super::super::node::Node;
use crate::error::CompileError;

/// Whole numbers as a value: the input, or the attribute as a constant; none where neither is given.
pub(super) fn numbers(
    cx: &mut Lowering,
    node: &Node<'_>,
    at: usize,
    name: &str,
) -> Result<Option<Value>, CompileError> {
    if let Some(value) = cx.optional_input(node, at)? {
        return Ok(Some(value));
    }
    match node.has(name) {
        true => constant(cx, node, node.ints(name)?.to_vec()).map(Some),
        false => Ok(None),
    }
}

/// Whole numbers that must be known when the model is compiled.
pub(super) fn known(
    cx: &Lowering,
    node: &Node<'_>,
    at: usize,
    name: &str,
) -> Result<Option<Vec<i64>>, CompileError> {
    let Some(value) = cx.optional_input(node, at)? else {
        return Ok(match node.has(name) {
            true => Some(node.ints(name)?.to_vec()),
            false => None,
        });
    };
    match cx.constant(value).map(Tensor::data) {
        Some(Data::I64(data)) => Ok(Some(data.to_vec())),
        Some(Data::I32(data)) => Ok(Some(data.iter().map(|value| i64::from(*value)).collect())),
        Some(_) => Err(node.invalid(format!("`{name}` must be whole numbers"))),
        None => Err(node.unsupported(format!(
            "`{name}` depends on the model's inputs, which is not served"
        ))),
    }
}

/// A list of whole numbers as a value.
pub(super) fn constant(
    cx: &mut Lowering,
    node: &Node<'_>,
    numbers: Vec<i64>,
) -> Result<Value, CompileError> {
    let tensor = Shape::new(&[numbers.len()]).and_then(|shape| Tensor::i64(shape, numbers));
    Ok(cx.add_constant(tensor.map_err(|error| node.invalid(error))?))
}
