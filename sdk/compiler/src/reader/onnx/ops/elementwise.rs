//! Operators on each element by itself, or with its counterpart.

use scoregate_graph::data::Datatype;
use scoregate_graph::ops::{Binary, Compare, Elementwise, Op, Unary};
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

use super::super::lowering::{Lowering, Value};
use super::super::node::Node;
use super::super::proto::data_type;
use super::super::tensors;
use crate::error::CompileError;

/// Adds the node's steps, if it is of this family.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    if let Some(function) = unary(node)? {
        one(cx, node, Elementwise::Unary(function))?;
        return Ok(true);
    }
    if let Some(function) = binary(node)? {
        all(cx, node, Elementwise::Binary(function))?;
        return Ok(true);
    }
    match node.op() {
        // What is dropped in training is kept in use.
        "Identity" | "Dropout" => {
            let input = cx.input(node, 0)?;
            cx.bind(node, 0, input)?;
        }
        "Mean" => all(cx, node, Elementwise::Mean)?,
        "Pow" => pow(cx, node)?,
        "Equal" => all(cx, node, Elementwise::Compare(Compare::Equal))?,
        "Less" => all(cx, node, Elementwise::Compare(Compare::Less))?,
        "LessOrEqual" => all(cx, node, Elementwise::Compare(Compare::LessOrEqual))?,
        "Greater" => all(cx, node, Elementwise::Compare(Compare::Greater))?,
        "GreaterOrEqual" => all(cx, node, Elementwise::Compare(Compare::GreaterOrEqual))?,
        "Not" => one(cx, node, Elementwise::Not)?,
        "IsNaN" => one(cx, node, Elementwise::IsNan)?,
        "IsInf" => {
            let negative = node.int("detect_negative", 1)? != 0;
            let positive = node.int("detect_positive", 1)? != 0;
            one(cx, node, Elementwise::IsInf { negative, positive })?;
        }
        "Where" => all(cx, node, Elementwise::Where)?,
        "Clip" => clip(cx, node)?,
        "Cast" | "CastLike" => cast(cx, node)?,
        "BatchNormalization" => batch_normalization(cx, node)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn unary(node: &Node<'_>) -> Result<Option<Unary>, CompileError> {
    Ok(Some(match node.op() {
        "Neg" => Unary::Neg,
        "Abs" => Unary::Abs,
        "Sign" => Unary::Sign,
        "Sqrt" => Unary::Sqrt,
        "Reciprocal" => Unary::Reciprocal,
        "Floor" => Unary::Floor,
        "Ceil" => Unary::Ceil,
        "Round" => Unary::Round,
        "Exp" => Unary::Exp,
        "Log" => Unary::Log,
        "Erf" => Unary::Erf,
        "Sin" => Unary::Sin,
        "Cos" => Unary::Cos,
        "Tan" => Unary::Tan,
        "Asin" => Unary::Asin,
        "Acos" => Unary::Acos,
        "Atan" => Unary::Atan,
        "Sinh" => Unary::Sinh,
        "Cosh" => Unary::Cosh,
        "Tanh" => Unary::Tanh,
        "Asinh" => Unary::Asinh,
        "Acosh" => Unary::Acosh,
        "Atanh" => Unary::Atanh,
        "Relu" => Unary::Relu,
        "Sigmoid" => Unary::Sigmoid,
        "Softplus" => Unary::Softplus,
        "Softsign" => Unary::Softsign,
        "Mish" => Unary::Mish,
        "HardSwish" => Unary::HardSwish,
        "Gelu" => match node.word("approximate", "none")? {
            "none" => Unary::Gelu { approximate: false },
            "tanh" => Unary::Gelu { approximate: true },
            other => {
                return Err(node.invalid(format!(
                    "`approximate` is `{other}`, neither `none` nor `tanh`"
                )));
            }
        },
        "LeakyRelu" => Unary::LeakyRelu(node.float("alpha", 0.01)?),
        "Elu" => Unary::Elu(node.float("alpha", 1.0)?),
        "Celu" => Unary::Celu(node.float("alpha", 1.0)?),
        "ThresholdedRelu" => Unary::ThresholdedRelu(node.float("alpha", 1.0)?),
        // The defaults are the nearest floats of the paper's numbers (G. Klambauer and others, 2017), as the schema has them.
        "Selu" => Unary::Selu {
            alpha: node.float("alpha", 1.673_263_2)?,
            gamma: node.float("gamma", 1.050_701)?,
        },
        "HardSigmoid" => Unary::HardSigmoid {
            alpha: node.float("alpha", 0.2)?,
            beta: node.float("beta", 0.5)?,
        },
        _ => return Ok(None),
    }))
}

fn binary(node: &Node<'_>) -> Result<Option<Binary>, CompileError> {
    Ok(Some(match node.op() {
        "Add" | "Sum" => Binary::Add,
        "Sub" => Binary::Sub,
        "Mul" => Binary::Mul,
        "Div" => Binary::Div,
        "Mod" if node.int("fmod", 0)? != 0 => Binary::Fmod,
        "Mod" => Binary::Mod,
        "Max" => Binary::Max,
        "Min" => Binary::Min,
        "PRelu" => Binary::PRelu,
        "And" => Binary::And,
        "Or" => Binary::Or,
        "Xor" => Binary::Xor,
        _ => return Ok(None),
    }))
}

fn one(cx: &mut Lowering, node: &Node<'_>, op: Elementwise) -> Result<(), CompileError> {
    let input = cx.input(node, 0)?;
    let made = cx.push(node, Op::Elementwise(op), &[input])?;
    cx.bind(node, 0, made)
}

fn all(cx: &mut Lowering, node: &Node<'_>, op: Elementwise) -> Result<(), CompileError> {
    if node.opset < 7 && (node.has("broadcast") || node.has("axis")) {
        return Err(node.unsupported(format!(
            "broadcasting by attributes, as operator set {} has it, is not served; convert the model to operator set 7 or later",
            node.opset
        )));
    }
    let inputs = cx.inputs(node)?;
    let least = match node.op() {
        "Where" => 3,
        "Sum" | "Max" | "Min" | "Mean" => 1,
        _ => 2,
    };
    let variadic = least == 1;
    if inputs.len() < least || !variadic && inputs.len() > least {
        return Err(node.invalid(format!("{} inputs where it takes {least}", inputs.len())));
    }
    let made = cx.push(node, Op::Elementwise(op), &inputs)?;
    cx.bind(node, 0, made)
}

/// Of two datatypes the base's is kept; a whole base with a real exponent is computed by real numbers.
fn pow(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let (base, exponent) = (cx.input(node, 0)?, cx.input(node, 1)?);
    let (own, other) = (cx.datatype(base), cx.datatype(exponent));
    let real = |datatype| matches!(datatype, Datatype::F32 | Datatype::F64);
    let within = match real(other) && !real(own) {
        true => Datatype::F64,
        false => own,
    };
    let base = as_datatype(cx, node, base, within)?;
    let exponent = as_datatype(cx, node, exponent, within)?;
    let op = Op::Elementwise(Elementwise::Binary(Binary::Pow));
    let made = cx.push(node, op, &[base, exponent])?;
    let made = as_datatype(cx, node, made, own)?;
    cx.bind(node, 0, made)
}

fn as_datatype(
    cx: &mut Lowering,
    node: &Node<'_>,
    value: Value,
    datatype: Datatype,
) -> Result<Value, CompileError> {
    match cx.datatype(value) == datatype {
        true => Ok(value),
        false => cx.push(node, Op::Elementwise(Elementwise::Cast(datatype)), &[value]),
    }
}

fn clip(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let input = cx.input(node, 0)?;
    let mut bounds = [cx.optional_input(node, 1)?, cx.optional_input(node, 2)?];
    for (bound, name) in bounds.iter_mut().zip(["min", "max"]) {
        if node.opset < 11 && node.has(name) {
            let value = Tensor::f32(Shape::SCALAR, vec![node.float(name, 0.0)?]);
            let value = cx.add_constant(value.map_err(|error| node.invalid(error))?);
            *bound = Some(as_datatype(cx, node, value, cx.datatype(input))?);
        }
    }
    let inputs = [Some(input), bounds[0], bounds[1]];
    let made = cx.push_step(node, Op::Elementwise(Elementwise::Clip), &inputs)?;
    cx.bind(node, 0, made[0])
}

fn cast(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let input = cx.input(node, 0)?;
    let to = match node.op() {
        "CastLike" => cx.datatype(cx.input(node, 1)?),
        _ => datatype(node, "to", 0)?,
    };
    let made = as_datatype(cx, node, input, to)?;
    cx.bind(node, 0, made)
}

/// A datatype that an attribute names. Small whole numbers would have to wrap around.
pub(super) fn datatype(
    node: &Node<'_>,
    name: &str,
    default: i32,
) -> Result<Datatype, CompileError> {
    let wanted = node.int(name, default.into())?;
    Ok(match i32::try_from(wanted).unwrap_or_default() {
        data_type::FLOAT => Datatype::F32,
        data_type::DOUBLE => Datatype::F64,
        data_type::INT32 => Datatype::I32,
        data_type::INT64 => Datatype::I64,
        data_type::BOOL => Datatype::Bool,
        data_type::STRING => Datatype::Text,
        other => {
            return Err(node.unsupported(format!(
                "elements of {} are not served; float, double, int32, int64, bool and string are",
                tensors::name(other)
            )));
        }
    })
}

/// `(x - mean) / sqrt(var + epsilon) * scale + bias` as one product and one sum with a number for each channel.
fn batch_normalization(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    if node.int("training_mode", 0)? != 0 {
        return Err(node.unsupported("its training mode is not served"));
    }
    let input = cx.input(node, 0)?;
    let rank = cx.shape(input).len();
    let mut numbers = Vec::new();
    for at in 1..5 {
        let value = cx.input(node, at)?;
        numbers.push(value);
    }
    let [scale, bias, mean, variance] = numbers[..] else {
        return Err(node.invalid("scale, bias, mean and variance are needed"));
    };
    let op = |function| Op::Elementwise(Elementwise::Binary(function));
    let epsilon = Tensor::f32(Shape::SCALAR, vec![node.float("epsilon", 1e-5)?]);
    let epsilon = cx.add_constant(epsilon.map_err(|error| node.invalid(error))?);
    let epsilon = as_datatype(cx, node, epsilon, cx.datatype(variance))?;
    let wide = cx.push(node, op(Binary::Add), &[variance, epsilon])?;
    let wide = cx.push(
        node,
        Op::Elementwise(Elementwise::Unary(Unary::Sqrt)),
        &[wide],
    )?;
    let factor = cx.push(node, op(Binary::Div), &[scale, wide])?;
    let moved = cx.push(node, op(Binary::Mul), &[mean, factor])?;
    let plus = cx.push(node, op(Binary::Sub), &[bias, moved])?;
    // Channels are the second dimension.
    let axes: Vec<i64> = (1..rank.saturating_sub(1) as i64).collect();
    let behind = Op::Layout(scoregate_graph::ops::Layout::Unsqueeze { axes });
    let factor = cx.push(node, behind.clone(), &[factor])?;
    let plus = cx.push(node, behind, &[plus])?;
    let product = cx.push(node, op(Binary::Mul), &[input, factor])?;
    let made = cx.push(node, op(Binary::Add), &[product, plus])?;
    cx.bind(node, 0, made)
}
