//! Rows on which a compiled model could differ from its file: each comparison of its trees is met with the values beside it, by a row that
//! comes by there, as far as a bounded number of rows goes. The same model and seed give the same rows.

use crate::description::{Description, Precision};
use crate::edge_values::{self, OF_EVERY_SPLIT};
use crate::forest::{Forest, Node, Split, Tree};
use crate::random::Random;
use crate::reference;

/// Rows at most, however small the model.
const ROWS_MAX: usize = 16_384;
/// Rows of a model whose rows cost more than all that may be done.
const ROWS_MIN: usize = 16;
/// Rows of a model without many splits.
const ROWS_USUAL: usize = 4_096;
/// Splits on the longest ways of all rows through all trees, and values of all rows: about a quarter of a second's work.
const STEPS_MAX: usize = 1 << 26;
/// One row in so many is made of usual numbers only.
const USUAL_EVERY: usize = 8;
/// Splits of a feature that are remembered for its values.
const KEPT_MAX: usize = 256;
/// Splits of a feature on the way to another whose edges are tried.
const TRIED_MAX: usize = 8;
/// Values that are tried where no edge passes.
const GUESSES: usize = 16;

/// See the module. It gives one row after the other: values in the model's precision, as the reference evaluator takes them.
#[derive(Debug)]
pub struct EdgeRows<'m> {
    model: &'m Description,
    random: Random,
    /// Some splits of each feature, by tree and node.
    kept: Vec<Vec<[u32; 2]>>,
    /// Split and edge that a row is made for: tree, node, edge.
    targets: Vec<[u32; 3]>,
    /// In all, and those that were given.
    rows: usize,
    given: usize,
    /// Of the tree that was walked last: its number, and of each node its parent.
    parents: (usize, Vec<u32>),
}

impl<'m> EdgeRows<'m> {
    /// Rows for a model.
    pub fn new(model: &'m Description, seed: u64) -> Self {
        let mut random = Random(seed);
        let mut rows = Self {
            model,
            kept: vec![Vec::new(); model.features],
            targets: Vec::new(),
            rows: 0,
            given: 0,
            parents: (usize::MAX, Vec::new()),
            random: Random(random.bits()),
        };
        let rows_max = rows_max(model);
        if let Some(forest) = model.forest() {
            rows.keep(forest);
            rows.choose_targets(forest, rows_max - rows_max / USUAL_EVERY);
        }
        let usual = rows.targets.len() / (USUAL_EVERY - 1);
        rows.rows = (rows.targets.len() + usual).max(rows_max.min(ROWS_USUAL));
        rows
    }

    /// How many rows there are in all.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Fresh rows of usual numbers: what a row costs is measured with them.
    pub fn usual(&mut self) -> Vec<f64> {
        (0..self.model.features)
            .map(|feature| self.usual_value(feature))
            .collect()
    }

    /// Remembers splits, each of a feature with the same chance (Vitter's reservoir).
    fn keep(&mut self, forest: &Forest) {
        let mut seen = vec![0_usize; self.model.features];
        for (at, tree) in forest.trees().enumerate() {
            for node in 0..tree.nodes() {
                let Node::Split(split) = tree.node(node) else {
                    continue;
                };
                let (kept, seen) = (&mut self.kept[split.feature], &mut seen[split.feature]);
                *seen += 1;
                let place = [at as u32, node as u32];
                if kept.len() < KEPT_MAX {
                    kept.push(place);
                } else if let Some(kept) = kept.get_mut(self.random.below(*seen)) {
                    *kept = place;
                }
            }
        }
    }

