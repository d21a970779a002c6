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

    /// The tensor with the rows first, as it is served, where they are another dimension.
    pub fn rows_first(&self, served: &Shape) -> Result<Tensor<'static>, String> {
        let rank = self.shape.len();
        let moved = |rows: usize| {
            let others = (0..rank).filter(move |dim| *dim != rows);
            std::iter::once(rows).chain(others).collect::<Vec<_>>()
        };
        let fits = |order: &Vec<usize>| {
            let dims = order.iter().map(|dim| &self.shape[*dim]);
            dims.eq(served.dims())
        };
        let tensor = self.tensor(None)?;
        match (0..rank).map(moved).find(fits) {
            Some(order) if order[0] != 0 => turned(&tensor, &order),
            _ => Ok(tensor),
        }
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

fn turned(tensor: &Tensor<'static>, order: &[usize]) -> Result<Tensor<'static>, String> {
    let shape = tensor.shape();
    let dims = shape.dims();
    let strides: Vec<usize> = (0..dims.len())
        .map(|dim| dims[dim + 1..].iter().product())
        .collect();
    let shape: Vec<usize> = order.iter().map(|dim| dims[*dim]).collect();
    let from = (0..dims.iter().product()).map(|mut place: usize| {
        let mut from = 0;
        for (dim, size) in order.iter().zip(&shape).rev() {
            from += place % size * strides[*dim];
            place /= size;
        }
        from
    });
    let data = match tensor.data() {
        Data::F32(data) => Data::F32(from.map(|from| data[from]).collect()),
        Data::F64(data) => Data::F64(from.map(|from| data[from]).collect()),
        Data::I64(data) => Data::I64(from.map(|from| data[from]).collect()),
        Data::I32(data) => Data::I32(from.map(|from| data[from]).collect()),
        Data::Bool(data) => Data::Bool(from.map(|from| data[from]).collect()),
        Data::Text(data) => Data::Text(
            from.map(|from| Text::Owned(data[from].to_vec()))
                .collect::<Texts<'static>>(),
        ),
    };
    Tensor::new(Shape::new(&shape)?, data)
}
