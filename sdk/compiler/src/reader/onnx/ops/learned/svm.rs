//! Support vector machines: SVMRegressor, SVMClassifier.

use scoregate_graph::ops::{Kernel, Learned, Post, Svm, SvmClassifier, SvmRegressor};

use super::super::super::lowering::Lowering;
use super::super::super::node::Node;
use crate::error::CompileError;

/// Classes at most: their pairs are counted.
const CLASSES_MAX: usize = 4_096;

pub(super) fn regressor(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    let count = node.int("n_supports", 0)?;
    let coefficients = node.floats("coefficients")?;
    let svm = match u32::try_from(count) {
        Ok(0) => svm(cx, node, Kernel::Linear, coefficients, 1, &[])?,
        Ok(count) => {
            let vectors = node.floats("support_vectors")?;
            svm(cx, node, kernel(node)?, vectors, count, coefficients)?
        }
        Err(_) => {
            return Err(node.invalid(format!(
                "`n_supports` is {count}, which is no number of vectors"
            )));
        }
    };
    Ok(Learned::SvmRegressor(SvmRegressor {
        svm,
        one_class: node.int("one_class", 0)? != 0,
    }))
}

pub(super) fn classifier(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    let invalid = |error| node.invalid(error);
    let coefficients = node.floats("coefficients")?;
    let (labels, classes) = super::labels(cx, node, "classlabels_ints")?;
    if classes > CLASSES_MAX {
        return Err(node.unsupported(format!(
            "it has {classes} classes; at most {CLASSES_MAX} are served"
        )));
    }
    let per_class = node
        .ints("vectors_per_class")?
        .iter()
        .map(|count| u32::try_from(*count));
    let mut per_class: Vec<u32> = per_class
        .collect::<Result<_, _>>()
        .map_err(|_| node.invalid("`vectors_per_class` has a number that is none of vectors"))?;
    let vectors: u64 = per_class.iter().map(|count| u64::from(*count)).sum();
    let post = super::post(node)?;
    let (prob_a, prob_b) = (node.floats("prob_a")?, node.floats("prob_b")?);
    if prob_a.len() != prob_b.len() {
        return Err(node.invalid(format!(
            "`prob_a` has {} numbers and `prob_b` {}; there must be as many of each",
            prob_a.len(),
            prob_b.len()
        )));
    }
    let (svm, probabilities) = match u32::try_from(vectors) {
        Ok(0) => {
            per_class.clear();
            (
                svm(cx, node, Kernel::Linear, coefficients, classes as u32, &[])?,
                (&[][..], &[][..]),
            )
        }
        Ok(count) => {
            if classes == 2 && prob_a.is_empty() && post == Post::Probit {
                return Err(node.unsupported("PROBIT of two classes without probabilities is not defined, and onnxruntime leaves a score unwritten"));
            }
            let vectors = node.floats("support_vectors")?;
            (
                svm(cx, node, kernel(node)?, vectors, count, coefficients)?,
                (prob_a, prob_b),
            )
        }
        Err(_) => {
            return Err(
                node.invalid("`vectors_per_class` counts more vectors than a file can hold")
            );
        }
    };
    Ok(Learned::SvmClassifier(SvmClassifier {
        svm,
        labels,
        per_class,
        prob_a: cx.blobs.put_numbers(probabilities.0).map_err(invalid)?,
        prob_b: cx.blobs.put_numbers(probabilities.1).map_err(invalid)?,
        post,
        all_positive: coefficients.iter().all(|coefficient| *coefficient >= 0.0),
    }))
}

fn svm(
    cx: &mut Lowering,
    node: &Node<'_>,
    kernel: Kernel,
    vectors: &[f32],
    count: u32,
    coefficients: &[f32],
) -> Result<Svm, CompileError> {
    let invalid = |error| node.invalid(error);
    Ok(Svm {
        kernel,
        vectors: cx.blobs.put_numbers(vectors).map_err(invalid)?,
        count,
        coefficients: cx.blobs.put_numbers(coefficients).map_err(invalid)?,
        rho: cx.blobs.put_numbers(node.floats("rho")?).map_err(invalid)?,
    })
}

fn kernel(node: &Node<'_>) -> Result<Kernel, CompileError> {
    let (gamma, coef0, degree) = match node.floats("kernel_params")? {
        [] => (0.0, 0.0, 0.0),
        [gamma, coef0, degree, ..] => (*gamma, *coef0, *degree),
        few => {
            return Err(node.invalid(format!(
                "`kernel_params` has {} numbers; there are three, gamma, coef0 and degree",
                few.len()
            )));
        }
    };
    Ok(match node.word("kernel_type", "LINEAR")? {
        "LINEAR" => Kernel::Linear,
        "POLY" => Kernel::Poly {
            gamma,
            coef0,
            degree,
        },
        "RBF" => Kernel::Rbf { gamma },
        "SIGMOID" => Kernel::Sigmoid { gamma, coef0 },
        other => {
            return Err(node.invalid(format!(
                "`kernel_type` is `{other}`; there are LINEAR, POLY, RBF and SIGMOID"
            )));
        }
    })
}
