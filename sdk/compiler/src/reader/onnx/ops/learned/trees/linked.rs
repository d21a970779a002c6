//! TreeEnsemble: splits that name their children by place, leaves in arrays of their own, sets of members.

use scoregate_graph::data::Data;
use scoregate_graph::ops::{Aggregate, Mode, Post};

use super::super::super::super::node::Node;
use super::ensemble::{Ensemble, Problem, TreeNode};
use super::{Arrays, tensor};
use crate::error::CompileError;

/// The greatest member of a set that onnxruntime writes as bits, and how many such a set has at most.
const BIT_MAX: f64 = 30.0;

pub(super) fn aggregate(node: &Node<'_>) -> Result<Aggregate, CompileError> {
    Ok(match node.int("aggregate_function", 1)? {
        0 => Aggregate::Average,
        1 => Aggregate::Sum,
        2 => Aggregate::Min,
        3 => Aggregate::Max,
        other => {
            return Err(node.invalid(format!("`aggregate_function` is {other}; there are 0 to 3")));
        }
    })
}

pub(super) fn post(node: &Node<'_>) -> Result<Post, CompileError> {
    Ok(match node.int("post_transform", 0)? {
        0 => Post::None,
        // ONNX has these two the other way round; files answer as onnxruntime reads them.
        1 => Post::Logistic,
        2 => Post::Softmax,
        3 => Post::SoftmaxZero,
        4 => Post::Probit,
        other => return Err(node.invalid(format!("`post_transform` is {other}; there are 0 to 4"))),
    })
}

pub(super) fn read(arrays: &Arrays<'_, '_>) -> Result<Ensemble, CompileError> {
    let node = arrays.node;
    let targets = node.ints("leaf_targetids")?;
    let values = tensor(node, "leaf_weights", arrays.double)?;
    if targets.len() != values.len() {
        return Err(node.invalid(format!(
            "{} leaf weights for {} leaf targets",
            values.len(),
            targets.len()
        )));
    }
    let mut weights = Vec::with_capacity(values.len());
    for (at, (target, value)) in targets.iter().zip(values).enumerate() {
        let target = u32::try_from(*target)
            .ok()
            .filter(|target| *target < arrays.targets);
        let target = target.ok_or_else(|| {
            node.invalid(format!(
                "leaf {at} is for target {}, of {}, counted from 0",
                targets[at], arrays.targets
            ))
        })?;
        weights.push((target, value));
    }
    let mut splits = splits(arrays, weights.len())?;
    let sets = sets(arrays, &mut splits)?;
    let count = splits.len();
    let leaf = |first| TreeNode {
        mode: Mode::Leaf,
        feature: 0,
        threshold: 0.0,
        missing_true: false,
        yes: first,
        no: 1,
    };
    let mut raw = splits;
    raw.extend((0..weights.len() as u32).map(leaf));
    let roots = node.ints("tree_roots")?;
    if roots.is_empty() {
        return Err(node.invalid("it has no trees"));
    }
    let roots: Result<Vec<u32>, _> = roots
        .iter()
        .map(|root| self::root(node, &raw, count, *root))
        .collect();
    let ensemble = Ensemble::arrange(&raw, &roots?, weights).map_err(|problem| match problem {
        Problem::Cycle(at) => node.invalid(format!(
            "split {at} is below itself: the walk would not end"
        )),
        Problem::Shared(at) if (at as usize) < count => {
            node.invalid(format!("split {at} belongs to two trees"))
        }
        Problem::Shared(at) => {
            node.invalid(format!("leaf {} belongs to two trees", at as usize - count))
        }
    })?;
    let (members, set_ends) = sets;
    Ok(Ensemble {
        members,
        set_ends,
        ..ensemble
    })
}

/// A split both of whose ways lead to one leaf is a leaf: in onnxruntime that of the split's own number.
fn root(node: &Node<'_>, raw: &[TreeNode], splits: usize, root: i64) -> Result<u32, CompileError> {
    let place = usize::try_from(root).ok().filter(|place| *place < splits);
    let place = place.ok_or_else(|| {
        node.invalid(format!(
            "a tree begins at split {root}, of {splits}, counted from 0"
        ))
    })?;
    let split = &raw[place];
    if split.yes != split.no || (split.yes as usize) < splits {
        return Ok(place as u32);
    }
    match splits + place {
        leaf if leaf < raw.len() => Ok(leaf as u32),
        _ => Err(node.invalid(format!("a tree is the leaf {place}, which is not there"))),
    }
}

