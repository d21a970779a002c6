//! Operators on columns: Scaler, Imputer, Normalizer, FeatureVectorizer.

use scoregate_graph::data::Datatype;
use scoregate_graph::ops::{Imputer, Learned, Norm, Scaler};

use super::super::super::lowering::Lowering;
use super::super::super::node::Node;
use crate::error::CompileError;

pub(super) fn scaler(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    let invalid = |error| node.invalid(error);
    let offset = cx
        .blobs
        .put_numbers(node.floats("offset")?)
        .map_err(invalid)?;
    let scale = cx
        .blobs
        .put_numbers(node.floats("scale")?)
        .map_err(invalid)?;
    Ok(Learned::Scaler(Scaler { offset, scale }))
}

pub(super) fn imputer(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    let (floats, ints) = (
        node.floats("imputed_value_floats")?,
        node.ints("imputed_value_int64s")?,
    );
    let invalid = |error| node.invalid(error);
    let input = cx.input(node, 0)?;
    cx.meet_numbers([node.int("replaced_value_int64", 0)? as f64]);
    let imputer = match (floats, ints, cx.datatype(input)) {
        ([_, ..], [], Datatype::F32) => Imputer::Floats {
            replaced: node.float("replaced_value_float", 0.0)?,
            imputed: cx.blobs.put_numbers(floats).map_err(invalid)?,
        },
        ([], [_, ..], Datatype::I64) => Imputer::Ints {
            replaced: node.int("replaced_value_int64", 0)?,
            imputed: cx.blobs.put_numbers(ints).map_err(invalid)?,
        },
        ([_, ..], [], other) | ([], [_, ..], other) => {
            return Err(node.unsupported(format!(
                "an input of {} beside imputed values of {}; onnxruntime serves float beside floats and int64 beside whole numbers",
                other.name(),
                if floats.is_empty() { "int64" } else { "float" }
            )));
        }
        _ => {
            return Err(node.invalid(
                "it needs `imputed_value_floats` or `imputed_value_int64s`, one of both",
            ));
        }
    };
    Ok(Learned::Imputer(imputer))
}

pub(super) fn normalizer(node: &Node<'_>) -> Result<Learned, CompileError> {
    Ok(Learned::Normalizer(match node.word("norm", "MAX")? {
        "MAX" => Norm::Max,
        "L1" => Norm::L1,
        "L2" => Norm::L2,
        other => return Err(node.invalid(format!("`norm` is `{other}`; there are MAX, L1 and L2"))),
    }))
}

pub(super) fn vectorizer(node: &Node<'_>) -> Result<Learned, CompileError> {
    let columns = node
        .ints("inputdimensions")?
        .iter()
        .map(|columns| u32::try_from(*columns));
    let columns: Result<Vec<u32>, _> = columns.collect();
    Ok(Learned::Vectorize {
        columns: columns
            .map_err(|_| node.invalid("`inputdimensions` has a number that is none of columns"))?,
    })
}
