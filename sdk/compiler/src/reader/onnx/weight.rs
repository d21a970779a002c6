//! How much memory a file asks for, before any of it is taken: two bytes of it can stand for a whole message, so a file of the allowed length
//! could ask for gigabytes. The walk goes by the wire format (<https://protobuf.dev/programming-guides/encoding/>) and `proto.rs`.

use super::proto::{
    AttributeProto, NodeProto, StringStringEntryProto, TensorProto, ValueInfoProto,
};
use crate::error::CompileError;

/// What reading a file may take.
const READ_MAX_BYTES: usize = 768 << 20;
/// Messages inside of each other; a model's are eight, and four more for each graph in a node.
const DEPTH_MAX: usize = 64;
/// What a list takes for a text or a list of bytes beside its bytes, with the allocator's own.
const LIST_BYTES: usize = size_of::<Vec<u8>>() + 16;

/// Messages that are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    /// One without messages in it.
    Plain,
}

/// What a field of the wire type "length and bytes" is.
enum Field {
    /// A message, and what its struct takes.
    Message(Kind, usize),
    /// A text, or bytes.
    Bytes,
    /// Numbers of a varying length, packed, and what one takes.
    Numbers(usize),
    /// Passed over, or numbers of a fixed length.
    Other,
}

fn field(kind: Kind, number: u64) -> Field {
    use Field::{Bytes, Message, Numbers, Other};
    match (kind, number) {
        (Kind::Model, 7) => Message(Kind::Graph, 0),
        (Kind::Model, 8 | 25) => Message(Kind::Plain, LIST_BYTES),
        (Kind::Graph, 1) => Message(Kind::Node, size_of::<NodeProto>()),
        (Kind::Graph, 5) => Message(Kind::Tensor, size_of::<TensorProto>()),
        (Kind::Graph, 11 | 12) => Message(Kind::ValueInfo, size_of::<ValueInfoProto>()),
        (Kind::Node, 5) => Message(Kind::Attribute, size_of::<AttributeProto>()),
        (Kind::Node, 1 | 2) | (Kind::Attribute, 9) | (Kind::Tensor, 6) => Bytes,
        (Kind::Attribute, 5) => Message(Kind::Tensor, 0),
        (Kind::Attribute, 6) => Message(Kind::Graph, LIST_BYTES * 4),
        (Kind::Attribute, 8) | (Kind::Tensor, 1 | 7 | 11) => Numbers(8),
        (Kind::Tensor, 5) => Numbers(4),
        (Kind::Tensor, 13) => Message(Kind::Plain, size_of::<StringStringEntryProto>()),
        (Kind::ValueInfo, 2) => Message(Kind::Type, 0),
        (Kind::Type, 1) => Message(Kind::TensorType, 0),
        (Kind::TensorType, 2) => Message(Kind::Shape, 0),
        (Kind::Shape, 1) => Message(Kind::Plain, LIST_BYTES),
        _ => Other,
    }
}

/// Refuses a file that asks for too much, or that ends in the middle.
pub(super) fn check(file: &[u8]) -> Result<(), CompileError> {
    let mut weight = Weight {
        at_start: file.as_ptr() as usize,
        bytes: file.len(),
    };
    weight.message(file, Kind::Model, 0)
}

struct Weight {
    /// Where the file begins, so that a place in it can be named.
    at_start: usize,
    /// Counted so far.
    bytes: usize,
}

impl Weight {
    fn message(&mut self, mut rest: &[u8], kind: Kind, depth: usize) -> Result<(), CompileError> {
        if depth > DEPTH_MAX {
            let reason = format!("more than {DEPTH_MAX} messages are inside of each other");
            return Err(self.broken(rest, &reason));
        }
        while !rest.is_empty() {
            let tag = self.varint(&mut rest)?;
            match tag & 7 {
                0 => {
                    self.varint(&mut rest)?;
                    // A list of numbers may also come one by one.
                    self.add(8)?;
                }
                1 => self.skip(&mut rest, 8)?,
                5 => self.skip(&mut rest, 4)?,
                2 => {
                    let length = self.varint(&mut rest)?;
                    let found = usize::try_from(length).ok();
                    let Some((part, after)) =
                        found.and_then(|length| rest.split_at_checked(length))
                    else {
                        let left = rest.len();
                        let reason = format!("a field claims {length} bytes, and {left} are left");
                        return Err(self.broken(rest, &reason));
                    };
                    rest = after;
                    self.part(part, field(kind, tag >> 3), depth)?;
                }
                other => {
                    let reason = format!("a field of wire type {other}, which is not known");
                    return Err(self.broken(rest, &reason));
                }
            }
        }
        Ok(())
    }

    fn part(&mut self, part: &[u8], field: Field, depth: usize) -> Result<(), CompileError> {
        match field {
            Field::Message(kind, bytes) => {
                self.add(bytes)?;
                match kind {
                    Kind::Plain => Ok(()),
                    kind => self.message(part, kind, depth + 1),
                }
            }
            Field::Bytes => self.add(LIST_BYTES + part.len()),
            Field::Numbers(bytes) => {
                let ends = part.iter().filter(|byte| **byte < 0x80).count();
                self.add(ends.saturating_mul(bytes))
            }
            Field::Other => self.add(part.len()),
        }
    }

    fn add(&mut self, bytes: usize) -> Result<(), CompileError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= READ_MAX_BYTES {
            return Ok(());
        }
        Err(CompileError::Unsupported(format!(
            "the ONNX file would take more than {READ_MAX_BYTES} bytes of memory to read"
        )))
    }

    fn varint(&self, rest: &mut &[u8]) -> Result<u64, CompileError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let Some((byte, after)) = rest.split_first() else {
                return Err(self.broken(rest, "it ends in the middle of a number"));
            };
            *rest = after;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.broken(rest, "a number is longer than 64 bits"))
    }

    fn skip(&self, rest: &mut &[u8], bytes: usize) -> Result<(), CompileError> {
        let after = rest.get(bytes..);
        *rest = after.ok_or_else(|| self.broken(rest, "it ends in the middle of a number"))?;
        Ok(())
    }

    fn broken(&self, rest: &[u8], reason: &str) -> CompileError {
        let at = rest.as_ptr() as usize - self.at_start;
        CompileError::Onnx(format!("byte {at}: {reason}"))
    }
}
