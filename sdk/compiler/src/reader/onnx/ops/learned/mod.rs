//! The operators of `ai.onnx.ml`.

mod categories;
mod columns;
mod linear;
mod svm;
mod trees;

use scoregate_graph::ops::{Labels, Learned, Op, Post};

use super::super::lowering::{Lowering, Value};
use super::super::node::Node;
use crate::error::CompileError;

/// Adds the node's steps, if it is of this family.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    let op = match node.op() {
        "Scaler" => columns::scaler(cx, node)?,
        "Imputer" => columns::imputer(cx, node)?,
        "Normalizer" => columns::normalizer(node)?,
        "Binarizer" => Learned::Binarizer {
            threshold: node.float("threshold", 1.0)?,
        },
        "ArrayFeatureExtractor" => Learned::Extract,
        "FeatureVectorizer" => columns::vectorizer(node)?,
        "OneHotEncoder" => categories::one_hot(cx, node)?,
        "LabelEncoder" if node.opset < 2 => categories::label_encoder_1(cx, node)?,
        "LabelEncoder" => categories::label_encoder(cx, node)?,
        "CategoryMapper" => categories::mapper(cx, node)?,
        "SVMRegressor" => svm::regressor(cx, node)?,
        "SVMClassifier" => svm::classifier(cx, node)?,
        "TreeEnsembleRegressor" | "TreeEnsembleClassifier" | "TreeEnsemble" => {
            trees::lower(cx, node)?
        }
        "LinearRegressor" => {
            linear::regressor(cx, node)?;
            return Ok(true);
        }
        "LinearClassifier" => {
            linear::classifier(cx, node)?;
            return Ok(true);
        }
        // A map from class to probability for each row: what it is made of says the same as a table.
        "ZipMap" => {
            let input = cx.input(node, 0)?;
            cx.bind(node, 0, input)?;
            return Ok(true);
        }
        "DictVectorizer" | "CastMap" => {
            return Err(node.unsupported(format!(
                "{} takes a map for each row, and maps are not served as inputs; give each key a column of its own",
                node.op()
            )));
        }
        _ => return Ok(false),
    };
    push(cx, node, Op::Learned(op))?;
    Ok(true)
}

/// Adds a step that takes all the node's inputs, and names what it gives.
pub(super) fn push(cx: &mut Lowering, node: &Node<'_>, op: Op) -> Result<(), CompileError> {
    let inputs: Vec<_> = cx.inputs(node)?.into_iter().map(Some).collect();
    let made = cx.push_step(node, op, &inputs)?;
    bind(cx, node, made)
}

/// Names all that a node gives.
fn bind(cx: &mut Lowering, node: &Node<'_>, made: Vec<Value>) -> Result<(), CompileError> {
    for (at, value) in made.into_iter().enumerate() {
        cx.bind(node, at, value)?;
    }
    Ok(())
}

/// The `post_transform` of a node.
fn post(node: &Node<'_>) -> Result<Post, CompileError> {
    Ok(match node.word("post_transform", "NONE")? {
        "NONE" => Post::None,
        "LOGISTIC" => Post::Logistic,
        "SOFTMAX" => Post::Softmax,
        "SOFTMAX_ZERO" => Post::SoftmaxZero,
        "PROBIT" => Post::Probit,
        other => {
            return Err(node.invalid(format!(
                "`post_transform` is `{other}`; there are NONE, LOGISTIC, SOFTMAX, SOFTMAX_ZERO and PROBIT"
            )));
        }
    })
}

/// A classifier's classes and how many there are: `classlabels_strings`, or whole numbers by the name that the operator has for them.
fn labels(cx: &mut Lowering, node: &Node<'_>, ints: &str) -> Result<(Labels, usize), CompileError> {
    let (texts, ints) = (node.strings("classlabels_strings")?, node.ints(ints)?);
    let labels = match (texts, ints) {
        ([], []) => return Err(node.invalid("it has no class labels")),
        ([], ints) => (cx.blobs.put_numbers(ints).map(Labels::Ints), ints.len()),
        (texts, _) => (cx.blobs.put_texts(texts).map(Labels::Texts), texts.len()),
    };
    Ok((labels.0.map_err(|error| node.invalid(error))?, labels.1))
}
