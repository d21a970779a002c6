//! Tensors as Python has them: buffers of elements, or lists of texts.

use pyo3::{buffer::PyBuffer, exceptions::PyValueError, prelude::*, types::PyByteArray};
use scoregate::tensor::{Datatype, Tensor};

/// Name, datatype and shape of an input or output; -1 is a dimension that varies.
pub type Spec = (String, &'static str, Vec<i64>);

/// An input: its shape, and its elements.
#[derive(FromPyObject)]
pub struct Given(Vec<u64>, Elements);

#[derive(FromPyObject)]
enum Elements {
    Texts(Vec<String>),
    /// Bytes in a row, little endian.
    Bytes(PyBuffer<u8>),
}

impl Given {
    /// The copy that other threads cannot change while the model reads it.
    pub fn into_tensor(self, py: Python<'_>) -> PyResult<Tensor> {
        let Given(shape, elements) = self;
        let data = match elements {
            Elements::Bytes(buffer) => buffer.to_vec(py)?,
            Elements::Texts(texts) => {
                let bytes = texts.iter().map(|text| 4 + text.len()).sum();
                let mut data = Vec::with_capacity(bytes);
                for text in &texts {
                    let length = u32::try_from(text.len());
                    let length =
                        length.map_err(|_| PyValueError::new_err("a text is longer than 4 GiB"))?;
                    data.extend(length.to_le_bytes());
                    data.extend(text.as_bytes());
                }
                data
            }
        };
        Ok(Tensor { shape, data })
    }
}

/// An output: its shape, and its elements as they came.
#[derive(IntoPyObject)]
pub struct Answer(Vec<u64>, Answered);

#[derive(IntoPyObject)]
enum Answered {
    Texts(Vec<String>),
    Bytes(Py<PyByteArray>),
}

impl Answer {
    /// The tensor was held against its specification.
    pub fn new(py: Python<'_>, tensor: Tensor, datatype: Datatype) -> Self {
        let Tensor { shape, data } = tensor;
        let elements = match datatype.size_bytes() {
            Some(_) => Answered::Bytes(PyByteArray::new(py, &data).unbind()),
            None => Answered::Texts(texts(&data)),
        };
        Self(shape, elements)
    }
}

fn texts(mut data: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some((length, rest)) = data.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let (text, rest) = rest.split_at(length.min(rest.len()));
        texts.push(String::from_utf8_lossy(text).into_owned());
        data = rest;
    }
    texts
}
