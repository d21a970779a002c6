//! How far an answer may be from onnxruntime's.

use super::Case;
use super::compare::{self, Distance};
use super::stored::Stored;

/// What sums of another order and functions of another library may make of an output's greatest answer.
pub const ULPS_MAX: f64 = 32.0;

/// How many of the units of `f64` are one of `f32`.
const F64_ULPS_OF_F32: f64 = (1_u64 << 29) as f64;

/// Operators that sum or round more than once. Trees sum too, but in onnxruntime's order; what follows their sum is a function.
const ROUNDED: &[&str] = &[
    "Acos",
    "Asin",
    "Atan",
    "BatchNormalization",
    "CDist",
    "Celu",
    "Cos",
    "Cosh",
    "CumSum",
    "Einsum",
    "Elu",
    "Erf",
    "Exp",
    "Gelu",
    "Gemm",
    "HardSigmoid",
    "HardSwish",
    "LayerNormalization",
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
    "Selu",
    "Sigmoid",
    "Sin",
    "Sinh",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tan",
    "Tanh",
    "TreeEnsemble",
    "TreeEnsembleClassifier",
    "TreeEnsembleRegressor",
];

/// Those of them that work in `f32`, whatever follows.
const NARROW: &[&str] = &[
    "SVMClassifier",
    "SVMRegressor",
    "LinearClassifier",
    "LinearRegressor",
    "Normalizer",
];

/// Models whose sums are far greater than what is left of them, and their ULP.
const CANCELLING: &[(&str, f64)] = &[("mixtures.GaussianProcessRegressor.dot", 256.0)];

/// Whether an output is as near as it has to be.
pub fn within(case: &Case, output: &str, operators: &[String], distance: Distance) -> bool {
    distance.others == 0 && distance.ulps <= allowed(case, output, operators)
}

/// Units in the last place that are allowed, of an output of a model with these operators.
fn allowed(case: &Case, output: &str, operators: &[String]) -> f64 {
    let any = |list: &[&str]| {
        let plain = |operator: &str| operator.rsplit('.').next().unwrap_or_default().to_owned();
        operators
            .iter()
            .any(|operator| list.contains(&&plain(operator)[..]))
    };
    if !any(ROUNDED) {
        return 0.0;
    }
    let stored = |list: &[Stored]| list.iter().position(|one| one.name == output);
    let batch = &case.outputs[stored(&case.outputs).expect("an output")];
    let narrow = any(NARROW) && batch.datatype == "FP64";
    let known = CANCELLING.iter().find(|(name, _)| *name == case.name);
    let most =
        known.map_or(ULPS_MAX, |(_, most)| *most) * if narrow { F64_ULPS_OF_F32 } else { 1.0 };
    let own = stored(&case.alone).and_then(|place| {
        let alone = case.alone[place].tensor(None).ok()?;
        let rows = 0..case.corners.unwrap_or(usize::MAX);
        Some(compare::distance(&alone, batch, rows).ulps)
    });
    most.max(2.0 * own.unwrap_or(0.0))
}
