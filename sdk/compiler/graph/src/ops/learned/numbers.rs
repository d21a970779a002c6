//! Inputs of any datatype of numbers, as the numbers that an operator computes with.

use std::borrow::Cow;

use crate::data::Data;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The elements as `f32`, borrowed where they are.
pub(super) fn floats<'t>(input: &'t Tensor<'_>) -> Result<Cow<'t, [f32]>, String> {
    Ok(match input.data() {
        Data::F32(data) => Cow::Borrowed(data),
        Data::F64(data) => data.iter().map(|value| *value as f32).collect(),
        Data::I32(data) => data.iter().map(|value| *value as f32).collect(),
        Data::I64(data) => data.iter().map(|value| *value as f32).collect(),
        Data::Bool(_) | Data::Text(_) => return Err(no_numbers(input)),
    })
}

/// What to say of elements that are none.
pub(super) fn no_numbers(input: &Tensor<'_>) -> String {
    format!(
        "a tensor of {} where one of numbers is needed",
        input.datatype().name()
    )
}

/// Rows and columns of a table; a vector is one row.
pub(super) fn table(input: &Tensor<'_>) -> Result<(usize, usize), String> {
    let shape = input.shape();
    match shape.rank() {
        1 | 2 => Ok(shape.table()),
        rank => Err(format!(
            "a tensor of {rank} dimensions where a table of rows and columns is needed"
        )),
    }
}

/// A table's shape.
pub(super) fn rows_of(rows: usize, columns: usize) -> Result<Shape, String> {
    Shape::new(&[rows, columns])
}
