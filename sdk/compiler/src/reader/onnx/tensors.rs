//! The tensors of a file. Small whole numbers are widened: what a graph computes with has six datatypes.

use std::borrow::Cow;

use scoregate_graph::data::{Data, Datatype, Text};
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

use super::external::Folder;
use super::proto::{TensorProto, data_type};
use crate::error::CompileError;

/// What an element of that ONNX datatype is here, where it is served.
pub fn datatype(elem_type: i32) -> Option<Datatype> {
    Some(match elem_type {
        data_type::FLOAT => Datatype::F32,
        data_type::DOUBLE => Datatype::F64,
        data_type::INT8
        | data_type::INT16
        | data_type::INT32
        | data_type::UINT8
        | data_type::UINT16 => Datatype::I32,
        data_type::INT64 | data_type::UINT32 => Datatype::I64,
        data_type::BOOL => Datatype::Bool,
        data_type::STRING => Datatype::Text,
        _ => return None,
    })
}

/// The name of an ONNX datatype, for messages.
pub fn name(elem_type: i32) -> String {
    let known = match elem_type {
        data_type::FLOAT16 => "float16",
        data_type::BFLOAT16 => "bfloat16",
        data_type::UINT64 => "uint64",
        other => return format!("number {other} of TensorProto.DataType"),
    };
    known.to_owned()
}

/// Reads a tensor. Elements in another file are read from the model's folder.
///
/// # Errors
/// What is wrong with it, at `place`.
pub fn read(
    proto: &TensorProto,
    place: &str,
    folder: Option<&Folder>,
) -> Result<Tensor<'static>, CompileError> {
    let invalid = |reason: String| CompileError::Invalid {
        place: place.to_owned(),
        reason,
    };
    let dims = proto.dims.iter().map(|dim| usize::try_from(*dim));
    let dims: Vec<usize> = dims.collect::<Result<_, _>>().map_err(|_| {
        invalid(format!(
            "its dimensions are {:?}, none of which may be negative",
            proto.dims
        ))
    })?;
    let shape = Shape::new(&dims).map_err(&invalid)?;
    let raw = match proto.data_location {
        0 => Cow::Borrowed(&proto.raw_data[..]),
        1 => Cow::Owned(super::external::read(proto, folder).map_err(&invalid)?),
        other => return Err(invalid(format!("`data_location` {other} is not known"))),
    };
    let data = elements(proto, &raw, shape.elements()).map_err(&invalid)?;
    Tensor::new(shape, data).map_err(invalid)
}

fn elements(proto: &TensorProto, raw: &[u8], count: usize) -> Result<Data<'static>, String> {
    let ints = &proto.int32_data;
    Ok(match proto.data_type {
        data_type::FLOAT => Data::F32(of(raw, f32::from_le_bytes, &proto.float_data, count)?),
        data_type::DOUBLE => Data::F64(of(raw, f64::from_le_bytes, &proto.double_data, count)?),
        data_type::INT64 => Data::I64(of(raw, i64::from_le_bytes, &proto.int64_data, count)?),
        data_type::INT32 => Data::I32(of(raw, i32::from_le_bytes, ints, count)?),
        data_type::INT8 => Data::I32(of(raw, |byte| i8::from_le_bytes(byte).into(), ints, count)?),
        data_type::UINT8 => Data::I32(of(raw, |byte: [u8; 1]| byte[0].into(), ints, count)?),
        data_type::INT16 => Data::I32(of(raw, |two| i16::from_le_bytes(two).into(), ints, count)?),
        data_type::UINT16 => Data::I32(of(raw, |two| u16::from_le_bytes(two).into(), ints, count)?),
        data_type::UINT32 => {
            let wide: Vec<i64> = proto
                .uint64_data
                .iter()
                .map(|number| *number as i64)
                .collect();
            Data::I64(of(
                raw,
                |four| u32::from_le_bytes(four).into(),
                &wide,
                count,
            )?)
        }
        data_type::BOOL => {
            let bytes: Vec<u8> = ints.iter().map(|number| u8::from(*number != 0)).collect();
            Data::Bool(of(
                raw,
                |byte: [u8; 1]| u8::from(byte[0] != 0),
                &bytes,
                count,
            )?)
        }
        data_type::STRING => {
            if !raw.is_empty() {
                return Err("texts must stand in `string_data`, not in `raw_data`".to_owned());
            }
            let texts = proto
                .string_data
                .iter()
                .map(|text| Text::Owned(text.clone()));
            Data::Text(texts.collect())
        }
        other => return Err(format!("elements of {} are not served", name(other))),
    })
}

/// Elements from their bytes, or from their list in the schema.
fn of<T: Clone, const N: usize>(
    raw: &[u8],
    element: impl Fn([u8; N]) -> T,
    listed: &[T],
    count: usize,
) -> Result<Cow<'static, [T]>, String>
where
    [T]: ToOwned<Owned = Vec<T>>,
{
    if !listed.is_empty() || count == 0 {
        return Ok(Cow::Owned(listed.to_vec()));
    }
    let (elements, rest) = raw.as_chunks::<N>();
    if !rest.is_empty() || elements.len() != count {
        return Err(format!(
            "{} bytes of data where there should be {count} times {N}",
            raw.len()
        ));
    }
    Ok(Cow::Owned(
        elements.iter().map(|bytes| element(*bytes)).collect(),
    ))
}
