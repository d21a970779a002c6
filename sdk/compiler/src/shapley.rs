//! Contributions straight from their definition: exponential, plain, and what the kernel's are compared with.
//!
//! A tree's game (Lundberg et al. 2018, "Consistent Individualized Feature Attribution for Tree Ensembles", Algorithm 1): a subset of the
//! features is worth what the tree answers if only those are known of the row, all others being averaged by covers. A feature's
//! contribution is its Shapley value.

use crate::description::{Description, Family, Precision};
use crate::forest::{CategoryRule, Node, Tree};
use crate::reference::goes_left;

/// Features of one tree at most: it takes as many walks as they have subsets.
pub const FEATURES_MAX: usize = 12;

/// What each feature adds to the margins of one row: group by group the features, then the bias. None where a tree has more features than
/// [`FEATURES_MAX`], or a leaf with a linear function. Sums are in `f64`, whatever the model's precision.
///
/// # Panics
/// If the row has fewer values than the model has features.
pub fn contributions(model: &Description, row: &[f64]) -> Option<Vec<f64>> {
    let width = model.features + 1;
    let mut sums = vec![0.0; model.groups() * width];
    for (sums, base) in sums.chunks_exact_mut(width).zip(&model.base_margins) {
        sums[model.features] = *base;
    }
    match &model.family {
        Family::Linear(linear) => {
            let weights = linear.weights.chunks_exact(model.groups());
            for (feature, (value, weights)) in row.iter().zip(weights).enumerate() {
                for (group, weight) in weights.iter().enumerate().filter(|_| !value.is_nan()) {
                    sums[group * width + feature] = value * weight;
                }
            }
        }
        Family::Trees(forest) => {
            let narrow = |value: &f64| match model.precision {
                Precision::F32 => f64::from(*value as f32),
                Precision::F64 if value.abs() <= forest.zero_max => 0.0,
                Precision::F64 => *value,
            };
            let row: Vec<f64> = row.iter().map(narrow).collect();
            for tree in forest.trees() {
                let game = Game::of(tree, &row, forest.category_rule)?;
                let sums = &mut sums[tree.group * width..][..width];
                sums[model.features] += game.worths[0];
                for (player, feature) in game.features.iter().enumerate() {
                    sums[*feature] += game.value(player);
                }
            }
        }
    }
    Some(sums)
}

/// What each subset of a tree's features is worth, by its bits.
struct Game {
    features: Vec<usize>,
    worths: Vec<f64>,
}

impl Game {
    fn of(tree: Tree<'_>, row: &[f64], rule: CategoryRule) -> Option<Self> {
        let mut features = Vec::new();
        for at in 0..tree.nodes() {
            match tree.node(at) {
                Node::Split(split) => features.push(split.feature),
                Node::Leaf(_) => {}
                Node::LinearLeaf(_) => return None,
            }
        }
        features.sort_unstable();
        features.dedup();
        if features.len() > FEATURES_MAX {
            return None;
        }
        let worth = |subset: usize| {
            let known = |feature| {
                let player = features.binary_search(&feature);
                player.is_ok_and(|player| subset >> player & 1 == 1)
            };
            worth(tree, row, rule, &known)
        };
        let worths = (0..1 << features.len()).map(worth).collect();
        Some(Self { features, worths })
    }

    /// The average of what the player adds, over all orders in which players may come.
    fn value(&self, player: usize) -> f64 {
        let players = self.features.len();
        let without = (0..self.worths.len()).filter(|subset| subset >> player & 1 == 0);
        without
            .map(|subset| {
                let orders = players as f64 * choose(players - 1, subset.count_ones() as usize);
                (self.worths[subset | 1 << player] - self.worths[subset]) / orders
            })
            .sum()
    }
}

/// Subsets of so many of so many.
fn choose(all: usize, some: usize) -> f64 {
    (0..some).fold(1.0, |product, at| {
        product * (all - at) as f64 / (at + 1) as f64
    })
}

/// What a tree answers on average for rows that share these features with this one.
fn worth(tree: Tree<'_>, row: &[f64], rule: CategoryRule, known: &dyn Fn(usize) -> bool) -> f64 {
    let mut worths = vec![0.0; tree.nodes()];
    for at in (0..tree.nodes()).rev() {
        worths[at] = match tree.node(at) {
            Node::Leaf(value) => value,
            Node::LinearLeaf(leaf) => leaf.fallback,
            Node::Split(split) if known(split.feature) => {
                let left = goes_left(&split, row[split.feature], rule);
                worths[split.left + usize::from(!left)]
            }
            Node::Split(split) => {
                let part = |child: usize| worths[child] * tree.cover(child);
                (part(split.left) + part(split.left + 1)) / tree.cover(at)
            }
        };
    }
    worths[0]
}
