//! Rows by which a graph is tested: of what decides something in it (thresholds, keys, words), of what lies beside that, of the numbers that
//! go wrong first, and of usual ones. The same model and seed give the same rows.

use scoregate_graph::blob::Blobs;
use scoregate_graph::data::{Data, Datatype, Text};
use scoregate_graph::program::Port;
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

use crate::graph_model::GraphModel;
use crate::random::Random;

/// Numbers, and texts, that are remembered.
const HINTS_MAX: usize = 4_096;
/// Length of a text that is remembered in bytes.
const TEXT_MAX_BYTES: usize = 256;
/// Numbers at which operators go wrong first.
const SPECIAL: [f64; 10] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    1e30,
    1e-40,
];

/// What decides something in a graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    numbers: Vec<f64>,
    texts: Vec<Vec<u8>>,
}

impl Hints {
    pub(crate) fn meet_numbers(&mut self, numbers: impl IntoIterator<Item = f64>) {
        let room = HINTS_MAX - self.numbers.len();
        self.numbers.extend(numbers.into_iter().take(room));
    }

    pub(crate) fn meet_texts<T: AsRef<[u8]>>(&mut self, texts: impl IntoIterator<Item = T>) {
        let room = HINTS_MAX - self.texts.len();
        let short = texts
            .into_iter()
            .filter(|text| text.as_ref().len() <= TEXT_MAX_BYTES);
        self.texts
            .extend(short.map(|text| text.as_ref().to_vec()).take(room));
    }

    pub(crate) fn meet_data(&mut self, data: &Data<'_>) {
        match data {
            Data::F32(data) => self.meet_numbers(data.iter().map(|number| f64::from(*number))),
            Data::F64(data) => self.meet_numbers(data.iter().copied()),
            Data::I32(data) => self.meet_numbers(data.iter().map(|number| f64::from(*number))),
            Data::I64(data) => self.meet_numbers(data.iter().map(|number| *number as f64)),
            Data::Bool(_) => {}
            Data::Text(data) => self.meet_texts(data.iter()),
        }
    }
}

/// A tensor as it crosses: its dimensions, and its elements as they lie in the Open Inference Protocol's binary layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The dimensions; the first is the batch.
    pub shape: Vec<u64>,
    /// The elements, little endian; a text is its length (`u32`) and its bytes.
    pub data: Vec<u8>,
}

impl Wire {
    pub(crate) fn of(tensor: &Tensor<'_>) -> Self {
        let mut blobs = Blobs::default();
        // A text of over 4 GiB is nothing that a run could make.
        let written = blobs.put_data(tensor.data());
        debug_assert!(written.is_ok());
        let shape = tensor.shape();
        Self {
            shape: shape.dims().iter().map(|dim| *dim as u64).collect(),
            data: blobs.bytes().to_vec(),
        }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct GraphRows<'m> {
    model: &'m GraphModel,
    random: Random,
}

impl<'m> GraphRows<'m> {
    /// Rows for a graph.
    pub fn new(model: &'m GraphModel, seed: u64) -> Self {
        Self {
            model,
            random: Random(seed),
        }
    }

    /// So many fresh rows: one tensor for each input.
    pub fn batch(&mut self, rows: usize) -> Vec<Wire> {
        self.tensors(rows).iter().map(Wire::of).collect()
    }

    pub(crate) fn tensors(&mut self, rows: usize) -> Vec<Tensor<'static>> {
        let ports = &self.model.program.inputs;
        // A port's shape was tried with rows when the model was read, so it makes tensors.
        ports
            .iter()
            .filter_map(|port| self.tensor(port, rows).ok())
            .collect()
    }

    fn tensor(&mut self, port: &Port, rows: usize) -> Result<Tensor<'static>, String> {
        let rest = port.shape.iter().skip(1).map(|dim| *dim as usize);
        let dims: Vec<usize> = std::iter::once(rows).chain(rest).collect();
        let shape = Shape::new(&dims)?;
        let count = shape.elements();
        let numbers = std::iter::from_fn(|| Some(self.number())).take(count);
        let data = match port.datatype {
            Datatype::F32 => Data::F32(numbers.map(|number| number as f32).collect()),
            Datatype::F64 => Data::F64(numbers.collect()),
            Datatype::I32 => Data::I32(numbers.map(|number| number.round() as i32).collect()),
            Datatype::I64 => Data::I64(numbers.map(|number| number.round() as i64).collect()),
            Datatype::Bool => Data::Bool(numbers.map(|number| u8::from(number > 0.0)).collect()),
            Datatype::Text => {
                let texts = (0..count).map(|_| Text::Owned(self.text()));
                Data::Text(texts.collect())
            }
        };
        Tensor::new(shape, data)
    }

    fn number(&mut self) -> f64 {
        let bits = self.random.bits();
        let hints = &self.model.hints.numbers;
        let hint = (!hints.is_empty()).then(|| hints[(bits >> 16) as usize % hints.len()]);
        match (bits % 16, hint) {
            (0, _) => SPECIAL[(bits >> 8) as usize % SPECIAL.len()],
            (1..=3, Some(hint)) => hint,
            (4, Some(hint)) => f64::from((hint as f32).next_up()),
            (5, Some(hint)) => f64::from((hint as f32).next_down()),
            // Small whole numbers: codes and counts.
            (6..=8, _) => (bits >> 40) as f64 % 12.0 - 2.0,
            _ => self.usual(),
        }
    }

    /// About as numbers are that were scaled.
    fn usual(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..4 {
            sum += (self.random.bits() >> 11) as f64 / (1_u64 << 53) as f64;
        }
        (sum - 2.0) * 3.0
    }

    fn text(&mut self) -> Vec<u8> {
        let bits = self.random.bits();
        let hints = &self.model.hints.texts;
        match bits % 8 {
            0 => Vec::new(),
            1 => "größer?".as_bytes().to_vec(),
            _ if hints.is_empty() => format!("word {}", bits % 97).into_bytes(),
            _ => hints[(bits >> 8) as usize % hints.len()].clone(),
        }
    }
}
