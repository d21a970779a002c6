//! The data of a tensor between JSON and the layout that plugins take: arrays, flat or nested as the shape says.
//!
//! Numbers are read from their digits into their own type, for a detour over f64 rounds twice. `null` is NaN, a missing
//! feature, which JSON cannot spell otherwise; a number that is not finite is written as `null`. FP16 has no JSON form.

use serde_json::Value;

use super::super::problem::{Problem, echo};
use crate::tensor::{Datatype, Shape, TensorSpec, elements};

/// Reads `json`, which is one valid JSON value, into the bytes of a tensor of that shape.
pub(super) fn read(json: &str, spec: &TensorSpec, shape: &[u64]) -> Result<Vec<u8>, Problem> {
    if spec.datatype == Datatype::Fp16 {
        return Err(Problem::bad_request(format!(
            "input `{}`: FP16 has no JSON form, send it as binary data",
            spec.name
        )));
    }
    let needed = elements(shape).ok_or_else(|| {
        Problem::bad_request(format!(
            "input `{}` has a shape of {} whose size overflows",
            spec.name,
            Shape(shape)
        ))
    })?;
    let mut reader = Reader {
        rest: json,
        spec,
        shape,
        // No more than the text can hold, whatever the shape claims: an element and its comma are two bytes.
        out: Vec::with_capacity(
            (needed.min(json.len() as u64 / 2 + 1) * spec.datatype.size_bytes().unwrap_or(8))
                as usize,
        ),
        elements: 0,
    };
    reader.array()?;
    if reader.elements != needed {
        return Err(Problem::bad_request(format!(
            "input `{}` of shape {} needs {needed} elements, its data has {}",
            spec.name,
            Shape(shape),
            reader.elements
        )));
    }
    Ok(reader.out)
}

struct Reader<'a> {
    rest: &'a str,
    spec: &'a TensorSpec,
    shape: &'a [u64],
    out: Vec<u8>,
    elements: u64,
}

impl<'a> Reader<'a> {
    /// Walks the arrays. `open` holds how many values each open array has had.
    fn array(&mut self) -> Result<(), Problem> {
        let mut open: Vec<u64> = Vec::new();
        // Flat or nested is settled by the first element.
        let mut depth = None;
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', ',']);
            match self.rest.as_bytes().first() {
                Some(b'[') => {
                    if open.len() >= self.shape.len().max(1) {
                        return Err(self.misshapen());
                    }
                    open.last_mut().map(|values| *values += 1).unwrap_or(());
                    open.push(0);
                    self.rest = &self.rest[1..];
                }
                Some(b']') => {
                    let values = open.pop().unwrap_or(0);
                    let flat = depth == Some(1) || open.is_empty() && values == 0;
                    if !flat && self.shape.get(open.len()) != Some(&values) {
                        return Err(self.misshapen());
                    }
                    self.rest = &self.rest[1..];
                    if open.is_empty() {
                        return Ok(());
                    }
                }
                Some(_) => {
                    let Some(values) = open.last_mut() else {
                        return Err(self.misshapen());
                    };
                    *values += 1;
                    if *depth.get_or_insert(open.len()) != open.len()
                        || (open.len() != 1 && open.len() != self.shape.len())
                    {
                        return Err(self.misshapen());
                    }
                    self.element()?;
                    self.elements += 1;
                }
                None => return Err(self.misshapen()),
            }
        }
    }

    fn element(&mut self) -> Result<(), Problem> {
        let token = self.token();
        let written = match self.spec.datatype {
            Datatype::Bool => match token {
                "true" => self.byte(1),
                "false" => self.byte(0),
                _ => None,
            },
            Datatype::Uint8 => self.number::<u8, 1>(token, u8::to_le_bytes),
            Datatype::Uint16 => self.number::<u16, 2>(token, u16::to_le_bytes),
            Datatype::Uint32 => self.number::<u32, 4>(token, u32::to_le_bytes),
            Datatype::Uint64 => self.number::<u64, 8>(token, u64::to_le_bytes),
            Datatype::Int8 => self.number::<i8, 1>(token, i8::to_le_bytes),
            Datatype::Int16 => self.number::<i16, 2>(token, i16::to_le_bytes),
            Datatype::Int32 => self.number::<i32, 4>(token, i32::to_le_bytes),
            Datatype::Int64 => self.number::<i64, 8>(token, i64::to_le_bytes),
            Datatype::Fp32 => self.float(token, f32::NAN, f32::is_infinite, f32::to_le_bytes),
            Datatype::Fp64 => self.float(token, f64::NAN, f64::is_infinite, f64::to_le_bytes),
            Datatype::Bytes => self.text(token),
            Datatype::Fp16 => None,
        };
        written.ok_or_else(|| {
            Problem::bad_request(format!(
                "input `{}`: element {} is {}, which is no {}",
                self.spec.name,
                self.elements,
                echo(token),
                self.spec.datatype
            ))
        })
    }

    /// The text of the next value that is no array.
    fn token(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        let end = if bytes[0] == b'"' {
            string_end(bytes)
        } else {
            bytes
                .iter()
                .position(|b| matches!(b, b',' | b']' | b' ' | b'\t' | b'\n' | b'\r' | b'['))
                .unwrap_or(bytes.len())
        };
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        token
    }

    fn byte(&mut self, byte: u8) -> Option<()> {
        self.out.push(byte);
        Some(())
    }

    fn number<T: std::str::FromStr, const N: usize>(
        &mut self,
        token: &str,
        bytes: fn(T) -> [u8; N],
    ) -> Option<()> {
        let number = token.parse().ok()?;
        self.out.extend_from_slice(&bytes(number));
        Some(())
    }

    fn float<T: std::str::FromStr + Copy, const N: usize>(
        &mut self,
        token: &str,
        nan: T,
        is_infinite: fn(T) -> bool,
        bytes: fn(T) -> [u8; N],
    ) -> Option<()> {
        let number = if token == "null" {
            nan
        } else {
            // Infinite is what a number too large for its type becomes.
            token.parse().ok().filter(|&number| !is_infinite(number))?
        };
        self.out.extend_from_slice(&bytes(number));
        Some(())
    }

    fn text(&mut self, token: &str) -> Option<()> {
        if !token.starts_with('"') {
            return None;
        }
        let text: std::borrow::Cow<'_, str> = if token.contains('\\') {
            serde_json::from_str::<String>(token).ok()?.into()
        } else {
            token.get(1..token.len() - 1)?.into()
        };
        let length = u32::try_from(text.len()).ok()?;
        self.out.extend_from_slice(&length.to_le_bytes());
        self.out.extend_from_slice(text.as_bytes());
        Some(())
    }

    fn misshapen(&self) -> Problem {
        Problem::bad_request(format!(
            "input `{}`: its data must be one array, flat or nested as its shape {}",
            self.spec.name,
            Shape(self.shape)
        ))
    }
}

