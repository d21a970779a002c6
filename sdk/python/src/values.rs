//! Tensors as Python has them: buffers of elements, or lists of texts.

use pyo3::{
    buffer::PyBuffer,
    exceptions::PyValueError,
    prelude::*,
    types::{PyByteArray, PyList, PyString},
};
use scoregate::tensor::{Datatype, Tensor};

/// What room is taken for a text before it is looked at, its length included.
const TEXT_BYTES: usize = 16;

/// Name, datatype and shape of an input or output; -1 is a dimension that varies.
pub type Spec = (String, &'static str, Vec<i64>);

/// An input: its shape, and its elements: a list of texts, or a buffer of bytes, little endian.
#[derive(FromPyObject)]
pub struct Given<'py>(Vec<u64>, Bound<'py, PyAny>);

impl Given<'_> {
    /// The copy that other threads cannot change while the model reads it.
    pub fn into_tensor(self, py: Python<'_>) -> PyResult<Tensor> {
        let Given(shape, elements) = self;
        let data = match elements.cast::<PyList>() {
            Ok(texts) => framed(texts)?,
            Err(_) => PyBuffer::<u8>::get(&elements)?.to_vec(py)?,
        };
        Ok(Tensor { shape, data })
    }
}

/// Each text after its length, without a copy between.
fn framed(texts: &Bound<'_, PyList>) -> PyResult<Vec<u8>> {
    let mut data = Vec::with_capacity(texts.len() * TEXT_BYTES);
    for text in texts {
        let text = text.cast::<PyString>()?.to_str()?;
        let length = u32::try_from(text.len());
        let length = length.map_err(|_| PyValueError::new_err("a text is longer than 4 GiB"))?;
        data.extend(length.to_le_bytes());
        data.extend(text.as_bytes());
    }
    Ok(data)
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
