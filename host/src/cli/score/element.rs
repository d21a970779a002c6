//! One element of a tensor that a model gave, and how it is written.

use std::fmt;

use serde_json::Value as Json;

use crate::tensor::{Datatype, Tensor};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Element<'t> {
    Bool(bool),
    Integer(i128),
    Fp32(f32),
    Fp64(f64),
    Bytes(&'t [u8]),
}

/// A tensor's elements, in its order.
pub struct Elements<'t> {
    datatype: Datatype,
    rest: &'t [u8],
}

impl<'t> Elements<'t> {
    /// Of a tensor that was held against its specification.
    pub fn of(tensor: &'t Tensor, datatype: Datatype) -> Self {
        Self {
            datatype,
            rest: &tensor.data,
        }
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*bytes)
    }

    fn text(&mut self) -> Option<&'t [u8]> {
        let length = u32::from_le_bytes(self.take()?) as usize;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(text)
    }
}

impl<'t> Iterator for Elements<'t> {
    type Item = Element<'t>;

    fn next(&mut self) -> Option<Element<'t>> {
        Some(match self.datatype {
            Datatype::Bool => Element::Bool(self.take::<1>()? != [0]),
            Datatype::Uint8 => Element::Integer(u8::from_le_bytes(self.take()?).into()),
            Datatype::Uint16 | Datatype::Fp16 => {
                Element::Integer(u16::from_le_bytes(self.take()?).into())
            }
            Datatype::Uint32 => Element::Integer(u32::from_le_bytes(self.take()?).into()),
            Datatype::Uint64 => Element::Integer(u64::from_le_bytes(self.take()?).into()),
            Datatype::Int8 => Element::Integer(i8::from_le_bytes(self.take()?).into()),
            Datatype::Int16 => Element::Integer(i16::from_le_bytes(self.take()?).into()),
            Datatype::Int32 => Element::Integer(i32::from_le_bytes(self.take()?).into()),
            Datatype::Int64 => Element::Integer(i64::from_le_bytes(self.take()?).into()),
            Datatype::Fp32 => Element::Fp32(f32::from_le_bytes(self.take()?)),
            Datatype::Fp64 => Element::Fp64(f64::from_le_bytes(self.take()?)),
            Datatype::Bytes => Element::Bytes(self.text()?),
        })
    }
}

/// The shortest text that is read as this very value again.
impl fmt::Display for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Bool(value) => value.fmt(f),
            Element::Integer(value) => value.fmt(f),
            Element::Fp32(value) => fmt::Debug::fmt(value, f),
            Element::Fp64(value) => fmt::Debug::fmt(value, f),
            Element::Bytes(value) => f.write_str(&String::from_utf8_lossy(value)),
        }
    }
}

impl Element<'_> {
    /// JSON has no number for what is not finite: `null` is NaN, and infinities are texts.
    pub fn json(&self) -> String {
        match self {
            Element::Fp32(value) if !value.is_finite() => not_finite(f64::from(*value)),
            Element::Fp64(value) if !value.is_finite() => not_finite(*value),
            Element::Bytes(value) => Json::from(String::from_utf8_lossy(value)).to_string(),
            plain => plain.to_string(),
        }
    }
}

fn not_finite(value: f64) -> String {
    match value {
        f64::INFINITY => "\"Infinity\"".to_owned(),
        f64::NEG_INFINITY => "\"-Infinity\"".to_owned(),
        _ => "null".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_in_their_shortest_exact_form() {
        for (element, text, json) in [
            (Element::Fp32(0.1), "0.1", "0.1"),
            (Element::Fp32(-7.2277155), "-7.2277155", "-7.2277155"),
            (Element::Fp64(0.1), "0.1", "0.1"),
            (Element::Fp32(f32::from_bits(1)), "1e-45", "1e-45"),
            (Element::Fp64(1e300), "1e300", "1e300"),
            (Element::Fp32(-0.0), "-0.0", "-0.0"),
            (Element::Fp32(f32::NAN), "NaN", "null"),
            (Element::Fp64(f64::INFINITY), "inf", "\"Infinity\""),
            (Element::Bool(true), "true", "true"),
            (Element::Bytes(b"a\"b"), "a\"b", "\"a\\\"b\""),
        ] {
            assert_eq!(
                (element.to_string(), element.json()),
                (text.into(), json.into())
            );
        }
    }

    #[test]
    fn elements_come_in_their_order() {
        let tensor = Tensor {
            shape: vec![2],
            data: vec![1, 0, 0, 0, b'a', 2, 0, 0, 0, b'b', b'c'],
        };
        let texts: Vec<_> = Elements::of(&tensor, Datatype::Bytes).collect();
        assert_eq!(texts, [Element::Bytes(b"a"), Element::Bytes(b"bc")]);
        let tensor = Tensor {
            shape: vec![2],
            data: [1.5f32, -2.0].map(f32::to_le_bytes).concat(),
        };
        let floats: Vec<_> = Elements::of(&tensor, Datatype::Fp32).collect();
        assert_eq!(floats, [Element::Fp32(1.5), Element::Fp32(-2.0)]);
    }
}
