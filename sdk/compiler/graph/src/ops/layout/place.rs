//! Elements put to their places, and places of elements.

use super::pick::element_places;
use crate::data::Data;
use crate::ops::Args;
use crate::ops::each::each_two;
use crate::shape::Shape;
use crate::tensor::Tensor;

pub fn scatter_elements<'v>(args: &mut Args<'_, 'v>, axis: i64) -> Result<Tensor<'v>, String> {
    let (indices, updates) = (args.get(1)?, args.get(2)?);
    let shape = args.get(0)?.shape();
    let at = element_places(shape, indices, shape.axis(axis)?, args.is_trial())?;
    if updates.shape() != indices.shape() {
        return Err(format!(
            "elements of shape {:?} for places of shape {:?}",
            updates.shape(),
            indices.shape()
        ));
    }
    let updates = updates.clone();
    let input = args.take(0)?;
    let data = each_two!(input.into_data(), updates.data(), (x, y) => put(x.into_owned(), &at, y), {
        return Err("elements must be of the tensor's datatype".to_owned());
    });
    Tensor::new(shape, data)
}

fn put<T: Clone>(mut own: Vec<T>, places: &[usize], elements: &[T]) -> Vec<T> {
    for (place, element) in places.iter().zip(elements) {
        own[*place] = element.clone();
    }
    own
}

/// One row for each dimension, one column for each element that is not zero.
pub fn non_zero<'v>(input: &Tensor<'_>) -> Result<Tensor<'v>, String> {
    let found: Vec<usize> = match input.data() {
        Data::F32(data) => found(data, |value| *value != 0.0),
        Data::F64(data) => found(data, |value| *value != 0.0),
        Data::I32(data) => found(data, |value| *value != 0),
        Data::I64(data) => found(data, |value| *value != 0),
        Data::Bool(data) => found(data, |value| *value != 0),
        Data::Text(data) => found(data, |text| !text.is_empty()),
    };
    let steps = super::view::steps(input.shape());
    let dims = input.shape();
    let mut made = Vec::with_capacity(steps.len() * found.len());
    for (step, dim) in steps.iter().zip(dims.dims()) {
        let step = (*step).max(1) as usize;
        made.extend(found.iter().map(|at| (at / step % dim) as i64));
    }
    Tensor::i64(Shape::new(&[steps.len(), found.len()])?, made)
}

fn found<T>(data: &[T], is: impl Fn(&T) -> bool) -> Vec<usize> {
    (0..data.len()).filter(|at| is(&data[*at])).collect()
}