/// The whole numbers of each split, list by list.
fn lists<'f>(node: &Node<'f>, count: usize) -> Result<[&'f [i64]; 6], CompileError> {
    let names = [
        "nodes_featureids",
        "nodes_truenodeids",
        "nodes_falsenodeids",
        "nodes_trueleafs",
        "nodes_falseleafs",
        "nodes_missing_value_tracks_true",
    ];
    let mut lists = [&[][..]; 6];
    for (list, name) in lists.iter_mut().zip(names) {
        *list = node.ints(name)?;
        let optional = name == "nodes_missing_value_tracks_true" && list.is_empty();
        if list.len() != count && !optional {
            return Err(node.invalid(format!(
                "`{name}` has {} entries where there are {count} splits",
                list.len()
            )));
        }
    }
    Ok(lists)
}

/// The splits; a child that is a leaf stands after all of them.
fn splits(arrays: &Arrays<'_, '_>, leaves: usize) -> Result<Vec<TreeNode>, CompileError> {
    let node = arrays.node;
    let modes = match node
        .tensor("nodes_modes")?
        .map(scoregate_graph::tensor::Tensor::into_data)
    {
        Some(Data::I32(modes)) => modes,
        _ => return Err(node.invalid("`nodes_modes` is missing, or no tensor of uint8")),
    };
    let count = modes.len();
    let thresholds = tensor(node, "nodes_splits", arrays.double)?;
    let [features, yes, no, yes_leaf, no_leaf, missing] = lists(node, count)?;
    if thresholds.len() != count {
        return Err(node.invalid(format!(
            "`nodes_splits` has {} entries where there are {count} splits",
            thresholds.len()
        )));
    }
    let child = |at: usize, number: i64, leaf: i64| {
        let (first, known) = if leaf == 0 {
            (0, count)
        } else {
            (count, leaves)
        };
        let place = usize::try_from(number)
            .ok()
            .filter(|number| *number < known);
        place.map(|place| (first + place) as u32).ok_or_else(|| {
            let what = if leaf == 0 { "split" } else { "leaf" };
            node.invalid(format!(
                "split {at} goes to {what} {number}, of {known}, counted from 0"
            ))
        })
    };
    let mut splits = Vec::with_capacity(count);
    for at in 0..count {
        let mode = mode(modes[at]).ok_or_else(|| {
            node.invalid(format!(
                "split {at} has the mode {}; there are 0 to 6",
                modes[at]
            ))
        })?;
        if thresholds[at].is_nan() && mode != Mode::Member {
            return Err(node.invalid(format!("split {at} compares with NaN")));
        }
        splits.push(TreeNode {
            mode,
            feature: u32::try_from(features[at]).map_err(|_| {
                node.invalid(format!("split {at} looks at feature {}", features[at]))
            })?,
            threshold: thresholds[at],
            missing_true: missing.get(at).is_some_and(|missing| *missing == 1),
            yes: child(at, yes[at], yes_leaf[at])?,
            no: child(at, no[at], no_leaf[at])?,
        });
    }
    Ok(splits)
}

fn mode(number: i32) -> Option<Mode> {
    Some(match number {
        0 => Mode::LessOrEqual,
        1 => Mode::Less,
        2 => Mode::GreaterOrEqual,
        3 => Mode::Greater,
        4 => Mode::Equal,
        5 => Mode::NotEqual,
        6 => Mode::Member,
        _ => return None,
    })
}

/// The sets, parted by NaN, each for the next split that has one; their splits get their numbers.
fn sets(
    arrays: &Arrays<'_, '_>,
    splits: &mut [TreeNode],
) -> Result<(Vec<f64>, Vec<u32>), CompileError> {
    let node = arrays.node;
    let values = tensor(node, "membership_values", arrays.double)?;
    let mut given = values.split(|value| value.is_nan());
    let (mut members, mut ends) = (Vec::new(), Vec::new());
    for (at, split) in splits
        .iter_mut()
        .enumerate()
        .filter(|(_, split)| split.mode == Mode::Member)
    {
        let set = given.next().filter(|set| !set.is_empty());
        let set = set.ok_or_else(|| {
            node.invalid(format!(
                "split {at} asks for a set, which `membership_values` has not"
            ))
        })?;
        let mut set = set.to_vec();
        set.sort_by(f64::total_cmp);
        // Of sets that it does not write as 32 bits, onnxruntime looks for the value without its fraction.
        let bits = set.len() <= BIT_MAX as usize
            && set.iter().all(|member| (0.0..=BIT_MAX).contains(member));
        if !bits {
            split.mode = Mode::WholeMember;
        }
        members.extend(set);
        split.threshold = ends.len() as f64;
        ends.push(members.len() as u32);
    }
    Ok((members, ends))
}