/// Where the string that begins `bytes` ends.
fn string_end(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Writes a tensor's data as a flat JSON array; none where JSON has no form for it.
pub(super) fn write(out: &mut Vec<u8>, datatype: Datatype, data: &[u8]) -> Option<()> {
    fn each<const N: usize, T: serde::Serialize>(
        out: &mut Vec<u8>,
        data: &[u8],
        value: fn([u8; N]) -> T,
    ) -> Option<()> {
        let (chunks, _) = data.as_chunks::<N>();
        for (i, chunk) in chunks.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            serde_json::to_writer(&mut *out, &value(*chunk)).ok()?;
        }
        Some(())
    }
    out.push(b'[');
    match datatype {
        Datatype::Bool => each(out, data, |[byte]| byte != 0),
        Datatype::Uint8 => each(out, data, u8::from_le_bytes),
        Datatype::Uint16 => each(out, data, u16::from_le_bytes),
        Datatype::Uint32 => each(out, data, u32::from_le_bytes),
        Datatype::Uint64 => each(out, data, u64::from_le_bytes),
        Datatype::Int8 => each(out, data, i8::from_le_bytes),
        Datatype::Int16 => each(out, data, i16::from_le_bytes),
        Datatype::Int32 => each(out, data, i32::from_le_bytes),
        Datatype::Int64 => each(out, data, i64::from_le_bytes),
        Datatype::Fp32 => each(out, data, f32::from_le_bytes),
        Datatype::Fp64 => each(out, data, f64::from_le_bytes),
        Datatype::Bytes => write_texts(out, data),
        Datatype::Fp16 => None,
    }?;
    out.push(b']');
    Some(())
}

fn write_texts(out: &mut Vec<u8>, mut data: &[u8]) -> Option<()> {
    let mut first = true;
    while let Some((length, rest)) = data.split_first_chunk::<4>() {
        let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        let text = Value::String(std::str::from_utf8(text).ok()?.to_owned());
        serde_json::to_writer(&mut *out, &text).ok()?;
        data = rest;
    }
    Some(())
}

#[cfg(test)]
mod tests;
