//! Operators on categories: OneHotEncoder, LabelEncoder, CategoryMapper.

use std::borrow::Cow;

use scoregate_graph::data::{Data, Datatype, Text};
use scoregate_graph::ops::{Encode, Learned, OneHot};
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

use super::super::super::lowering::Lowering;
use super::super::super::node::Node;
use crate::error::CompileError;

/// What texts become that are no key, unless the file says.
const UNUSED: &str = "_Unused";

pub(super) fn one_hot(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    let (ints, texts) = (node.ints("cats_int64s")?, node.strings("cats_strings")?);
    let input = cx.input(node, 0)?;
    let (datatype, categories) = match (ints, texts) {
        ([_, ..], []) => (Datatype::I64, cx.blobs.put_numbers(ints)),
        ([], [_, ..]) => (Datatype::Text, cx.blobs.put_texts(texts)),
        _ => return Err(node.invalid("it needs `cats_int64s` or `cats_strings`, one of both")),
    };
    if (cx.datatype(input) == Datatype::Text) != (datatype == Datatype::Text) {
        return Err(node.invalid(format!(
            "an input of {} where the categories are {}",
            cx.datatype(input).name(),
            datatype.name()
        )));
    }
    cx.meet_numbers(ints.iter().map(|category| *category as f64));
    cx.meet_texts(texts);
    Ok(Learned::OneHot(OneHot {
        datatype,
        categories: categories.map_err(|error| node.invalid(error))?,
        zeros: node.int("zeros", 1)? != 0,
        places: false,
    }))
}

/// The first version: places to texts, or texts to places.
pub(super) fn label_encoder_1(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    let texts = texts(node.strings("classes_strings")?);
    let places = Data::I64((0..texts.len() as i64).collect());
    let input = cx.input(node, 0)?;
    let (keys, values) = if cx.datatype(input) == Datatype::Text {
        (texts, places)
    } else {
        (places, texts)
    };
    let default = default(node, values.datatype())?;
    encode(cx, node, &keys, values, default, (false, true))
}

pub(super) fn mapper(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    let texts = texts(node.strings("cats_strings")?);
    let ints = Data::I64(Cow::Owned(node.ints("cats_int64s")?.to_vec()));
    let input = cx.input(node, 0)?;
    let (keys, values) = if cx.datatype(input) == Datatype::Text {
        (texts, ints)
    } else {
        (ints, texts)
    };
    let default = default(node, values.datatype())?;
    encode(cx, node, &keys, values, default, (false, true))
}

pub(super) fn label_encoder(cx: &mut Lowering, node: &Node<'_>) -> Result<Learned, CompileError> {
    let keys = listed(node, "keys")?;
    let values = listed(node, "values")?;
    let given = match node.opset {
        4.. => node.tensor("default_tensor")?,
        _ => None,
    };
    let default = match given {
        Some(tensor) if tensor.datatype() == values.datatype() && tensor.data().len() == 1 => {
            tensor.into_data()
        }
        Some(_) => {
            return Err(node.invalid(format!(
                "`default_tensor` is not one element of {}",
                values.datatype().name()
            )));
        }
        None => default(node, values.datatype())?,
    };
    encode(cx, node, &keys, values, default, (node.opset >= 4, false))
}

/// Keys or values: a list of one of the datatypes, or a tensor.
fn listed(node: &Node<'_>, what: &str) -> Result<Data<'static>, CompileError> {
    let names = ["strings", "int64s", "floats"].map(|datatype| format!("{what}_{datatype}"));
    let tensor = node.tensor(&format!("{what}_tensor"))?;
    let mut found: Vec<Data<'static>> = Vec::new();
    if node.has(&names[0]) {
        found.push(texts(node.strings(&names[0])?));
    }
    if node.has(&names[1]) {
        found.push(Data::I64(Cow::Owned(node.ints(&names[1])?.to_vec())));
    }
    if node.has(&names[2]) {
        found.push(Data::F32(Cow::Owned(node.floats(&names[2])?.to_vec())));
    }
    found.extend(tensor.map(Tensor::into_data));
    match found.pop() {
        Some(only) if found.is_empty() => Ok(only),
        _ => Err(node.invalid(format!(
            "it needs one of `{}`, `{}`, `{}` and `{what}_tensor`",
            names[0], names[1], names[2]
        ))),
    }
}

fn texts(texts: &[Vec<u8>]) -> Data<'static> {
    Data::Text(texts.iter().map(|text| Text::Owned(text.clone())).collect())
}

