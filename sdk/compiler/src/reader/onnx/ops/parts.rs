//! Rows that are put together of tables and of categories' ones and zeros, on their way into a product: the product takes the parts.

use scoregate_graph::data::Datatype;
use scoregate_graph::ops::{Algebra, Elementwise, Layout, Learned, OneHot, Op, Part, Parts};

use super::super::lowering::{Lowering, Pending, Value};
use super::super::node::Node;
use crate::error::CompileError;

/// Parts of a row at most, and values that are looked at to find them; rows of more stay whole.
const PARTS_MAX: usize = 1_024;
const LOOKS_MAX: usize = 4_096;

/// The matrix that rows are multiplied with.
pub(super) struct Matrix<'m> {
    /// Row by row or, `turned`, column by column.
    pub elements: &'m [f32],
    /// How many columns.
    pub width: usize,
    /// See above.
    pub turned: bool,
}

/// What rows are put together of, from left to right.
pub(super) struct Rows(Vec<(Value, Part)>);

impl Rows {
    /// The parts of a table's rows, if one is a category.
    pub(super) fn of(cx: &Lowering, table: Value) -> Option<Self> {
        let known = cx.shape(table).len() == 2;
        known.then(|| parts(cx, table)).flatten().map(Self)
    }

    /// Likewise, or else the rows as they are, if they are numbers.
    pub(super) fn of_or_whole(cx: &Lowering, table: Value) -> Option<Self> {
        let whole = || {
            let columns = columns(cx, table)?;
            let known = cx.shape(table).len() == 2;
            known.then(|| Self(vec![(table, Part::Numbers(columns))]))
        };
        Self::of(cx, table).or_else(whole)
    }

    /// The rows' product with a matrix. A category's zeros are not multiplied: none where the matrix would make anything but a zero of
    /// them, or is not of a size.
    pub(super) fn product(
        self,
        cx: &mut Lowering,
        node: &Node<'_>,
        matrix: &Matrix<'_>,
    ) -> Result<Option<Value>, CompileError> {
        let width = matrix.width;
        let depth: usize = self.0.iter().map(|(_, part)| part.width() as usize).sum();
        let fits = depth.checked_mul(width) == Some(matrix.elements.len());
        let zeros = self.0.iter().any(is_category);
        if !fits || zeros && !matrix.elements.iter().all(|weight| weight.is_finite()) {
            return Ok(None);
        }
        let mut inputs = Vec::with_capacity(self.0.len());
        for (value, part) in &self.0 {
            inputs.push(match part {
                Part::Numbers(_) => *value,
                Part::Category(_) => places(cx, node, *value)?,
            });
        }
        let parts: Vec<Part> = self.0.into_iter().map(|(_, part)| part).collect();
        let (elements, blobs) = (matrix.elements, &mut cx.blobs);
        let panels = Parts::pack(&parts, elements, width, matrix.turned, blobs);
        let op = Op::Algebra(Algebra::Parts(Parts {
            parts,
            width: width as u32,
            panels: panels.map_err(|error| node.invalid(error))?,
            plus: None,
        }));
        cx.push(node, op, &inputs).map(Some)
    }
}

fn parts(cx: &Lowering, rows: Value) -> Option<Vec<(Value, Part)>> {
    let mut found = Vec::new();
    let mut rest = vec![rows];
    let mut looks = 0;
    while let Some(value) = rest.pop() {
        looks += 1;
        if looks > LOOKS_MAX || found.len() >= PARTS_MAX {
            return None;
        }
        let step = cx.maker(value);
        if let Some(step) = step.filter(|_| keeps_rows(cx, value)) {
            if let Some(inputs) = beside(cx, step, value) {
                rest.extend(inputs.into_iter().rev());
                continue;
            }
            if let Some(width) = category(cx, step, value) {
                found.push((value, Part::Category(width)));
                continue;
            }
        }
        found.push((value, Part::Numbers(columns(cx, value)?)));
    }
    found.iter().any(is_category).then_some(found)
}

fn is_category((_, part): &(Value, Part)) -> bool {
    matches!(part, Part::Category(_))
}

/// Whether the first dimension is the rows', and all others are fixed.
fn keeps_rows(cx: &Lowering, value: Value) -> bool {
    cx.rows_dimension(value) == Some(0) && cx.shape(value)[1..].iter().all(Option::is_some)
}

/// Elements of a row of numbers.
fn columns(cx: &Lowering, value: Value) -> Option<u32> {
    if !keeps_rows(cx, value) || cx.datatype(value) != Datatype::F32 {
        return None;
    }
    let dims = cx.shape(value);
    let mut dims = dims[1..].iter();
    let width = dims.try_fold(1_usize, |width, dim| width.checked_mul((*dim)?))?;
    u32::try_from(width).ok()
}

/// The values whose rows, one beside the other, are a value's rows.
fn beside(cx: &Lowering, step: &Pending, value: Value) -> Option<Vec<Value>> {
    let inputs = match &step.op {
        Op::Layout(Layout::Concat { axis }) => {
            let shape = cx.shape(value);
            let axis = if *axis < 0 {
                axis + shape.len() as i64
            } else {
                *axis
            };
            // Only along one dimension are there elements to be put beside others.
            let mut others = (1..shape.len()).filter(|dim| *dim as i64 != axis);
            if axis == 0 || !others.all(|dim| shape[dim] == Some(1)) {
                return None;
            }
            step.inputs
                .iter()
                .copied()
                .collect::<Option<Vec<Value>>>()?
        }
        Op::Layout(
            Layout::Reshape { .. }
            | Layout::Flatten { .. }
            | Layout::Squeeze { .. }
            | Layout::Unsqueeze { .. },
        ) => vec![step.inputs.first().copied()??],
        Op::Elementwise(Elementwise::Cast(Datatype::F32)) => {
            let input = step.inputs.first().copied()??;
            (cx.datatype(input) == Datatype::F32).then_some(vec![input])?
        }
        _ => return None,
    };
    inputs
        .iter()
        .all(|input| keeps_rows(cx, *input))
        .then_some(inputs)
}

/// How many categories there are, if a row is one of them.
fn category(cx: &Lowering, step: &Pending, value: Value) -> Option<u32> {
    let (Op::Learned(Learned::OneHot(_)), Some(Some(input))) = (&step.op, step.inputs.first())
    else {
        return None;
    };
    let mut dims = cx.shape(*input).into_iter().skip(1);
    if !dims.all(|dim| dim == Some(1)) {
        return None;
    }
    columns(cx, value)
}

/// The places of the ones, under the name of the step that makes ones and zeros.
fn places(cx: &mut Lowering, node: &Node<'_>, value: Value) -> Result<Value, CompileError> {
    if let Some(places) = cx.places.get(&value) {
        return Ok(*places);
    }
    let step = cx
        .maker(value)
        .map(|step| (step.name.clone(), step.op.clone(), step.inputs.clone()));
    let Some((name, Op::Learned(Learned::OneHot(one_hot)), inputs)) = step else {
        return Err(node.invalid("a category that no step makes"));
    };
    let op = Op::Learned(Learned::OneHot(OneHot {
        places: true,
        ..one_hot
    }));
    let made = cx.push_named(node, name, op, &inputs)?[0];
    cx.places.insert(value, made);
    Ok(made)
}
