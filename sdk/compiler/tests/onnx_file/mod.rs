//! ONNX files made by hand, field by field: so also those that no library writes.
#![allow(dead_code, reason = "each test uses its part")]

/// The domain of the operators of classic machine learning.
pub const ML: &str = "ai.onnx.ml";

/// Fields of a graph.
pub const NODE: u64 = 1;
pub const INITIALIZER: u64 = 5;
pub const INPUT: u64 = 11;
pub const OUTPUT: u64 = 12;
/// The field of a node.
pub const ATTRIBUTE: u64 = 5;

/// A message in the making.
#[derive(Clone, Default)]
pub struct Message(pub Vec<u8>);

impl Message {
    pub fn number(mut self, field: u64, number: u64) -> Self {
        self.varint(field << 3);
        self.varint(number);
        self
    }

    pub fn float(mut self, field: u64, number: f32) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend(number.to_le_bytes());
        self
    }

    pub fn bytes(mut self, field: u64, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn message(self, field: u64, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

pub const FLOAT: u64 = 1;
pub const INT64: u64 = 7;
pub const STRING: u64 = 8;

/// An input or output: a table of rows with so many columns.
pub fn table(name: &str, datatype: u64, columns: u64) -> Message {
    let rows = Message::default().bytes(2, "N");
    let columns = Message::default().number(1, columns);
    let shape = Message::default().message(1, &rows).message(1, &columns);
    port(name, datatype, &shape)
}

pub fn port(name: &str, datatype: u64, shape: &Message) -> Message {
    let tensor = Message::default().number(1, datatype).message(2, shape);
    let of = Message::default().message(1, &tensor);
    Message::default().bytes(1, name).message(2, &of)
}

pub fn node(domain: &str, op: &str, inputs: &[&str], outputs: &[&str]) -> Message {
    let mut node = Message::default();
    for input in inputs {
        node = node.bytes(1, input);
    }
    for output in outputs {
        node = node.bytes(2, output);
    }
    node.bytes(3, format!("the_{op}"))
        .bytes(4, op)
        .bytes(7, domain)
}

/// A node with attributes.
pub fn node_of(
    domain: &str,
    op: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[Message],
) -> Message {
    let node = node(domain, op, inputs, outputs);
    attributes
        .iter()
        .fold(node, |node, attribute| node.message(ATTRIBUTE, attribute))
}

pub fn int(name: &str, int: i64) -> Message {
    Message::default()
        .bytes(1, name)
        .number(20, 2)
        .number(3, int as u64)
}

pub fn texts(name: &str, texts: &[&str]) -> Message {
    let attribute = Message::default().bytes(1, name).number(20, 8);
    texts
        .iter()
        .fold(attribute, |attribute, text| attribute.bytes(9, text))
}

pub fn ints(name: &str, ints: &[i64]) -> Message {
    let mut attribute = Message::default().bytes(1, name).number(20, 7);
    for int in ints {
        attribute = attribute.number(8, *int as u64);
    }
    attribute
}

pub fn floats(name: &str, floats: &[f32]) -> Message {
    let bytes: Vec<u8> = floats
        .iter()
        .flat_map(|float| float.to_le_bytes())
        .collect();
    Message::default()
        .bytes(1, name)
        .number(20, 6)
        .bytes(7, bytes)
}

/// Numbers in `raw_data`.
pub fn tensor(name: &str, dims: &[u64], floats: &[f32]) -> Message {
    let bytes: Vec<u8> = floats
        .iter()
        .flat_map(|float| float.to_le_bytes())
        .collect();
    let mut tensor = Message::default();
    for dim in dims {
        tensor = tensor.number(1, *dim);
    }
    tensor.number(2, FLOAT).bytes(8, name).bytes(9, bytes)
}

/// A file of a graph's parts, each with its field's number.
pub fn file(parts: &[(u64, Message)]) -> Vec<u8> {
    let mut graph = Message::default().bytes(2, "graph");
    for (field, part) in parts {
        graph = graph.message(*field, part);
    }
    let plain = Message::default().bytes(1, "").number(2, 18);
    let learned = Message::default().bytes(1, ML).number(2, 3);
    let model = Message::default()
        .number(1, 8)
        .bytes(2, "hand")
        .message(7, &graph);
    model.message(8, &plain).message(8, &learned).0
}
