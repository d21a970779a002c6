//! Ensembles as forests, for the tables of the trees' kernel: comparisons by order, one parent a node, and leaves whose targets are the same
//! whatever the row.

use std::collections::VecDeque;

use scoregate_graph::ops::{Body, Mode};
use scoregate_kernel::layout::Output;

use super::super::super::super::lowering::Lowering;
use super::super::super::super::node::Node;
use super::ensemble::{Ensemble, TreeNode};
use crate::description::{Description, Family, Link, Precision, Task};
use crate::error::CompileError;
use crate::forest::{CategoryRule, Forest, Missing, Split, Test};
use crate::limits::FEATURES_MAX;
use crate::tables;
use crate::tuning::Tuning;

/// Numbers of leaves that an `f32` tells apart.
const LEAVES_MAX: usize = 1 << 24;
/// How many entries of a table of vectors a weight may cost, and what a small table may cost at all.
const SPREAD_MAX: usize = 4;
const SMALL: usize = 1 << 16;

/// What leaves add to.
enum Shape {
    /// All leaves of a tree to one target: those of the trees.
    Single(Vec<u32>),
    /// Leaves to several.
    Several,
}

/// The ensemble as tables; none if they cannot say it.
pub(super) fn body(
    cx: &mut Lowering,
    node: &Node<'_>,
    ensemble: &Ensemble,
    (columns, targets): (usize, usize),
    double: bool,
) -> Result<Option<Body>, CompileError> {
    if !ensemble.apart || columns > FEATURES_MAX {
        return Ok(None);
    }
    let Some(rule) = Rule::of(ensemble, double) else {
        return Ok(None);
    };
    let Some((shape, used)) = shape(ensemble, targets) else {
        return Ok(None);
    };
    let invalid = |error| node.invalid(error);
    if let Shape::Single(groups) = shape {
        let forest = forest(
            ensemble,
            &rule,
            |tree| groups[tree] as usize,
            |leaf| ensemble.leaf(leaf)[0].1,
        );
        let tables = write(forest, columns, targets, double)?;
        return Ok(Some(Body::Sums {
            tables: cx.blobs.put(&tables).map_err(invalid)?,
            used,
        }));
    }
    let mut leaves: Vec<&TreeNode> = ensemble
        .nodes
        .iter()
        .filter(|node| node.mode == Mode::Leaf)
        .collect();
    let entries = leaves.len().saturating_mul(targets);
    if leaves.len() > LEAVES_MAX || entries > SMALL.max(ensemble.weights.len() * SPREAD_MAX) {
        return Ok(None);
    }
    // Leaves are numbered as their weights stand.
    leaves.sort_by_key(|leaf| leaf.yes);
    let number = |leaf: &TreeNode| leaves.partition_point(|other| other.yes < leaf.yes) as f64;
    let mut vectors = vec![0.0; entries];
    for (leaf, vector) in leaves.iter().zip(vectors.chunks_exact_mut(targets)) {
        for (target, weight) in ensemble.leaf(leaf) {
            vector[*target as usize] = *weight;
        }
    }
    let trees = ensemble.roots.len();
    let tables = write(
        forest(ensemble, &rule, |tree| tree, number),
        columns,
        trees,
        double,
    )?;
    let vectors = if double {
        cx.blobs.put_numbers(&vectors)
    } else {
        let narrow: Vec<f32> = vectors.iter().map(|value| *value as f32).collect();
        cx.blobs.put_numbers(&narrow)
    };
    Ok(Some(Body::Vectors {
        tables: cx.blobs.put(&tables).map_err(invalid)?,
        vectors: vectors.map_err(invalid)?,
        used,
    }))
}

fn write(
    forest: Forest,
    columns: usize,
    groups: usize,
    double: bool,
) -> Result<Vec<u8>, CompileError> {
    let description = Description {
        origin: String::new(),
        objective: String::new(),
        task: Task::Regression,
        link: Link::Identity,
        divisor: 1.0,
        precision: if double {
            Precision::F64
        } else {
            Precision::F32
        },
        features: columns,
        feature_names: Vec::new(),
        feature_kinds: Vec::new(),
        base_margins: vec![0.0; groups],
        family: Family::Trees(Box::new(forest)),
        notes: Vec::new(),
    };
    let text = tables::Text {
        name: "",
        version: "",
        description: "",
    };
    tables::write(&description, Tuning::Planes, &[Output::Margin], &text)
}

