//! Trees that the file has apart, as one ensemble. The converter of isolation forests writes each tree as an ensemble of its own that gives
//! the number of a leaf, two dozen operators that make the length of a path of it, and a sum over all trees: thousands of steps, where
//! what they give depends on the leaf alone. `plan.rs` finds such sums in the file; here each becomes one ensemble whose leaves are what
//! those operators make of every leaf (`leaves.rs`), summed in the file's order, so that the answers keep every bit. Whatever is not exactly
//! that stays as the file has it.

mod arrays;
mod leaves;
mod plan;

use scoregate_graph::data::{Data, Datatype};

use super::lowering::Lowering;
use super::node::{ML, Node};
use super::ops;
use super::proto::NodeProto;
use arrays::Arrays;
pub(super) use plan::{Plan, Sum};

/// Leaves times the operators that they go through, of all sums of a file.
const WORK_MAX: usize = 1 << 24;

/// Adds the step of a sum that is one ensemble; false where it is none.
pub(super) fn lower(cx: &mut Lowering, plan: &Plan<'_>, sum: &Sum<'_>, work: &mut usize) -> bool {
    let Some((merged, opset)) = merge(cx, plan, sum, work) else {
        return false;
    };
    let node = Node {
        proto: &merged,
        nth: sum.nth,
        opset,
    };
    ops::lower(cx, &node).is_ok()
}

/// The ensemble, and the version of its operator.
fn merge(
    cx: &Lowering,
    plan: &Plan<'_>,
    sum: &Sum<'_>,
    work: &mut usize,
) -> Option<(NodeProto, i64)> {
    let mut arrays = Arrays::default();
    let mut table = None;
    let mut opset = 0;
    for term in &sum.terms {
        let node = plan.node(term.tree)?;
        let picked = Picked::of(cx, plan, &node)?;
        if *table.get_or_insert(picked.table) != picked.table || !adds_alone(&node)? {
            return None;
        }
        let weights = node.floats("target_weights").ok()?;
        let weights = leaves::made(cx, plan, (sum.nth, term), weights, work)?;
        arrays.add(&node, &picked.columns, &weights)?;
        opset = node.opset;
    }
    let proto = plan.node(sum.nth)?.proto;
    let merged = NodeProto {
        input: vec![table?.to_owned()],
        output: proto.output.clone(),
        name: proto.name.clone(),
        op_type: "TreeEnsembleRegressor".to_owned(),
        attribute: arrays.attributes(),
        domain: ML.to_owned(),
    };
    Some((merged, opset))
}

/// What the node gives is the weight of a leaf: nothing is added to it or made of it.
fn adds_alone(node: &Node<'_>) -> Option<bool> {
    let wide = ["nodes_values", "target_weights", "base_values"];
    let mut wide = wide.iter().map(|name| format!("{name}_as_tensor"));
    Some(
        node.int("n_targets", 0).ok()? == 1
            && node.word("aggregate_function", "SUM").ok()? == "SUM"
            && node.word("post_transform", "NONE").ok()? == "NONE"
            && node.floats("base_values").ok()?.is_empty()
            && !wide.any(|name| node.has(&name)),
    )
}

/// The table that a tree's columns are picked from.
struct Picked<'f> {
    table: &'f str,
    /// The table's column that each of the tree's is.
    columns: Vec<i64>,
}

impl<'f> Picked<'f> {
    fn of(cx: &Lowering, plan: &Plan<'f>, tree: &Node<'f>) -> Option<Self> {
        let own = tree.proto.input.first()?;
        let pick = plan.pick(own);
        let pick = pick.map(|pick| plan.node(pick));
        let table = match &pick {
            Some(pick) => pick.as_ref()?.proto.input.first()?,
            None => own,
        };
        let value = cx.named(table)?;
        let [_, Some(width)] = cx.shape(value)[..] else {
            return None;
        };
        // Doubles are summed as such.
        if matches!(cx.datatype(value), Datatype::F64 | Datatype::Text) {
            return None;
        }
        let width = width as i64;
        let columns = match pick {
            Some(pick) => picks(cx, &pick?)?,
            None => (0..width).collect(),
        };
        let within = |column: i64| match column {
            ..0 => Some(column + width).filter(|column| *column >= 0),
            _ => Some(column).filter(|column| *column < width),
        };
        Some(Self {
            table,
            columns: columns.into_iter().map(within).collect::<Option<_>>()?,
        })
    }
}

/// The columns that a node picks.
fn picks(cx: &Lowering, node: &Node<'_>) -> Option<Vec<i64>> {
    let along_columns = match node.op() {
        "Gather" => matches!(node.int("axis", 0).ok()?, 1 | -1),
        _ => true,
    };
    let indices = cx.constant(cx.named(node.proto.input.get(1)?)?)?;
    // Another rank would make another one of the table.
    if !along_columns || indices.shape().rank() != 1 {
        return None;
    }
    match indices.data() {
        Data::I64(columns) => Some(columns.to_vec()),
        Data::I32(columns) => Some(columns.iter().map(|column| i64::from(*column)).collect()),
        _ => None,
    }
}
