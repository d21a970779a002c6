//! Linear models: LinearRegressor, LinearClassifier.

use scoregate_graph::ops::{Learned, LinearClassifier, LinearRegressor, Post};

use super::super::super::lowering::Lowering;
use super::super::super::node::Node;
use crate::error::CompileError;

pub(super) fn regressor(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    Ok(Learned::LinearRegressor(sums(
        cx,
        node,
        node.int("targets", 1)?,
    )?))
}

pub(super) fn classifier(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    let count = node.floats("intercepts")?.len();
    if count == 0 {
        return Err(node.invalid("`intercepts` is empty; it tells how many sums there are"));
    }
    let sums = sums(cx, node, count as i64)?;
    let (labels, classes) = super::labels(cx, node, "classlabels_ints")?;
    if count == 1 && classes == 2 && sums.post == Post::Probit {
        return Err(node.unsupported("PROBIT of a single sum for two classes is not defined, and onnxruntime leaves a score unwritten"));
    }
    Ok(Learned::LinearClassifier(LinearClassifier { sums, labels }))
}

fn sums(cx: &mut Lowering, node: &Node<'_>, targets: i64) -> Result<LinearRegressor, CompileError> {
    let invalid = |error| node.invalid(error);
    let targets = u32::try_from(targets).ok().filter(|targets| *targets > 0);
    let coefficients = node.floats("coefficients")?;
    Ok(LinearRegressor {
        targets: targets.ok_or_else(|| node.invalid("the number of targets is not above zero"))?,
        coefficients: cx.blobs.put_numbers(coefficients).map_err(invalid)?,
        intercepts: cx
            .blobs
            .put_numbers(node.floats("intercepts")?)
            .map_err(invalid)?,
        post: super::post(node)?,
    })
}
