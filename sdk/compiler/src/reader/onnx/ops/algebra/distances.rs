//! Distances of the rows of two tables.

use scoregate_graph::ops::{Algebra, Metric, Op};

use super::super::super::lowering::{Lowering, Value};
use super::super::super::node::Node;
use super::super::layout;
use crate::error::CompileError;

/// A table of the distance of each row of `left` to each of `right`. What the model holds is laid out for it.
pub(super) fn push(
    cx: &mut Lowering,
    node: &Node<'_>,
    metric: Metric,
    left: Value,
    right: Value,
) -> Result<Value, CompileError> {
    if cx.constant(left).is_some() && cx.constant(right).is_none() {
        let turned = push(cx, node, metric, right, left)?;
        return cx.push(node, Op::Layout(layout::swapped()), &[turned]);
    }
    let dense = match cx.constant(left) {
        None => super::held(cx, node, right, metric, true)?,
        Some(_) => None,
    };
    match dense {
        Some(mut dense) => {
            dense.table = true;
            cx.push(node, Op::Algebra(Algebra::Dense(dense)), &[left])
        }
        None => cx.push(node, Op::Algebra(Algebra::Distance(metric)), &[left, right]),
    }
}
