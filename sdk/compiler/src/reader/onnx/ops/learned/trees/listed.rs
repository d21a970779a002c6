//! TreeEnsembleRegressor and TreeEnsembleClassifier: nodes by the number of their tree and their own, weights apart from them.

use std::collections::{HashMap, HashSet};

use scoregate_graph::ops::{Aggregate, Mode};

use super::super::super::super::node::Node;
use super::ensemble::{Ensemble, Problem, TreeNode};
use super::{Arrays, numbers};
use crate::error::CompileError;
use crate::limits::NODES_MAX;

/// What a node is called: its tree's number and its own.
type Id = (i64, i64);

pub(super) fn aggregate(node: &Node<'_>, classifier: bool) -> Result<Aggregate, CompileError> {
    if classifier {
        return Ok(Aggregate::Sum);
    }
    Ok(match node.word("aggregate_function", "SUM")? {
        "SUM" => Aggregate::Sum,
        "AVERAGE" => Aggregate::Average,
        "MIN" => Aggregate::Min,
        "MAX" => Aggregate::Max,
        other => {
            return Err(node.invalid(format!(
                "`aggregate_function` is `{other}`; there are SUM, AVERAGE, MIN and MAX"
            )));
        }
    })
}

pub(super) fn read(arrays: &Arrays<'_, '_>, classifier: bool) -> Result<Ensemble, CompileError> {
    let node = arrays.node;
    let trees = node.ints("nodes_treeids")?;
    let ids = node.ints("nodes_nodeids")?;
    check_length(node, "nodes_nodeids", ids.len(), trees.len())?;
    if trees.is_empty() {
        return Err(node.invalid("it has no nodes"));
    }
    if trees.len() > NODES_MAX {
        return Err(node.unsupported(format!(
            "it has {} nodes; at most {NODES_MAX} are served",
            trees.len()
        )));
    }
    let names: Vec<Id> = trees.iter().copied().zip(ids.iter().copied()).collect();
    let mut places: HashMap<Id, u32> = HashMap::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        if places.insert(*name, place as u32).is_some() {
            return Err(node.invalid(format!("node {} of tree {} is there twice", name.1, name.0)));
        }
    }
    let roots = roots(node, trees)?;
    let mut raw = splits(arrays, &names, &places)?;
    let weights = weights(arrays, classifier, &names, &places, &mut raw)?;
    Ensemble::arrange(&raw, &roots, weights).map_err(|problem| {
        let (Problem::Cycle(at) | Problem::Shared(at)) = problem;
        let (tree, id) = names[at as usize];
        node.invalid(format!(
            "node {id} of tree {tree} is below itself: the walk would not end"
        ))
    })
}

fn check_length(
    node: &Node<'_>,
    name: &str,
    found: usize,
    wanted: usize,
) -> Result<(), CompileError> {
    if found == wanted {
        return Ok(());
    }
    Err(node.invalid(format!(
        "`{name}` has {found} entries where there are {wanted} nodes"
    )))
}

/// All nodes with their conditions and children; leaves have no weights yet.
fn splits(
    arrays: &Arrays<'_, '_>,
    names: &[Id],
    places: &HashMap<Id, u32>,
) -> Result<Vec<TreeNode>, CompileError> {
    let node = arrays.node;
    let count = names.len();
    let features = node.ints("nodes_featureids")?;
    let (yes, no) = (
        node.ints("nodes_truenodeids")?,
        node.ints("nodes_falsenodeids")?,
    );
    let modes = node.strings("nodes_modes")?;
    let values = numbers(node, "nodes_values", arrays.double)?;
    let missing = node.ints("nodes_missing_value_tracks_true")?;
    check_length(node, "nodes_featureids", features.len(), count)?;
    check_length(node, "nodes_truenodeids", yes.len(), count)?;
    check_length(node, "nodes_falsenodeids", no.len(), count)?;
    check_length(node, "nodes_modes", modes.len(), count)?;
    check_length(node, "nodes_values", values.len(), count)?;
    if !missing.is_empty() {
        check_length(
            node,
            "nodes_missing_value_tracks_true",
            missing.len(),
            count,
        )?;
    }
    let mut raw = Vec::with_capacity(count);
    for (at, (tree, id)) in names.iter().copied().enumerate() {
        let place = || format!("node {id} of tree {tree}");
        let mode = mode(&modes[at]).ok_or_else(|| {
            let mode = String::from_utf8_lossy(&modes[at]);
            node.unsupported(format!("{}: the mode {mode} is not served", place()))
        })?;
        if mode == Mode::Leaf {
            raw.push(TreeNode {
                mode,
                feature: 0,
                threshold: 0.0,
                missing_true: false,
                yes: 0,
                no: 0,
            });
            continue;
        }
        let child = |id: i64| {
            places.get(&(tree, id)).copied().ok_or_else(|| {
                node.invalid(format!(
                    "{} goes to node {id}, which the tree has not",
                    place()
                ))
            })
        };
        if values[at].is_nan() {
            return Err(node.invalid(format!("{} compares with NaN", place())));
        }
        raw.push(TreeNode {
            mode,
            feature: u32::try_from(features[at]).map_err(|_| {
                node.invalid(format!("{} looks at feature {}", place(), features[at]))
            })?,
            threshold: values[at],
            missing_true: missing.get(at) == Some(&1),
            yes: child(yes[at])?,
            no: child(no[at])?,
        });
    }
    Ok(raw)
}

