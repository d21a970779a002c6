//! Tensors as the cases' files hold them.

use std::borrow::Cow;
use std::ops::Range;

use scoregate_graph::data::{Data, Text, Texts};
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;
use serde::Deserialize;

/// A tensor of the Open Inference Protocol; numbers are their little-endian bytes in hexadecimal.
#[derive(Deserialize)]
pub struct Stored {
    #[serde(default)]
    pub name: String,
    pub datatype: String,
    pub shape: Vec<usize>,
    pub data: Option<Vec<String>>,
    pub data_hex: Option<String>,
}

impl Stored {
    /// How many elements a row has.
    pub fn width(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// The tensor, or one row of it.
    pub fn tensor(&self, row: Option<usize>) -> Result<Tensor<'static>, String> {
        let width = self.width();
        let taken = row.map_or(0..usize::MAX, |row| row * width..(row + 1) * width);
        let mut shape = self.shape.clone();
        if row.is_some() {
            shape[0] = 1;
        }
        let data = match &self.datatype[..] {
            "FP32" => Data::F32(self.numbers(f32::from_le_bytes, &taken)),
            "FP64" => Data::F64(self.numbers(f64::from_le_bytes, &taken)),
            "INT64" => Data::I64(self.numbers(i64::from_le_bytes, &taken)),
            "INT32" => Data::I32(self.numbers(i32::from_le_bytes, &taken)),
            "BOOL" => Data::Bool(self.numbers(u8::from_le_bytes, &taken)),
            "BYTES" => Data::Text(self.texts(&taken)),
            other => return Err(format!("{other} is not served")),
        };
        Tensor::new(Shape::new(&shape)?, data)
    }

    fn texts(&self, taken: &Range<usize>) -> Texts<'static> {
        let texts = self.data.as_ref().expect("texts");
        let wanted = &texts[taken.start..taken.end.min(texts.len())];
        let own = |text: &String| Text::Owned(text.clone().into_bytes());
        wanted.iter().map(own).collect()
    }

    fn numbers<const SIZE: usize, T: Clone>(
        &self,
        read: fn([u8; SIZE]) -> T,
        taken: &Range<usize>,
    ) -> Cow<'static, [T]> {
        let digits = self.data_hex.as_ref().expect("numbers").as_bytes();
        let numbers = digits
            .chunks_exact(2 * SIZE)
            .skip(taken.start)
            .take(taken.len());
        Cow::Owned(numbers.map(|number| read(bytes(number))).collect())
    }
}

fn bytes<const SIZE: usize>(digits: &[u8]) -> [u8; SIZE] {
    std::array::from_fn(|place| {
        let pair = std::str::from_utf8(&digits[2 * place..2 * place + 2]).unwrap();
        u8::from_str_radix(pair, 16).unwrap()
    })
}
