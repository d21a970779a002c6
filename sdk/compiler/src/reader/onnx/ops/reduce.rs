//! Operators along an axis.

use scoregate_graph::ops::{Binary, Elementwise, Fold, Normalise, Op, Reduce, Unary};
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

use super::super::lowering::Lowering;
use super::super::node::Node;
use super::told;
use crate::error::CompileError;

/// Adds the node's steps, if it is of this family.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    if let Some(fold) = fold(node.op()) {
        folded(cx, node, fold)?;
        return Ok(true);
    }
    match node.op() {
        "ArgMax" | "ArgMin" => {
            let op = Reduce::Extreme {
                greatest: node.op() == "ArgMax",
                axis: node.int("axis", 0)?,
                keep: node.int("keepdims", 1)? != 0,
                last: node.int("select_last_index", 0)? != 0,
            };
            first(cx, node, op)?;
        }
        "Softmax" => normalised(cx, node, Normalise::Softmax)?,
        "LogSoftmax" => normalised(cx, node, Normalise::LogSoftmax)?,
        "Hardmax" => normalised(cx, node, Normalise::Hardmax)?,
        "TopK" => top(cx, node)?,
        "CumSum" => {
            let inputs = [cx.input(node, 0)?, cx.input(node, 1)?];
            let op = Op::Reduce(Reduce::Running {
                exclusive: node.int("exclusive", 0)? != 0,
                reverse: node.int("reverse", 0)? != 0,
            });
            let made = cx.push(node, op, &inputs)?;
            cx.bind(node, 0, made)?;
        }
        "LayerNormalization" => layer_normalization(cx, node)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn fold(operator: &str) -> Option<Fold> {
    Some(match operator {
        "ReduceSum" => Fold::Sum,
        "ReduceMean" => Fold::Mean,
        "ReduceProd" => Fold::Prod,
        "ReduceMax" => Fold::Max,
        "ReduceMin" => Fold::Min,
        "ReduceL1" => Fold::L1,
        "ReduceL2" => Fold::L2,
        "ReduceSumSquare" => Fold::SumSquare,
        "ReduceLogSum" => Fold::LogSum,
        "ReduceLogSumExp" => Fold::LogSumExp,
        _ => return None,
    })
}

fn first(cx: &mut Lowering, node: &Node<'_>, op: Reduce) -> Result<(), CompileError> {
    let input = cx.input(node, 0)?;
    let made = cx.push(node, Op::Reduce(op), &[input])?;
    cx.bind(node, 0, made)
}

fn folded(cx: &mut Lowering, node: &Node<'_>, fold: Fold) -> Result<(), CompileError> {
    let axes = told::known(cx, node, 1, "axes")?.filter(|axes| !axes.is_empty());
    if axes.is_none() && node.int("noop_with_empty_axes", 0)? != 0 {
        if !matches!(
            fold,
            Fold::Sum | Fold::Mean | Fold::Prod | Fold::Max | Fold::Min
        ) {
            return Err(node.unsupported("`noop_with_empty_axes` without axes is not served"));
        }
        let input = cx.input(node, 0)?;
        return cx.bind(node, 0, input);
    }
    let keep = node.int("keepdims", 1)? != 0;
    first(cx, node, Reduce::Fold { fold, axes, keep })
}

/// Before operator set 13 all dimensions from the axis on were one.
fn normalised(cx: &mut Lowering, node: &Node<'_>, how: Normalise) -> Result<(), CompileError> {
    let flat = node.opset < 13;
    let axis = node.int("axis", if flat { 1 } else { -1 })?;
    first(cx, node, Reduce::Normalise { how, axis, flat })
}

fn top(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let input = cx.input(node, 0)?;
    let count = match node.opset < 10 {
        true => told::constant(cx, node, vec![node.int("k", 0)?])?,
        false => cx.input(node, 1)?,
    };
    let op = Op::Reduce(Reduce::Top {
        greatest: node.int("largest", 1)? != 0,
        axis: node.int("axis", -1)?,
    });
    let made = cx.push_step(node, op, &[Some(input), Some(count)])?;
    for (nth, value) in made.into_iter().enumerate() {
        cx.bind(node, nth, value)?;
    }
    Ok(())
}

/// `(x - mean) / sqrt(variance + epsilon) * scale + bias`, along all dimensions from the axis on.
fn layer_normalization(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    if node
        .proto
        .output
        .iter()
        .skip(1)
        .any(|name| !name.is_empty())
    {
        return Err(node.unsupported("its mean and its deviation as outputs are not served"));
    }
    let input = cx.input(node, 0)?;
    let rank = cx.shape(input).len() as i64;
    let axis = node.int("axis", -1)?;
    let axis = if axis < 0 {
        axis.saturating_add(rank)
    } else {
        axis
    };
    let axes: Vec<i64> = (axis.max(0)..rank).collect();
    let mean = || {
        Op::Reduce(Reduce::Fold {
            fold: Fold::Mean,
            axes: Some(axes.clone()),
            keep: true,
        })
    };
    let op = |function| Op::Elementwise(Elementwise::Binary(function));
    let middle = cx.push(node, mean(), &[input])?;
    let away = cx.push(node, op(Binary::Sub), &[input, middle])?;
    let squares = cx.push(node, op(Binary::Mul), &[away, away])?;
    let variance = cx.push(node, mean(), &[squares])?;
    let epsilon = Tensor::f32(Shape::SCALAR, vec![node.float("epsilon", 1e-5)?]);
    let epsilon = cx.add_constant(epsilon.map_err(|error| node.invalid(error))?);
    let cast = Elementwise::Cast(cx.datatype(input));
    let epsilon = cx.push(node, Op::Elementwise(cast), &[epsilon])?;
    let wide = cx.push(node, op(Binary::Add), &[variance, epsilon])?;
    let wide = cx.push(
        node,
        Op::Elementwise(Elementwise::Unary(Unary::Sqrt)),
        &[wide],
    )?;
    let mut made = cx.push(node, op(Binary::Div), &[away, wide])?;
    let scale = cx.input(node, 1)?;
    made = cx.push(node, op(Binary::Mul), &[made, scale])?;
    if let Some(bias) = cx.optional_input(node, 2)? {
        made = cx.push(node, op(Binary::Add), &[made, bias])?;
    }
    cx.bind(node, 0, made)
}
