//! What is made of each leaf of a tree: the operators themselves are run, on a table with a row for each leaf.

use scoregate_graph::data::Data;
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

use super::super::lowering::Lowering;
use super::super::node::Node;
use super::super::ops;
use super::WORK_MAX;
use super::plan::{Plan, Term};

/// What a sum, by its node, adds for each of these weights of the tree's leaves; none if that is not a number for each leaf by itself.
pub(super) fn made(
    cx: &Lowering,
    plan: &Plan<'_>,
    (sum, term): (usize, &Term<'_>),
    weights: &[f32],
    work: &mut usize,
) -> Option<Vec<f32>> {
    let maps = plan.maps(term.tree);
    let maps = &maps[..maps.partition_point(|nth| *nth < sum)];
    *work = work.saturating_add(weights.len().saturating_mul(maps.len() + 1));
    if *work > WORK_MAX || weights.is_empty() || !weights.iter().all(adds_alike) {
        return None;
    }
    let rows = weights.len();
    let mut trial = Lowering::default();
    let tree = plan.node(term.tree)?;
    let shape = Shape::new(&[rows, 1]).ok()?;
    let value = trial.add_constant(Tensor::f32(shape, weights.to_vec()).ok()?);
    trial.name(&tree.proto.output[0], value).ok()?;
    for nth in maps {
        let node = plan.node(*nth)?;
        take_constants(cx, plan, &node, &mut trial)?;
        ops::lower(&mut trial, &node).ok()?;
        let made = trial.named(node.proto.output.first()?)?;
        let shape = trial.constant(made)?.shape();
        if !matches!(*shape.dims(), [first] | [first, 1] if first == rows) {
            return None;
        }
    }
    let made = trial.constant(trial.named(term.name)?)?;
    match made.data() {
        Data::F32(made_of) if made.shape() == shape && made_of.iter().all(adds_alike) => {
            Some(made_of.to_vec())
        }
        _ => None,
    }
}

/// A number that is the same added to zero: a sum begins with the first of its numbers, an ensemble with zero.
fn adds_alike(weight: &f32) -> bool {
    weight.is_finite() && (0.0 + weight).to_bits() == weight.to_bits()
}

/// Hands on what a node takes besides the leaves; none if it could make of a row's leaf something else than of the same leaf in another row.
fn take_constants(
    cx: &Lowering,
    plan: &Plan<'_>,
    node: &Node<'_>,
    trial: &mut Lowering,
) -> Option<()> {
    let mut of_leaves = None;
    for name in node.proto.input.iter().filter(|name| !name.is_empty()) {
        if plan.is_leaf(name) {
            let shape = trial.constant(trial.named(name)?)?.shape();
            if *of_leaves.get_or_insert(shape) != shape {
                return None;
            }
            continue;
        }
        let constant = cx.constant(cx.named(name)?)?;
        let sound = match (node.op(), constant.data()) {
            // As many rows as there are, whose number is not said.
            ("Reshape", Data::I64(dims)) => matches!(dims[..], [-1 | 0] | [-1 | 0, _]),
            ("Reshape", _) => false,
            _ => constant.data().len() == 1,
        };
        if !sound {
            return None;
        }
        if trial.named(name).is_none() {
            let value = trial.add_constant(constant.clone());
            trial.name(name, value).ok()?;
        }
    }
    Some(())
}
