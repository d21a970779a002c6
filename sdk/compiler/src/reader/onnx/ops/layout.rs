//! Operators that put elements elsewhere.

use scoregate_graph::data::{Data, Text};
use scoregate_graph::ops::{Elementwise, Layout, Op, PadMode};
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

use super::super::lowering::{Lowering, Value};
use super::super::node::Node;
use super::{elementwise, told};
use crate::error::CompileError;

/// Adds the node's steps, if it is of this family.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    if let Some(op) = plain(node)? {
        let inputs = cx.inputs(node)?;
        push(cx, node, op, inputs)?;
        return Ok(true);
    }
    match node.op() {
        "Constant" => constant(cx, node)?,
        "Reshape" => {
            let allow_zero = node.int("allowzero", 0)? != 0;
            with_numbers(cx, node, Layout::Reshape { allow_zero }, &["shape"])?;
        }
        "Squeeze" => {
            let axes = told::known(cx, node, 1, "axes")?;
            first(cx, node, Layout::Squeeze { axes })?;
        }
        "Unsqueeze" => {
            let axes = told::known(cx, node, 1, "axes")?;
            let axes = axes.ok_or_else(|| node.invalid("it has no `axes`"))?;
            first(cx, node, Layout::Unsqueeze { axes })?;
        }
        "ConstantOfShape" => constant_of_shape(cx, node)?,
        "Split" => split(cx, node)?,
        "Slice" => with_numbers(
            cx,
            node,
            Layout::Slice,
            &["starts", "ends", "axes", "steps"],
        )?,
        "Pad" => pad(cx, node)?,
        "Transpose" => transpose(cx, node)?,
        "EyeLike" => eye_like(cx, node)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Operators that are told nothing but by attributes and inputs that are always inputs.
fn plain(node: &Node<'_>) -> Result<Option<Layout>, CompileError> {
    Ok(Some(match node.op() {
        "Flatten" => Layout::Flatten {
            axis: node.int("axis", 1)?,
        },
        "Shape" => Layout::Shape {
            start: node.int("start", 0)?,
            end: match node.has("end") {
                true => Some(node.int("end", 0)?),
                false => None,
            },
        },
        "Size" => Layout::Size,
        "Expand" => Layout::Expand,
        "Tile" if node.opset >= 6 => Layout::Tile,
        "Concat" => Layout::Concat {
            axis: node.int("axis", 1)?,
        },
        "Trilu" => Layout::Trilu {
            upper: node.int("upper", 1)? != 0,
        },
        "Gather" => Layout::Gather {
            axis: node.int("axis", 0)?,
        },
        "GatherElements" => Layout::GatherElements {
            axis: node.int("axis", 0)?,
        },
        "GatherND" => Layout::GatherNd {
            batch: node.int("batch_dims", 0)?,
        },
        "ScatterElements" | "Scatter" => match node.word("reduction", "none")? {
            "none" => Layout::ScatterElements {
                axis: node.int("axis", 0)?,
            },
            other => return Err(node.unsupported(format!("the reduction `{other}` is not served"))),
        },
        "Compress" => Layout::Compress {
            axis: match node.has("axis") {
                true => Some(node.int("axis", 0)?),
                false => None,
            },
        },
        "NonZero" => Layout::NonZero,
        "OneHot" => Layout::OneHot {
            axis: node.int("axis", -1)?,
        },
        "Range" => Layout::Range,
        _ => return Ok(None),
    }))
}

fn push(
    cx: &mut Lowering,
    node: &Node<'_>,
    op: Layout,
    inputs: Vec<Value>,
) -> Result<(), CompileError> {
    let made = cx.push(node, Op::Layout(op), &inputs)?;
    cx.bind(node, 0, made)
}

/// Of the first input alone.
fn first(cx: &mut Lowering, node: &Node<'_>, op: Layout) -> Result<(), CompileError> {
    let input = cx.input(node, 0)?;
    push(cx, node, op, vec![input])
}

/// Of the first input and lists of whole numbers, which are attributes in older operator sets.
fn with_numbers(
    cx: &mut Lowering,
    node: &Node<'_>,
    op: Layout,
    names: &[&str],
) -> Result<(), CompileError> {
    let mut inputs = vec![Some(cx.input(node, 0)?)];
    for (at, name) in names.iter().enumerate() {
        inputs.push(told::numbers(cx, node, at + 1, name)?);
    }
    let made = cx.push_step(node, Op::Layout(op), &inputs)?;
    cx.bind(node, 0, made[0])
}

fn constant(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let list = |data: Data<'static>| Tensor::new(Shape::new(&[data.len()])?, data);
    let single = |data: Data<'static>| Tensor::new(Shape::SCALAR, data);
    let text = |text: &[u8]| Text::Owned(text.to_vec());
    let Some(attribute) = node.proto.attribute.first() else {
        return Err(node.invalid("a constant without a value"));
    };
    let tensor = match &attribute.name[..] {
        "value" => Ok(node
            .tensor("value")?
            .ok_or_else(|| node.invalid("a constant without a value"))?),
        "value_float" => single(Data::F32(vec![node.float("value_float", 0.0)?].into())),
        "value_floats" => list(Data::F32(node.floats("value_floats")?.to_vec().into())),
        "value_int" => single(Data::I64(vec![node.int("value_int", 0)?].into())),
        "value_ints" => list(Data::I64(node.ints("value_ints")?.to_vec().into())),
        "value_string" => single(Data::Text(vec![text(&attribute.s)].into())),
        "value_strings" => {
            let texts = node.strings("value_strings")?.iter().map(|own| text(own));
            list(Data::Text(texts.collect()))
        }
        other => {
            return Err(node.unsupported(format!("a constant given by `{other}` is not served")));
        }
    };
    let value = cx.add_constant(tensor.map_err(|error| node.invalid(error))?);
    cx.bind(node, 0, value)
}

fn constant_of_shape(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let value = match node.tensor("value")? {
        Some(value) => value.reshaped(Shape::SCALAR),
        None => Tensor::f32(Shape::SCALAR, vec![0.0]),
    };
    let value = cx.add_constant(value.map_err(|error| node.invalid(error))?);
    let shape = cx.input(node, 0)?;
    push(cx, node, Layout::Expand, vec![value, shape])
}

fn split(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let parts = node.proto.output.len() as u32;
    let axis = node.int("axis", 0)?;
    let inputs = [
        Some(cx.input(node, 0)?),
        told::numbers(cx, node, 1, "split")?,
    ];
    let made = cx.push_step(node, Op::Layout(Layout::Split { axis, parts }), &inputs)?;
    for (nth, value) in made.into_iter().enumerate() {
        cx.bind(node, nth, value)?;
    }
    Ok(())
}

fn pad(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let mode = match node.word("mode", "constant")? {
        "constant" => PadMode::Constant,
        "edge" => PadMode::Edge,
        "reflect" => PadMode::Reflect,
        "wrap" => PadMode::Wrap,
        other => return Err(node.unsupported(format!("the mode `{other}` is not served"))),
    };
    let input = cx.input(node, 0)?;
    let pads = told::numbers(cx, node, 1, "pads")?;
    let mut fill = cx.optional_input(node, 2)?;
    if node.opset < 11 && node.has("value") {
        let value = Tensor::f32(Shape::SCALAR, vec![node.float("value", 0.0)?]);
        let value = cx.add_constant(value.map_err(|error| node.invalid(error))?);
        let cast = Elementwise::Cast(cx.datatype(input));
        fill = Some(cx.push(node, Op::Elementwise(cast), &[value])?);
    }
    let inputs = [Some(input), pads, fill, cx.optional_input(node, 3)?];
    let made = cx.push_step(node, Op::Layout(Layout::Pad { mode }), &inputs)?;
    cx.bind(node, 0, made[0])
}

fn transpose(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let input = cx.input(node, 0)?;
    let order = match node.has("perm") {
        true => Some(node.ints("perm")?.to_vec()),
        false => None,
    };
    // Twice is as it was: distances come turned out of the loop that converters write for them, and are turned back.
    if order.as_deref() == Some(&SWAPPED) || order.is_none() && cx.shape(input).len() == 2 {
        let before = cx.steps.iter().rfind(|step| step.outputs.contains(&input));
        if let Some(step) = before
            && step.op == Op::Layout(swapped())
            && let [Some(turned)] = step.inputs[..]
        {
            return cx.bind(node, 0, turned);
        }
    }
    push(cx, node, Layout::Transpose { order }, vec![input])
}

const SWAPPED: [i64; 2] = [1, 0];

/// Turns a table.
pub(super) fn swapped() -> Layout {
    Layout::Transpose {
        order: Some(SWAPPED.to_vec()),
    }
}

fn eye_like(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let input = cx.input(node, 0)?;
    let diagonal = node.int("k", 0)?;
    let made = cx.push(node, Op::Layout(Layout::EyeLike { diagonal }), &[input])?;
    let made = match node.has("dtype") {
        true => {
            let datatype = elementwise::datatype(node, "dtype", 0)?;
            cx.push(node, Op::Elementwise(Elementwise::Cast(datatype)), &[made])?
        }
        false => made,
    };
    cx.bind(node, 0, made)
}
