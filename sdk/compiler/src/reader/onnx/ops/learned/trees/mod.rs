//! Ensembles of trees. The file's arrays (`listed.rs` up to version 3, `linked.rs` from version 5) become nodes in order (`ensemble.rs`),
//! and these the tables of the trees' kernel where it can say them (`forest.rs`), else columns for a plain walk.

mod ensemble;
mod forest;
mod linked;
mod listed;

use std::collections::BTreeSet;

use scoregate_graph::data::{Data, Datatype};
use scoregate_graph::ops::{Aggregate, Body, Classes, Learned, Mode, Plain, Trees};

use super::super::super::lowering::Lowering;
use super::super::super::node::Node;
use crate::error::CompileError;
use ensemble::Ensemble;

/// Targets or classes at most.
const TARGETS_MAX: i64 = 1 << 16;

pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    let input = cx.input(node, 0)?;
    let shape = cx.shape(input);
    let double = cx.datatype(input) == Datatype::F64;
    let linked = node.op() == "TreeEnsemble";
    let classifier = node.op() == "TreeEnsembleClassifier";
    let (targets, classes) = if classifier {
        let (labels, count) = super::labels(cx, node, "classlabels_int64s")?;
        (count as i64, Some(labels))
    } else {
        (node.int("n_targets", if linked { 1 } else { 0 })?, None)
    };
    if !(1..=TARGETS_MAX).contains(&targets) {
        return Err(node.invalid(format!(
            "it has {targets} targets or classes; there must be 1 to {TARGETS_MAX}"
        )));
    }
    let (aggregate, post) = if linked {
        (linked::aggregate(node)?, linked::post(node)?)
    } else {
        (listed::aggregate(node, classifier)?, super::post(node)?)
    };
    let base = match linked {
        true => Vec::new(),
        false => numbers(node, "base_values", double)?,
    };
    check_base(node, &base, targets as usize, classifier)?;
    let arrays = Arrays {
        node,
        double,
        targets: targets as u32,
    };
    let ensemble = match linked {
        true => linked::read(&arrays)?,
        false => listed::read(&arrays, classifier)?,
    };
    let columns = columns(node, &shape, &ensemble)?;
    meet(cx, &ensemble);
    let fast = match (aggregate, columns) {
        (Aggregate::Sum | Aggregate::Average, Some(columns)) => {
            forest::body(cx, node, &ensemble, (columns, targets as usize), double)?
        }
        _ => None,
    };
    let body = match fast {
        Some(body) => body,
        None => Body::Plain(plain(cx, node, &ensemble)?),
    };
    let classes = classes.map(|labels| {
        let named: BTreeSet<i64> = node.ints("class_ids")?.iter().copied().collect();
        Ok(Classes {
            labels,
            binary: targets == 2 && named.len() == 1,
            all_positive: !numbers(node, "class_weights", double)?
                .iter()
                .any(|weight| *weight < 0.0),
        })
    });
    Ok(Learned::Trees(Box::new(Trees {
        body,
        double,
        wide: linked && double,
        targets: targets as u32,
        base,
        aggregate,
        trees: ensemble.roots.len() as u32,
        post,
        classes: classes.transpose()?,
    })))
}

/// Columns of a row, which hold every feature that a node looks at; none where they vary.
fn columns(
    node: &Node<'_>,
    shape: &[Option<usize>],
    ensemble: &Ensemble,
) -> Result<Option<usize>, CompileError> {
    let columns = match *shape {
        [columns] | [_, columns] => columns,
        _ => {
            return Err(node.invalid(format!(
                "it takes a table of rows and columns, not a tensor of {} dimensions",
                shape.len()
            )));
        }
    };
    if let (Some(columns), Some(feature)) = (columns, ensemble.greatest_feature())
        && feature as usize >= columns
    {
        return Err(node.invalid(format!(
            "a node looks at feature {feature}, but rows have {columns}, counted from 0"
        )));
    }
    Ok(columns)
}