    /// All edges of all splits where the rows suffice, else some at random. Those of a tree stand together.
    fn choose_targets(&mut self, forest: &'m Forest, targets_max: usize) {
        let splits = || {
            let places =
                |(at, tree): (usize, Tree<'m>)| (0..tree.nodes()).map(move |node| (at, node, tree));
            let split = |(at, node, tree): (usize, usize, Tree<'m>)| match tree.node(node) {
                Node::Split(split) => Some((at, node, edge_values::of(&split))),
                _ => None,
            };
            forest
                .trees()
                .enumerate()
                .flat_map(places)
                .filter_map(split)
        };
        let wanted: usize = splits().map(|(.., edges)| edges).sum();
        let mut left = wanted;
        for (at, node, edges) in splits() {
            for edge in 0..edges {
                // Knuth's selection sampling: so many of those that are left.
                let due = targets_max.min(wanted) - self.targets.len();
                if self.random.below(left) < due {
                    self.targets.push([at as u32, node as u32, edge as u32]);
                }
                left -= 1;
            }
        }
    }

    /// A row that comes by a split with a value at its edge. Where the same feature was asked on the way, it may turn off there.
    fn row_to(&mut self, forest: &Forest, [at, node, edge]: [u32; 3]) -> Vec<f64> {
        let mut row: Vec<f64> = (0..self.model.features)
            .map(|feature| self.value(feature))
            .collect();
        let tree = forest.tree(at as usize);
        let mut way = self.way(tree, at as usize, node as usize);
        way.sort_by_key(|(split, _)| split.feature);
        for of_feature in way.chunk_by(|(a, _), (b, _)| a.feature == b.feature) {
            if let Some(value) = self.passing(of_feature) {
                row[of_feature[0].0.feature] = value;
            }
        }
        if let Node::Split(split) = tree.node(node as usize) {
            let precision = self.model.precision;
            row[split.feature] =
                edge_values::of_split(&split, edge as usize, precision, &mut self.random);
        }
        row
    }

    /// The splits before a node, from the root, and whether the way goes left.
    fn way<'t>(&mut self, tree: Tree<'t>, at: usize, node: usize) -> Vec<(Split<'t>, bool)> {
        if self.parents.0 != at {
            let mut parents = vec![0; tree.nodes()];
            for parent in 0..tree.nodes() {
                if let Node::Split(split) = tree.node(parent) {
                    parents[split.left] = parent as u32;
                    parents[split.left + 1] = parent as u32;
                }
            }
            self.parents = (at, parents);
        }
        let mut way = Vec::new();
        let mut at = node;
        while at != 0 {
            let parent = self.parents.1[at] as usize;
            if let Node::Split(split) = tree.node(parent) {
                let left = split.left == at;
                way.push((split, left));
            }
            at = parent;
        }
        way.reverse();
        way
    }

    /// A value that goes the right way at all of a feature's splits: an edge of one of the last, or a guess.
    fn passing(&mut self, splits: &[(Split<'_>, bool)]) -> Option<f64> {
        let model = self.model;
        let passes = |value: f64| {
            let goes = |(split, left): &(Split<'_>, bool)| {
                reference::sends_left(model, split, value) == *left
            };
            splits.iter().all(goes)
        };
        let start = self.random.below(OF_EVERY_SPLIT);
        for (split, _) in splits.iter().rev().take(TRIED_MAX) {
            for turn in 0..OF_EVERY_SPLIT {
                let edge = (start + turn) % OF_EVERY_SPLIT;
                let value = edge_values::of_split(split, edge, model.precision, &mut self.random);
                if passes(value) {
                    return Some(value);
                }
            }
        }
        let feature = splits[0].0.feature;
        (0..GUESSES)
            .map(|_| self.value(feature))
            .find(|value| passes(*value))
    }

    /// A value of a feature that nothing else is asked of.
    fn value(&mut self, feature: usize) -> f64 {
        match self.random.below(16) {
            0..10 => match self.any_split(feature) {
                Some(split) => {
                    let edge = self.random.below(edge_values::of(&split));
                    edge_values::of_split(&split, edge, self.model.precision, &mut self.random)
                }
                None => self.usual_value(feature),
            },
            10..13 => edge_values::extreme(self.model.precision, &mut self.random),
            _ => self.usual_value(feature),
        }
    }

    /// A number between two thresholds of the feature, or a category beside one of a set's.
    fn usual_value(&mut self, feature: usize) -> f64 {
        let unit = self.random.unit();
        let mut bound = |edge| {
            let split = self.any_split(feature)?;
            let precision = self.model.precision;
            let value = edge_values::of_split(&split, edge, precision, &mut self.random);
            value.is_finite().then_some(value)
        };
        let value = match (bound(1), bound(2)) {
            (Some(from), Some(to)) => from + (to - from) * unit,
            _ => 4.0 * unit - 2.0,
        };
        match self.model.precision {
            Precision::F32 => f64::from(value as f32),
            Precision::F64 => value,
        }
    }

    fn any_split(&mut self, feature: usize) -> Option<Split<'m>> {
        let kept = &self.kept[feature];
        if kept.is_empty() {
            return None;
        }
        let [tree, node] = kept[self.random.below(kept.len())];
        match self.model.forest()?.tree(tree as usize).node(node as usize) {
            Node::Split(split) => Some(split),
            _ => None,
        }
    }
}

/// As many as may be walked through the model.
fn rows_max(model: &Description) -> usize {
    let walk: usize = model
        .forest()
        .map_or(0, |forest| forest.trees().map(Tree::depth).sum());
    let steps = walk + model.features * model.groups();
    (STEPS_MAX / steps.max(1)).clamp(ROWS_MIN, ROWS_MAX)
}

impl Iterator for EdgeRows<'_> {
    type Item = Vec<f64>;

    fn next(&mut self) -> Option<Vec<f64>> {
        let at = self.given;
        if at >= self.rows {
            return None;
        }
        self.given += 1;
        if at % USUAL_EVERY == USUAL_EVERY - 1 {
            return Some(self.usual());
        }
        let target = self.targets.get(at - at / USUAL_EVERY).copied();
        Some(match (self.model.forest(), target) {
            (Some(forest), Some(target)) => self.row_to(forest, target),
            _ => (0..self.model.features)
                .map(|feature| self.value(feature))
                .collect(),
        })
    }
}
