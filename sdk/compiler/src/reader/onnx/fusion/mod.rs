//! Trees that the file has apart, as one ensemble. The converter of isolation forests writes each tree as an ensemble of its own that gives
//! the number of a leaf, two dozen operators that make the length of a path of it, and a sum over all trees: thousands of steps, where
//! what they give depends on the leaf alone. `plan.rs` finds such sums in the file; here each becomes one ensemble whose leaves are what
//! those operators make of every leaf (`leaves.rs`), summed in the file's order, so that the answers keep every bit. Whatever is not exactly
//! that stays as the file has it. `plus.rs` is another fusion: products with what is added to their rows.

mod arrays;
mod leaves;
mod plan;
pub(super) mod plus;

use scoregate_graph::data::{Data, Datatype};

use super::lowering::Lowering;
use super::node::{ML, Node};
use super::ops;
use super::proto::NodeProto;
use arrays::Arrays;
pub(super) use plan::{Plan, Sum};

/// Leaves times the operators that they go through, and columns that are picked, of all sums of a file.
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
        let own = Table::of(cx, plan, &node)?;
        if *table.get_or_insert(own.name) != own.name || !adds_alone(&node)? {
            return None;
        }
        *work = work.saturating_add(own.picked.as_ref().map_or(0, Vec::len));
        let weights = node.floats("target_weights").ok()?;
        let weights = leaves::made(cx, plan, (sum.nth, term), weights, work)?;
        arrays.add(&node, |feature| own.column(feature), &weights)?;
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

/// The table that a tree's columns are those of, or are picked from.
struct Table<'f> {
    name: &'f str,
    width: i64,
    /// The table's column that each of the tree's is.
    picked: Option<Vec<i64>>,
}

impl<'f> Table<'f> {
    fn of(cx: &Lowering, plan: &Plan<'f>, tree: &Node<'f>) -> Option<Self> {
        let own = tree.proto.input.first()?;
        let pick = match plan.pick(own) {
            Some(pick) => Some(plan.node(pick)?),
            None => None,
        };
        let name = match &pick {
            Some(pick) => pick.proto.input.first()?,
            None => own,
        };
        let value = cx.named(name)?;
        let [_, Some(width)] = cx.shape(value)[..] else {
            return None;
        };
        // Doubles are summed as such.
        if matches!(cx.datatype(value), Datatype::F64 | Datatype::Text) {
            return None;
        }
        let width = width as i64;
        Some(Self {
            name,
            width,
            picked: match pick {
                Some(pick) => Some(picks(cx, &pick, width)?),
                None => None,
            },
        })
    }

    /// Where one of the tree's columns is in the table.
    fn column(&self, feature: i64) -> Option<i64> {
        match &self.picked {
            Some(picked) => picked.get(usize::try_from(feature).ok()?).copied(),
            None => (0..self.width).contains(&feature).then_some(feature),
        }
    }
}

/// The columns that a node picks.
fn picks(cx: &Lowering, node: &Node<'_>, width: i64) -> Option<Vec<i64>> {
    // Only one of both counts from the end, too.
    let least = match node.op() {
        "Gather" if matches!(node.int("axis", 0).ok()?, 1 | -1) => -width,
        "ArrayFeatureExtractor" => 0,
        _ => return None,
    };
    let indices = cx.constant(cx.named(node.proto.input.get(1)?)?)?;
    // Another rank would make another one of the table.
    let columns = match indices.data() {
        Data::I64(columns) if indices.shape().rank() == 1 && !columns.is_empty() => columns,
        _ => return None,
    };
    let within = |column: i64| {
        let known = (least..width).contains(&column);
        known.then_some(if column < 0 { column + width } else { column })
    };
    columns.iter().copied().map(within).collect()
}