/// Tests of the model meet its thresholds and the members of its sets.
fn meet(cx: &mut Lowering, ensemble: &Ensemble) {
    let splits = ensemble
        .nodes
        .iter()
        .filter(|node| !matches!(node.mode, Mode::Leaf | Mode::Member | Mode::WholeMember));
    cx.meet_numbers(splits.map(|node| node.threshold));
    cx.meet_numbers(ensemble.members.iter().copied());
}

fn check_base(
    node: &Node<'_>,
    base: &[f64],
    targets: usize,
    classifier: bool,
) -> Result<(), CompileError> {
    let sound = match (classifier, targets) {
        (_, _) if base.is_empty() => true,
        (true, 1) => base.len() == 1,
        (true, 2) => base.len() <= 2,
        _ => base.len() == targets,
    };
    match sound {
        true => Ok(()),
        false => Err(node.invalid(format!(
            "{} base values for {targets} targets or classes",
            base.len()
        ))),
    }
}

/// A node's arrays, and in which numbers it computes.
struct Arrays<'n, 'f> {
    node: &'n Node<'f>,
    double: bool,
    targets: u32,
}

/// Numbers that are a list of `f32`, or with `_as_tensor` behind their name a tensor of the input's datatype.
fn numbers(node: &Node<'_>, name: &str, double: bool) -> Result<Vec<f64>, CompileError> {
    let listed = node.floats(name)?;
    let tensor_name = format!("{name}_as_tensor");
    let tensor = tensor(node, &tensor_name, double)?;
    if !listed.is_empty() && !tensor.is_empty() {
        return Err(node.invalid(format!("`{name}` and `{tensor_name}` are given both")));
    }
    match listed {
        [] => Ok(tensor),
        listed => Ok(listed.iter().map(|number| f64::from(*number)).collect()),
    }
}

/// A tensor of numbers of the input's datatype; none where it is not given.
fn tensor(node: &Node<'_>, name: &str, double: bool) -> Result<Vec<f64>, CompileError> {
    match node
        .tensor(name)?
        .map(scoregate_graph::tensor::Tensor::into_data)
    {
        None => Ok(Vec::new()),
        Some(Data::F32(numbers)) if !double => {
            Ok(numbers.iter().map(|number| f64::from(*number)).collect())
        }
        Some(Data::F64(numbers)) if double => Ok(numbers.into_owned()),
        Some(other) => Err(node.invalid(format!(
            "`{name}` is of {}, but the input of {}",
            other.datatype().name(),
            if double { "double" } else { "float" }
        ))),
    }
}

/// The nodes as columns.
fn plain(cx: &mut Lowering, node: &Node<'_>, ensemble: &Ensemble) -> Result<Plain, CompileError> {
    let invalid = |error| node.invalid(error);
    let mut words = Vec::with_capacity(ensemble.nodes.len() * 4);
    for node in &ensemble.nodes {
        let missing = if node.missing_true {
            Mode::MISSING_TRUE
        } else {
            0
        };
        words.extend([node.feature, node.mode as u32 | missing, node.yes, node.no]);
    }
    let thresholds: Vec<f64> = ensemble.nodes.iter().map(|node| node.threshold).collect();
    let (targets, weights): (Vec<u32>, Vec<f64>) = ensemble.weights.iter().copied().unzip();
    let blobs = &mut cx.blobs;
    Ok(Plain {
        nodes: blobs.put_numbers(&words).map_err(invalid)?,
        thresholds: blobs.put_numbers(&thresholds).map_err(invalid)?,
        roots: blobs.put_numbers(&ensemble.roots).map_err(invalid)?,
        weight_targets: blobs.put_numbers(&targets).map_err(invalid)?,
        weights: blobs.put_numbers(&weights).map_err(invalid)?,
        members: blobs.put_numbers(&ensemble.members).map_err(invalid)?,
        set_ends: blobs.put_numbers(&ensemble.set_ends).map_err(invalid)?,
    })
}
