//! How far an answer may be from onnxruntime's.

use super::Case;
use super::compare::{self, Distance};

/// What sums of another order and functions of another library may make of an output's greatest answer.
pub const ULPS_MAX: f64 = 32.0;

/// Operators that round: sums, and functions that are no single operation of IEEE 754.
const ROUNDED: &[&str] = &[
    "CDist",
    "Cos",
    "Cosh",
    "CumSum",
    "Einsum",
    "Elu",
    "Celu",
    "Selu",
    "Erf",
    "Exp",
    "Gelu",
    "Gemm",
    "HardSigmoid",
    "HardSwish",
    "LayerNormalization",
    "BatchNormalization",
    "LinearClassifier",
    "LinearRegressor",
    "Log",
    "LogSoftmax",
    "MatMul",
    "Mean",
    "Mish",
    "Normalizer",
    "Pow",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceMean",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
    "SVMClassifier",
    "SVMRegressor",
    "Scan",
    "Sigmoid",
    "Sin",
    "Sinh",
    "Asin",
    "Acos",
    "Atan",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tan",
    "Tanh",
    "TfIdfVectorizer",
];

/// What is allowed, of an output of a model with these operators, in units in the last place.
pub fn allowed(case: &Case, output: &str, operators: &[String]) -> f64 {
    if !operators
        .iter()
        .filter_map(|operator| operator.rsplit('.').next())
        .any(|operator| ROUNDED.contains(&operator))
    {
        return 0.0;
    }
    let theirs = |stored: &[super::Stored]| stored.iter().position(|one| one.name == output);
    let (Some(batch), Some(alone)) = (theirs(&case.outputs), theirs(&case.alone)) else {
        return ULPS_MAX;
    };
    let Ok(alone) = case.alone[alone].tensor(None) else {
        return ULPS_MAX;
    };
    let own = compare::distance(
        &alone,
        &case.outputs[batch],
        0..case.corners.unwrap_or(usize::MAX),
    );
    ULPS_MAX.max(2.0 * own.ulps)
}

/// Whether an output is as near as it has to be.
pub fn within(case: &Case, output: &str, operators: &[String], distance: Distance) -> bool {
    distance.others == 0 && distance.ulps <= allowed(case, output, operators)
}
