//! The self-check's part for the output `contributions`: what they cost, and what they are held against.

use crate::description::{Description, Precision};
use crate::forest::{Forest, Node, Tree};
use crate::shapley;

/// Steps of TreeSHAP for all rows: some seconds' work.
const STEPS_MAX: usize = 1 << 30;
/// Rows at least, however large the model.
const ROWS_MIN: usize = 256;
/// Steps for the rows of one call.
const CALL_STEPS_MAX: usize = 1 << 30;
/// Steps for the rows that are kept as golden cases, which are run at each load.
const KEPT_STEPS_MAX: usize = 1 << 22;
/// Rows that are held against the plain definition, and the steps that it may take for one.
const DEFINED_ROWS: usize = 32;
const DEFINED_STEPS_MAX: usize = 1 << 20;
/// How far contributions may be from their definition or their sum from the margin, in units of the greatest of a row; and as many again as
/// there are trees, whose rounding adds up.
const UNITS_MAX: f64 = 64.0;

/// How many rows the check of a model may take.
pub(crate) struct Bounds {
    /// One row in so many is compared.
    pub every: usize,
    /// Rows of one call.
    pub call_rows: usize,
    /// Rows that are kept.
    pub kept_rows: usize,
}

impl Bounds {
    /// Of a model without contributions: none.
    pub const NONE: Self = Self {
        every: 1,
        call_rows: usize::MAX,
        kept_rows: usize::MAX,
    };

    /// Of one with them, of which there are `rows` rows.
    pub fn of(model: &Description, rows: usize) -> Self {
        let steps = model.forest().map_or(1, |forest| {
            let depth = forest.depth() + 1;
            (forest.leaves() * depth * depth).max(1)
        });
        let wanted = (STEPS_MAX / steps).max(ROWS_MIN);
        Self {
            every: rows.div_ceil(wanted).max(1),
            call_rows: (CALL_STEPS_MAX / steps).max(1),
            kept_rows: (KEPT_STEPS_MAX / steps).max(1),
        }
    }
}

/// The contributions of a row by their definition, where that is cheap enough; `row` is its number among the compared.
pub(crate) fn defined(model: &Description, nth: usize, row: &[f64]) -> Option<Vec<f64>> {
    let cheap = model
        .forest()
        .is_none_or(|forest| defined_steps(forest) <= DEFINED_STEPS_MAX);
    (nth < DEFINED_ROWS && cheap)
        .then(|| shapley::contributions(model, row))
        .flatten()
}

fn defined_steps(forest: &Forest) -> usize {
    let steps = |tree: Tree<'_>| {
        let splits = (0..tree.nodes()).filter_map(|at| match tree.node(at) {
            Node::Split(split) => Some(split.feature),
            _ => None,
        });
        let mut features: Vec<usize> = splits.collect();
        features.sort_unstable();
        features.dedup();
        let subsets = 1_usize.checked_shl(features.len().min(32) as u32);
        subsets.unwrap_or(usize::MAX).saturating_mul(tree.nodes())
    };
    forest
        .trees()
        .fold(0, |sum, tree| sum.saturating_add(steps(tree)))
}

/// The first of a row's contributions that is wrong, and what was expected; where only their sum can be told to be wrong, the group's bias.
pub(crate) fn difference(
    model: &Description,
    defined: Option<&[f64]>,
    margins: &[f64],
    found: &[f64],
) -> Option<(usize, f64)> {
    let epsilon = match model.precision {
        Precision::F32 => f64::from(f32::EPSILON),
        Precision::F64 => f64::EPSILON,
    };
    let trees = model.forest().map_or(0, Forest::len) as f64;
    let sizes = found.iter().chain(margins).map(|number| number.abs());
    let allowed = sizes.fold(f64::MIN_POSITIVE, f64::max) * epsilon * (UNITS_MAX + trees);
    let apart = |expected: f64, found: f64| {
        // Only a linear model's values make numbers that are not finite, and those are the same.
        let same = expected == found || expected.is_nan() && found.is_nan();
        let distance = (expected - found).abs();
        !same && (distance.is_nan() || distance > allowed)
    };
    if let Some(defined) = defined {
        let mut pairs = defined.iter().zip(found).enumerate();
        return pairs
            .find_map(|(at, (defined, found))| apart(*defined, *found).then_some((at, *defined)));
    }
    let width = model.features + 1;
    let groups = found.chunks_exact(width).zip(margins).enumerate();
    groups
        .filter(|(_, (of_group, _))| of_group.iter().all(|number| number.is_finite()))
        .find_map(|(group, (of_group, margin))| {
            let sum: f64 = of_group.iter().sum();
            let bias = of_group[model.features];
            apart(*margin, sum).then(|| ((group + 1) * width - 1, bias + margin - sum))
        })
}
