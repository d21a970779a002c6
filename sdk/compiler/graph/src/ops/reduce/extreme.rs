//! The place of the greatest or of the least element.

use crate::data::Data;
use crate::ops::layout::around;
use crate::shape::Shape;
use crate::tensor::Tensor;

pub fn place<'v>(
    input: &Tensor<'_>,
    greatest: bool,
    axis: i64,
    keep: bool,
    last: bool,
) -> Result<Tensor<'v>, String> {
    let shape = input.shape();
    let axis = shape.axis(axis)?;
    let (_, along, inner) = around(shape, axis);
    let mut dims = shape.dims().to_vec();
    match keep {
        true => dims[axis] = 1,
        false => {
            dims.remove(axis);
        }
    }
    let made = Shape::new(&dims)?;
    if made.elements() == 0 {
        return Tensor::i64(made, Vec::new());
    }
    if along == 0 {
        return Err(format!(
            "no place along axis {axis} of shape {shape:?}, which has no elements"
        ));
    }
    let places = match input.data() {
        Data::F32(data) => places(data, along, inner, greatest, last),
        Data::F64(data) => places(data, along, inner, greatest, last),
        Data::I32(data) => places(data, along, inner, greatest, last),
        Data::I64(data) => places(data, along, inner, greatest, last),
        other => {
            return Err(format!(
                "places of {} are not served",
                other.datatype().name()
            ));
        }
    };
    Tensor::i64(made, places)
}

fn places<T: Copy + PartialOrd>(
    data: &[T],
    along: usize,
    inner: usize,
    greatest: bool,
    last: bool,
) -> Vec<i64> {
    match (greatest, last) {
        (true, false) => by(data, along, inner, |value, best| value > best),
        (true, true) => by(data, along, inner, |value, best| value >= best),
        (false, false) => by(data, along, inner, |value, best| value < best),
        (false, true) => by(data, along, inner, |value, best| value <= best),
    }
}

fn by<T: Copy>(
    data: &[T],
    along: usize,
    inner: usize,
    better: impl Fn(T, T) -> bool + Copy,
) -> Vec<i64> {
    let mut made = Vec::with_capacity(data.len() / along);
    for block in data.chunks_exact(along * inner) {
        for nth in 0..inner {
            let mut best = (block[nth], 0);
            for at in 1..along {
                let value = block[at * inner + nth];
                if better(value, best.0) {
                    best = (value, at as i64);
                }
            }
            made.push(best.1);
        }
    }
    made
}
