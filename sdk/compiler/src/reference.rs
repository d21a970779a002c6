//! A model evaluated straight from its description: slow, plain, and what every kernel is compared with.

use crate::description::{Description, Family, Linear, Link, Precision};
use crate::forest::{CategoryRule, Forest, Missing, Node, Split, Test, Tree};

/// The margins of one row, one a group, in the library's steps. Where the model computes in `f32`, so do all steps: values are
/// rounded to it first, and each margin is an `f32` exactly.
///
/// # Panics
/// If the row has fewer values than the model has features.
pub fn margins(model: &Description, row: &[f64]) -> Vec<f64> {
    margins_of(model, &[row]).concat()
}

/// The margins of several rows: the same, tree by tree, so that a tree is fetched from memory once.
///
/// # Panics
/// As [`margins`].
pub(crate) fn margins_of(model: &Description, rows: &[impl AsRef<[f64]>]) -> Vec<Vec<f64>> {
    let round = rounding(model.precision);
    let rounded = |row: &[f64]| row.iter().map(|value| round(*value)).collect();
    let mut rows: Vec<Vec<f64>> = rows.iter().map(|row| rounded(row.as_ref())).collect();
    let mut sums = vec![model.base_margins.clone(); rows.len()];
    match &model.family {
        Family::Trees(forest) => add_leaves(forest, &mut rows, &mut sums, round),
        Family::Linear(linear) => {
            for (row, sums) in rows.iter().zip(&mut sums) {
                add_products(linear, row, sums, round);
            }
        }
    }
    sums
}

/// The leaf that a row reaches in each tree, by the library's own number.
///
/// # Panics
/// As [`margins`].
pub fn leaves(model: &Description, row: &[f64]) -> Vec<u32> {
    let Some(forest) = model.forest() else {
        return Vec::new();
    };
    let round = rounding(model.precision);
    let row: Vec<f64> = row
        .iter()
        .map(|value| near_zero(forest, round(*value)))
        .collect();
    let reached = |tree: Tree<'_>| tree.id(reach(tree, &row, forest.category_rule));
    forest.trees().map(reached).collect()
}

/// Whether a split of the model's trees sends a value left.
pub(crate) fn sends_left(model: &Description, split: &Split<'_>, value: f64) -> bool {
    model
        .forest()
        .is_some_and(|forest| goes_left(split, near_zero(forest, value), forest.category_rule))
}

/// The margins after the model's link, in its precision. `exp` is the platform's own, as it is the libraries'.
pub fn linked(model: &Description, margins: &[f64]) -> Vec<f64> {
    let margins: Vec<f64> = margins
        .iter()
        .map(|margin| margin / model.divisor)
        .collect();
    let each = |link: &dyn Fn(f64) -> f64| margins.iter().map(|margin| link(*margin)).collect();
    match (model.link, model.precision) {
        (Link::Identity, _) => margins,
        (Link::Hinge, _) => each(&|margin| f64::from(margin > 0.0)),
        (Link::SignedSquare, _) => each(&signed_square),
        (Link::Exp, Precision::F32) => each(&|margin| f64::from((margin as f32).exp())),
        (Link::Exp, Precision::F64) => each(&f64::exp),
        (Link::Softplus, _) => each(&|margin| margin.exp().ln_1p()),
        (Link::Logistic { .. }, Precision::F32) => {
            each(&|margin| f64::from(1.0 / ((-margin as f32).min(88.7).exp() + 1.0)))
        }
        (Link::Logistic { steepness }, Precision::F64) => {
            each(&|margin| 1.0 / (1.0 + (-steepness * margin).exp()))
        }
        (Link::Softmax, precision) => softmax(&margins, precision),
    }
}

/// XGBoost's and LightGBM's `Softmax` (src/common/math.h, include/LightGBM/utils/common.h): both sum in `f64`.
fn softmax(margins: &[f64], precision: Precision) -> Vec<f64> {
    let round = rounding(precision);
    let greatest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = margins
        .iter()
        .map(|margin| match precision {
            Precision::F32 => f64::from(((margin - greatest) as f32).exp()),
            Precision::F64 => (margin - greatest).exp(),
        })
        .collect();
    let sum = round(powers.iter().sum::<f64>());
    powers.iter().map(|power| round(power / sum)).collect()
}

fn signed_square(margin: f64) -> f64 {
    let sign = f64::from(i8::from(margin > 0.0) - i8::from(margin < 0.0));
    sign * margin * margin
}

/// One operation on two `f32`, done in `f64` and rounded, is that operation in `f32`: sums, products and quotients alike.
fn rounding(precision: Precision) -> fn(f64) -> f64 {
    match precision {
        Precision::F32 => |value| f64::from(value as f32),
        Precision::F64 => |value| value,
    }
}

fn add_products(linear: &Linear, row: &[f64], sums: &mut [f64], round: fn(f64) -> f64) {
    for (value, weights) in row.iter().zip(linear.weights.chunks_exact(sums.len())) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            if !value.is_nan() {
                *sum = round(*sum + round(value * weight));
            }
        }
    }
}

fn add_leaves(
    forest: &Forest,
    rows: &mut [Vec<f64>],
    sums: &mut [Vec<f64>],
    round: fn(f64) -> f64,
) {
    for value in rows.iter_mut().flatten() {
        *value = near_zero(forest, *value);
    }
    for tree in forest.trees() {
        for (row, sums) in rows.iter().zip(sums.iter_mut()) {
            let leaf = leaf(tree, row, forest.category_rule);
            sums[tree.group] = round(sums[tree.group] + leaf);
        }
    }
}

fn near_zero(forest: &Forest, value: f64) -> f64 {
    if value.abs() <= forest.zero_max {
        0.0
    } else {
        value
    }
}

fn leaf(tree: Tree<'_>, row: &[f64], rule: CategoryRule) -> f64 {
    match tree.node(reach(tree, row, rule)) {
        Node::LinearLeaf(leaf) => {
            let mut sum = leaf.constant;
            for (feature, coefficient) in leaf.features.iter().zip(leaf.coefficients) {
                let value = row[*feature as usize];
                if value.is_nan() {
                    return leaf.fallback;
                }
                sum += coefficient * value;
            }
            sum
        }
        Node::Leaf(value) => value,
        Node::Split(_) => unreachable!("a walk ends at a leaf"),
    }
}

/// The place of the leaf that a row reaches.
fn reach(tree: Tree<'_>, row: &[f64], rule: CategoryRule) -> usize {
    let mut at = 0;
    while let Node::Split(split) = tree.node(at) {
        let left = goes_left(&split, row[split.feature], rule);
        at = if left { split.left } else { split.left + 1 };
    }
    at
}

pub(crate) fn goes_left(split: &Split<'_>, value: f64, rule: CategoryRule) -> bool {
    let missing = match split.missing {
        Missing::Nan => value.is_nan(),
        Missing::ZeroOrNan => value.is_nan() || value == 0.0,
        Missing::Never => false,
    };
    if missing {
        return split.default_left;
    }
    let compared = if value.is_nan() { 0.0 } else { value };
    match split.test {
        Test::Less(threshold) => compared < threshold,
        Test::LessOrEqual(threshold) => compared <= threshold,
        Test::In { words, match_left } => {
            let category = rule.category(value);
            let matches = category.is_some_and(|category| {
                words
                    .get(category as usize / 32)
                    .is_some_and(|word| word >> (category % 32) & 1 == 1)
            });
            matches == match_left
        }
    }
}
