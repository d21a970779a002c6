//! A product and what is added to each of its rows, as one step. The sums are the same: a product adds it last, too.

use std::collections::HashMap;

use scoregate_graph::blob::Blob;
use scoregate_graph::data::Datatype;
use scoregate_graph::ops::{Algebra, Binary, Elementwise, Metric, Op};

use super::super::lowering::{Lowering, Pending, Value};
use super::super::ops::row;
use crate::error::CompileError;

/// Lets products add what steps after them add that nothing else takes part in. `outputs` are taken from outside.
pub(in super::super) fn join(
    cx: &mut Lowering,
    outputs: impl IntoIterator<Item = Value>,
) -> Result<(), CompileError> {
    let mut uses: HashMap<Value, usize> = HashMap::new();
    let taken = cx.steps.iter().flat_map(|step| &step.inputs);
    for value in taken.flatten().copied().chain(outputs) {
        *uses.entry(value).or_default() += 1;
    }
    let mut steps: Vec<Pending> = Vec::with_capacity(cx.steps.len());
    // Where the step of a value is among those that are left.
    let mut made: HashMap<Value, usize> = HashMap::new();
    for step in std::mem::take(&mut cx.steps) {
        if let Some((sum, plus)) = addition(cx, &step)
            && uses.get(&sum) == Some(&1)
            && let Some(at) = made.get(&sum).copied()
            && let product = &mut steps[at]
            && let Some((width, datatype, place)) = place(&mut product.op)
            && cx.shape(sum).len() == 2
            && cx.shape(sum) == cx.shape(step.outputs[0])
            && let Some(row) = cx.constant(plus).and_then(|plus| row(plus, width))
            && row.datatype() == datatype
        {
            *place = Some(cx.blobs.put_data(&row).map_err(CompileError::Unsupported)?);
            product.outputs.clone_from(&step.outputs);
            made.insert(step.outputs[0], at);
            continue;
        }
        made.extend(step.outputs.iter().map(|value| (*value, steps.len())));
        steps.push(step);
    }
    cx.steps = steps;
    Ok(())
}

/// What is added to what is held, where one step does that.
fn addition(cx: &Lowering, step: &Pending) -> Option<(Value, Value)> {
    let [Some(left), Some(right)] = step.inputs[..] else {
        return None;
    };
    if step.op != Op::Elementwise(Elementwise::Binary(Binary::Add)) {
        return None;
    }
    let held = |value| cx.constant(value).is_some();
    match (held(left), held(right)) {
        (false, true) => Some((left, right)),
        (true, false) => Some((right, left)),
        _ => None,
    }
}

/// A product's columns, what its elements are, and where what it adds belongs, if it adds nothing yet.
fn place(op: &mut Op) -> Option<(usize, Datatype, &mut Option<Blob>)> {
    let (width, datatype, plus) = match op {
        Op::Algebra(Algebra::Dense(dense)) if dense.metric == Metric::Products => {
            (dense.width, dense.datatype, &mut dense.plus)
        }
        Op::Algebra(Algebra::Parts(parts)) => (parts.width, Datatype::F32, &mut parts.plus),
        _ => return None,
    };
    plus.is_none().then_some((width as usize, datatype, plus))
}