/// The targets of the leaves, and which targets have any; none where it depends on the row whether a target is added to.
fn shape(ensemble: &Ensemble, targets: usize) -> Option<(Shape, Vec<bool>)> {
    let mut used = vec![false; targets];
    let mut always = vec![false; targets];
    // In how many leaves of a tree each target is, and the last leaf in which it was.
    let mut counts = vec![(0_usize, usize::MAX); targets];
    let mut single = Some(Vec::new());
    for tree in 0..ensemble.roots.len() {
        let nodes = ensemble.tree(tree);
        let leaves = nodes
            .clone()
            .filter(|at| ensemble.nodes[*at].mode == Mode::Leaf)
            .count();
        let mut touched = Vec::new();
        let mut alone = true;
        for at in nodes.filter(|at| ensemble.nodes[*at].mode == Mode::Leaf) {
            let weights = ensemble.leaf(&ensemble.nodes[at]);
            alone &= weights.len() == 1;
            for (target, _) in weights {
                let (count, last) = &mut counts[*target as usize];
                if *last == at {
                    return None;
                }
                if *count == 0 {
                    touched.push(*target);
                }
                (*count, *last) = (*count + 1, at);
            }
        }
        for target in &touched {
            let (count, _) = &mut counts[*target as usize];
            used[*target as usize] = true;
            always[*target as usize] |= *count == leaves;
            *count = 0;
        }
        single = match (single, &touched[..]) {
            (Some(mut groups), [only]) if alone => {
                groups.push(*only);
                Some(groups)
            }
            _ => None,
        };
    }
    let shape = single.map_or(Shape::Several, Shape::Single);
    (used == always).then_some((shape, used))
}

/// How comparisons are written, so that all are of one kind.
struct Rule {
    /// `x < t` as `x <= t'`, of the next smaller number.
    all_equal: bool,
    double: bool,
}

impl Rule {
    /// None if a comparison is not by order.
    fn of(ensemble: &Ensemble, double: bool) -> Option<Self> {
        let (mut less, mut equal, mut lowest) = (false, false, false);
        for node in &ensemble.nodes {
            match node.mode {
                Mode::Leaf => {}
                Mode::LessOrEqual | Mode::Greater => equal = true,
                Mode::Less | Mode::GreaterOrEqual => {
                    less = true;
                    lowest |= node.threshold == f64::NEG_INFINITY;
                }
                Mode::Equal | Mode::NotEqual | Mode::Member | Mode::WholeMember => return None,
            }
        }
        let all_equal = less && equal;
        // There is no number below the least.
        (!(all_equal && lowest)).then_some(Self { all_equal, double })
    }

    /// The test, and whether what passes it goes the way of those for which the node's condition does not hold.
    fn test(&self, node: &TreeNode) -> (Test<'static>, bool) {
        let threshold = node.threshold;
        let below = if self.double {
            threshold.next_down()
        } else {
            f64::from((threshold as f32).next_down())
        };
        match node.mode {
            Mode::Less | Mode::GreaterOrEqual if self.all_equal => {
                (Test::LessOrEqual(below), node.mode == Mode::GreaterOrEqual)
            }
            Mode::Less | Mode::GreaterOrEqual => {
                (Test::Less(threshold), node.mode == Mode::GreaterOrEqual)
            }
            _ => (Test::LessOrEqual(threshold), node.mode == Mode::Greater),
        }
    }
}

fn forest(
    ensemble: &Ensemble,
    rule: &Rule,
    group: impl Fn(usize) -> usize,
    value: impl Fn(&TreeNode) -> f64,
) -> Forest {
    let mut forest = Forest::new(CategoryRule::NotNegative);
    let mut waiting = VecDeque::new();
    for tree in 0..ensemble.roots.len() {
        forest.begin_tree(group(tree));
        waiting.push_back(ensemble.roots[tree] as usize);
        let mut placed = 1;
        while let Some(at) = waiting.pop_front() {
            let node = &ensemble.nodes[at];
            if node.mode == Mode::Leaf {
                forest.push_leaf(value(node), 0, 0.0);
                continue;
            }
            let (test, swapped) = rule.test(node);
            let [left, right] = if swapped {
                [node.no, node.yes]
            } else {
                [node.yes, node.no]
            };
            let split = Split {
                feature: node.feature as usize,
                test,
                missing: Missing::Nan,
                default_left: node.missing_true != swapped,
                left: placed,
            };
            forest.push_split(&split, 0, 0.0);
            placed += 2;
            waiting.extend([left as usize, right as usize]);
        }
    }
    forest
}
