//! A tensor's elements one by one: from JSON to the plugins' layout, and from that to values that can be compared and shown.

use std::fmt;

use serde_json::Value;

use crate::{
    plugin::text::capped,
    tensor::{Datatype, Shape, Tensor, TensorSpec},
};

/// One element.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Bool(bool),
    Integer(i128),
    Fp32(f32),
    Fp64(f64),
    Bytes(Vec<u8>),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Bool(value) => value.fmt(f),
            Cell::Integer(value) => value.fmt(f),
            Cell::Fp32(value) => value.fmt(f),
            Cell::Fp64(value) => value.fmt(f),
            Cell::Bytes(value) => {
                let text = String::from_utf8_lossy(value).into_owned();
                write!(f, "{:?}", capped(text, 80))
            }
        }
    }
}

/// Reads a tensor from its rows: lists within lists, as deep as its shape.
pub fn read(rows: &Value, spec: &TensorSpec) -> Result<Tensor, String> {
    if spec.datatype == Datatype::Fp16 {
        return Err(format!("`{}` is FP16, which has no JSON form", spec.name));
    }
    // A list without elements says nothing of what they would be.
    let mut shape: Vec<u64> = spec.shape.iter().map(|&dim| dim.max(0) as u64).collect();
    let mut known = vec![false; shape.len()];
    let mut data = Vec::new();
    walk(rows, spec, 0, &mut shape, &mut known, &mut data)?;
    let tensor = Tensor { shape, data };
    tensor
        .check(spec)
        .map_err(|mismatch| mismatch.to_string())?;
    Ok(tensor)
}

fn walk(
    value: &Value,
    spec: &TensorSpec,
    depth: usize,
    shape: &mut [u64],
    known: &mut [bool],
    data: &mut Vec<u8>,
) -> Result<(), String> {
    if depth == shape.len() {
        return element(value, spec.datatype, data).ok_or_else(|| {
            format!(
                "`{}` holds {}, which is no {}",
                spec.name,
                shown(value),
                spec.datatype
            )
        });
    }
    let misshapen = || {
        format!(
            "`{}` must be a list of rows, nested as its shape {}",
            spec.name,
            Shape(&spec.shape)
        )
    };
    let list = value.as_array().ok_or_else(misshapen)?;
    if known[depth] && shape[depth] != list.len() as u64 {
        return Err(misshapen());
    }
    (shape[depth], known[depth]) = (list.len() as u64, true);
    list.iter()
        .try_for_each(|value| walk(value, spec, depth + 1, shape, known, data))
}

/// Appends one element; none where the value is none of that datatype.
fn element(value: &Value, datatype: Datatype, out: &mut Vec<u8>) -> Option<()> {
    match datatype {
        Datatype::Bool => out.push(value.as_bool()?.into()),
        Datatype::Uint8 => out.extend(u8::try_from(value.as_u64()?).ok()?.to_le_bytes()),
        Datatype::Uint16 => out.extend(u16::try_from(value.as_u64()?).ok()?.to_le_bytes()),
        Datatype::Uint32 => out.extend(u32::try_from(value.as_u64()?).ok()?.to_le_bytes()),
        Datatype::Uint64 => out.extend(value.as_u64()?.to_le_bytes()),
        Datatype::Int8 => out.extend(i8::try_from(value.as_i64()?).ok()?.to_le_bytes()),
        Datatype::Int16 => out.extend(i16::try_from(value.as_i64()?).ok()?.to_le_bytes()),
        Datatype::Int32 => out.extend(i32::try_from(value.as_i64()?).ok()?.to_le_bytes()),
        Datatype::Int64 => out.extend(value.as_i64()?.to_le_bytes()),
        Datatype::Fp32 => out.extend((float(value)? as f32).to_le_bytes()),
        Datatype::Fp64 => out.extend(float(value)?.to_le_bytes()),
        Datatype::Bytes => {
            let text = value.as_str()?;
            out.extend(u32::try_from(text.len()).ok()?.to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        Datatype::Fp16 => return None,
    }
    Some(())
}

/// JSON has no spelling for what is no finite number: `null` is NaN, a missing feature, and infinities are texts.
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(f64::NAN),
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text == "Infinity" => Some(f64::INFINITY),
        Value::String(text) if text == "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// All elements of a tensor that was held against its specification.
pub fn cells(datatype: Datatype, data: &[u8]) -> Vec<Cell> {
    fn each<const N: usize>(data: &[u8], cell: fn([u8; N]) -> Cell) -> Vec<Cell> {
        data.as_chunks::<N>()
            .0
            .iter()
            .map(|bytes| cell(*bytes))
            .collect()
    }
    match datatype {
        Datatype::Bool => each(data, |[byte]| Cell::Bool(byte != 0)),
        Datatype::Uint8 => each(data, |b| Cell::Integer(u8::from_le_bytes(b).into())),
        Datatype::Uint16 | Datatype::Fp16 => {
            each(data, |b| Cell::Integer(u16::from_le_bytes(b).into()))
        }
        Datatype::Uint32 => each(data, |b| Cell::Integer(u32::from_le_bytes(b).into())),
        Datatype::Uint64 => each(data, |b| Cell::Integer(u64::from_le_bytes(b).into())),
        Datatype::Int8 => each(data, |b| Cell::Integer(i8::from_le_bytes(b).into())),
        Datatype::Int16 => each(data, |b| Cell::Integer(i16::from_le_bytes(b).into())),
        Datatype::Int32 => each(data, |b| Cell::Integer(i32::from_le_bytes(b).into())),
        Datatype::Int64 => each(data, |b| Cell::Integer(i64::from_le_bytes(b).into())),
        Datatype::Fp32 => each(data, |b| Cell::Fp32(f32::from_le_bytes(b))),
        Datatype::Fp64 => each(data, |b| Cell::Fp64(f64::from_le_bytes(b))),
        Datatype::Bytes => texts(data),
    }
}

/// A tensor as golden cases spell it: lists within lists, as deep as its shape. None where a text of it is no UTF-8.
pub fn json(datatype: Datatype, tensor: &Tensor) -> Option<Value> {
    let cells = cells(datatype, &tensor.data).into_iter();
    let mut level: Vec<Value> = cells.map(cell_json).collect::<Option<_>>()?;
    for dim in tensor.shape.iter().skip(1).rev() {
        let width = usize::try_from(*dim).ok()?.max(1);
        level = level.chunks(width).map(Value::from).collect();
    }
    Some(level.into())
}

fn cell_json(cell: Cell) -> Option<Value> {
    Some(match cell {
        Cell::Bool(value) => value.into(),
        Cell::Integer(value) => i64::try_from(value).ok()?.into(),
        Cell::Fp32(value) => float_json(value.into()),
        Cell::Fp64(value) => float_json(value),
        Cell::Bytes(value) => String::from_utf8(value).ok()?.into(),
    })
}

/// NaN becomes null.
fn float_json(value: f64) -> Value {
    match value {
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        value => value.into(),
    }
}

fn texts(mut data: &[u8]) -> Vec<Cell> {
    let mut cells = Vec::new();
    while let Some((length, rest)) = data.split_first_chunk::<4>()
        && let Some((text, rest)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)
    {
        cells.push(Cell::Bytes(text.to_vec()));
        data = rest;
    }
    cells
}

/// A value for a message.
pub fn shown(value: &Value) -> String {
    capped(value.to_string(), 200)
}