fn mode(name: &[u8]) -> Option<Mode> {
    Some(match name {
        b"LEAF" => Mode::Leaf,
        b"BRANCH_LEQ" => Mode::LessOrEqual,
        b"BRANCH_LT" => Mode::Less,
        b"BRANCH_GTE" => Mode::GreaterOrEqual,
        b"BRANCH_GT" => Mode::Greater,
        b"BRANCH_EQ" => Mode::Equal,
        b"BRANCH_NEQ" => Mode::NotEqual,
        _ => return None,
    })
}

/// The first node of each tree is its root.
fn roots(node: &Node<'_>, trees: &[i64]) -> Result<Vec<u32>, CompileError> {
    let mut known = HashSet::new();
    let mut roots = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        if at > 0 && trees[at - 1] == *tree {
            continue;
        }
        if !known.insert(*tree) {
            return Err(node.invalid(format!("the nodes of tree {tree} do not stand together")));
        }
        roots.push(at as u32);
    }
    Ok(roots)
}

/// Shares the weights out among the leaves, each leaf's in the file's order.
fn weights(
    arrays: &Arrays<'_, '_>,
    classifier: bool,
    names: &[Id],
    places: &HashMap<Id, u32>,
    raw: &mut [TreeNode],
) -> Result<Vec<(u32, f64)>, CompileError> {
    let node = arrays.node;
    let kind = if classifier { "class" } else { "target" };
    let name = |part: &str| format!("{kind}_{part}");
    let (trees, ids) = (node.ints(&name("treeids"))?, node.ints(&name("nodeids"))?);
    let targets = node.ints(&name("ids"))?;
    let values = numbers(node, &name("weights"), arrays.double)?;
    for (part, found) in [
        ("treeids", trees.len()),
        ("nodeids", ids.len()),
        ("weights", values.len()),
    ] {
        if found != targets.len() {
            return Err(node.invalid(format!(
                "`{}` has {found} entries and `{}` {}",
                name(part),
                name("ids"),
                targets.len()
            )));
        }
    }
    let mut of_leaves: Vec<(u32, u32, f64)> = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let (tree, id) = (trees[at], ids[at]);
        let place = *places.get(&(tree, id)).ok_or_else(|| {
            node.invalid(format!(
                "weight {at} is that of node {id} of tree {tree}, which is not there"
            ))
        })?;
        let target = u32::try_from(targets[at])
            .ok()
            .filter(|target| *target < arrays.targets);
        let target = target.ok_or_else(|| {
            node.invalid(format!(
                "weight {at} is for {kind} {}, of {}, counted from 0",
                targets[at], arrays.targets
            ))
        })?;
        // Old converters gave weights to splits too; nothing heeds them.
        if raw[place as usize].mode == Mode::Leaf {
            of_leaves.push((place, target, *value));
        }
    }
    of_leaves.sort_by_key(|(place, ..)| *place);
    shared_out(arrays, names, raw, &of_leaves)
}

/// Gives each leaf its part of the weights, which are in the order of the leaves.
fn shared_out(
    arrays: &Arrays<'_, '_>,
    names: &[Id],
    raw: &mut [TreeNode],
    of_leaves: &[(u32, u32, f64)],
) -> Result<Vec<(u32, f64)>, CompileError> {
    let mut weights = Vec::with_capacity(of_leaves.len());
    let mut rest = of_leaves;
    for (place, leaf) in raw
        .iter_mut()
        .enumerate()
        .filter(|(_, node)| node.mode == Mode::Leaf)
    {
        let own = rest
            .iter()
            .take_while(|(at, ..)| *at as usize == place)
            .count();
        let (own, after) = rest.split_at(own);
        rest = after;
        if own.is_empty() {
            let (tree, id) = names[place];
            return Err(arrays.node.invalid(format!(
                "node {id} of tree {tree} is a leaf without a weight"
            )));
        }
        // Where there is one target, the first weight of a leaf counts.
        let own = if arrays.targets == 1 { &own[..1] } else { own };
        (leaf.yes, leaf.no) = (weights.len() as u32, own.len() as u32);
        weights.extend(own.iter().map(|(_, target, value)| (*target, *value)));
    }
    Ok(weights)
}