/// What stands for a key that is not known.
fn default(node: &Node<'_>, datatype: Datatype) -> Result<Data<'static>, CompileError> {
    let int = || node.int("default_int64", -1);
    Ok(match datatype {
        Datatype::Text => {
            let text = node.bytes("default_string")?.unwrap_or(UNUSED.as_bytes());
            texts(&[text.to_vec()])
        }
        Datatype::I64 => Data::I64(vec![int()?].into()),
        Datatype::I32 => Data::I32(vec![int()? as i32].into()),
        Datatype::F32 => Data::F32(vec![node.float("default_float", -0.0)?].into()),
        Datatype::F64 => Data::F64(vec![f64::from(node.float("default_float", -0.0)?)].into()),
        Datatype::Bool => return Err(node.unsupported("values of bool are not served")),
    })
}

/// `rules`: NaN can be a key; of two equal keys the last counts.
fn encode(
    cx: &mut Lowering,
    node: &Node<'_>,
    keys: &Data<'static>,
    values: Data<'static>,
    default: Data<'static>,
    rules: (bool, bool),
) -> Result<Learned, CompileError> {
    let invalid = |error| node.invalid(error);
    if keys.len() != values.len() {
        return Err(node.invalid(format!(
            "{} keys and {} values; there must be as many of each",
            keys.len(),
            values.len()
        )));
    }
    let (key_type, value_type) = (keys.datatype(), values.datatype());
    let input = cx.input(node, 0)?;
    if cx.datatype(input) != key_type {
        return Err(node.invalid(format!(
            "an input of {} where the keys are {}",
            cx.datatype(input).name(),
            key_type.name()
        )));
    }
    meet(cx, keys);
    let values = joined(values, default)
        .ok_or_else(|| node.invalid("values and their default are of two datatypes"))?;
    Shape::new(&[values.len()]).map_err(invalid)?;
    Ok(Learned::Encode(Encode {
        key_type,
        keys: cx.blobs.put_data(keys).map_err(invalid)?,
        value_type,
        values: cx.blobs.put_data(&values).map_err(invalid)?,
        nan: rules.0,
        last: rules.1,
    }))
}

fn meet(cx: &mut Lowering, keys: &Data<'_>) {
    match keys {
        Data::F32(keys) => cx.meet_numbers(keys.iter().map(|key| f64::from(*key))),
        Data::F64(keys) => cx.meet_numbers(keys.iter().copied()),
        Data::I32(keys) => cx.meet_numbers(keys.iter().map(|key| f64::from(*key))),
        Data::I64(keys) => cx.meet_numbers(keys.iter().map(|key| *key as f64)),
        Data::Text(keys) => cx.meet_texts(keys.iter()),
        Data::Bool(_) => {}
    }
}

fn joined(values: Data<'static>, default: Data<'static>) -> Option<Data<'static>> {
    fn both<T: Clone>(mut values: Cow<'static, [T]>, default: &[T]) -> Cow<'static, [T]> {
        values.to_mut().extend_from_slice(default);
        values
    }
    Some(match (values, default) {
        (Data::F32(values), Data::F32(default)) => Data::F32(both(values, &default)),
        (Data::F64(values), Data::F64(default)) => Data::F64(both(values, &default)),
        (Data::I32(values), Data::I32(default)) => Data::I32(both(values, &default)),
        (Data::I64(values), Data::I64(default)) => Data::I64(both(values, &default)),
        (Data::Text(values), Data::Text(default)) => {
            let mut values = values.into_owned();
            values.extend(default.into_owned());
            Data::Text(values.into())
        }
        _ => return None,
    })
}
