//! Linear models: LinearRegressor, LinearClassifier.

use scoregate_graph::ops::{Learned, LinearClassifier, LinearRegressor, Op, Post};

use super::super::super::lowering::{Lowering, Value};
use super::super::super::node::Node;
use super::super::parts::{Matrix, Rows};
use crate::error::CompileError;

pub(super) fn regressor(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let (sums, input) = sums(cx, node, node.int("targets", 1)?)?;
    push(cx, node, Learned::LinearRegressor(sums), input)
}

pub(super) fn classifier(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let count = node.floats("intercepts")?.len();
    if count == 0 {
        return Err(node.invalid("`intercepts` is empty; it tells how many sums there are"));
    }
    let (sums, input) = sums(cx, node, count as i64)?;
    let (labels, classes) = super::labels(cx, node, "classlabels_ints")?;
    if count == 1 && classes == 2 && sums.post == Post::Probit {
        return Err(node.unsupported("PROBIT of a single sum for two classes is not defined, and onnxruntime leaves a score unwritten"));
    }
    let classifier = LinearClassifier { sums, labels };
    push(cx, node, Learned::LinearClassifier(classifier), input)
}

fn push(cx: &mut Lowering, node: &Node<'_>, op: Learned, input: Value) -> Result<(), CompileError> {
    let made = cx.push_step(node, Op::Learned(op), &[Some(input)])?;
    super::bind(cx, node, made)
}

/// The sums, and what they are made of: the node's input, or the products of its parts.
fn sums(
    cx: &mut Lowering,
    node: &Node<'_>,
    targets: i64,
) -> Result<(LinearRegressor, Value), CompileError> {
    let invalid = |error| node.invalid(error);
    let targets = u32::try_from(targets).ok().filter(|targets| *targets > 0);
    let targets =
        targets.ok_or_else(|| invalid("the number of targets is not above zero".to_owned()))?;
    let input = cx.input(node, 0)?;
    let coefficients = node.floats("coefficients")?;
    let matrix = Matrix {
        elements: coefficients,
        width: targets as usize,
        turned: true,
    };
    let products = match Rows::of(cx, input) {
        Some(rows) => rows.product(cx, node, &matrix)?,
        None => None,
    };
    let (coefficients, input) = match products {
        Some(products) => (None, products),
        None => {
            let blob = cx.blobs.put_numbers(coefficients);
            (Some(blob.map_err(invalid)?), input)
        }
    };
    let regressor = LinearRegressor {
        targets,
        coefficients,
        intercepts: cx
            .blobs
            .put_numbers(node.floats("intercepts")?)
            .map_err(invalid)?,
        post: super::post(node)?,
    };
    Ok((regressor, input))
}
