//! Elements that are made from places.

use std::borrow::Cow;

use super::{around, only};
use crate::data::Data;
use crate::limits::ELEMENTS_MAX;
use crate::ops::Args;
use crate::ops::each::each;
use crate::shape::Shape;
use crate::tensor::Tensor;

pub fn range<'v>(args: &Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let (start, limit, step) = (args.get(0)?, args.get(1)?, args.get(2)?);
    let data = match (start.data(), limit.data(), step.data()) {
        (Data::F32(start), Data::F32(limit), Data::F32(step)) => {
            let reals = reals(&wide(start), &wide(limit), &wide(step))?;
            Data::F32(reals.into_iter().map(|value| value as f32).collect())
        }
        (Data::F64(start), Data::F64(limit), Data::F64(step)) => {
            Data::F64(Cow::Owned(reals(start, limit, step)?))
        }
        (Data::I32(_), ..) => {
            let whole = wholes(&args.whole(0)?, &args.whole(1)?, &args.whole(2)?)?;
            Data::I32(whole.into_iter().map(|value| value as i32).collect())
        }
        _ => Data::I64(Cow::Owned(wholes(
            &args.whole(0)?,
            &args.whole(1)?,
            &args.whole(2)?,
        )?)),
    };
    Tensor::new(Shape::new(&[data.len()])?, data)
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

fn reals(start: &[f64], limit: &[f64], step: &[f64]) -> Result<Vec<f64>, String> {
    let ([start], [limit], [step]) = (start, limit, step) else {
        return Err("start, limit and step must be one number each".to_owned());
    };
    let count = ((limit - start) / step).ceil();
    let count = allowed(count)?;
    Ok((0..count).map(|nth| start + nth as f64 * step).collect())
}

fn wholes(start: &[i64], limit: &[i64], step: &[i64]) -> Result<Vec<i64>, String> {
    let (start, limit) = (only(start, "the start")?, only(limit, "the limit")?);
    let step = only(step, "the step")?;
    let count = ((limit as f64 - start as f64) / step as f64).ceil();
    let count = allowed(count)?;
    Ok((0..count)
        .map(|nth| start.wrapping_add((nth as i64).wrapping_mul(step)))
        .collect())
}

fn allowed(count: f64) -> Result<usize, String> {
    match count {
        count if count <= 0.0 => Ok(0),
        count if count <= ELEMENTS_MAX as f64 => Ok(count as usize),
        _ => Err(format!(
            "a range of {count} elements; at most {ELEMENTS_MAX} are served"
        )),
    }
}

pub fn one_hot<'v>(args: &Args<'_, 'v>, axis: i64) -> Result<Tensor<'v>, String> {
    let indices = args.get(0)?;
    // Places and their number may be of any datatype.
    let places: Vec<i64> = match indices.data() {
        Data::F32(data) => data.iter().map(|index| *index as i64).collect(),
        Data::F64(data) => data.iter().map(|index| *index as i64).collect(),
        _ => args.whole(0)?,
    };
    let depth = match args.get(1)?.data() {
        Data::F32(data) => data.iter().map(|depth| *depth as i64).collect(),
        Data::F64(data) => data.iter().map(|depth| *depth as i64).collect(),
        _ => args.whole(1)?,
    };
    let depth = super::dimension(only(&depth, "the number of places")?)?;
    let rank = indices.shape().rank();
    let axis = Shape::new(&vec![1; rank + 1])?.axis(axis)?;
    let mut dims = indices.shape().dims().to_vec();
    dims.insert(axis, depth);
    let shape = Shape::new(&dims)?;
    let (_, _, inner) = around(shape, axis);
    let data = each!(args.get(2)?.data(), x => lit(&places, depth, inner, shape.elements(), x)?);
    Tensor::new(shape, data)
}

#[inline(never)]
fn lit<T: Clone>(
    places: &[i64],
    depth: usize,
    inner: usize,
    elements: usize,
    values: &[T],
) -> Result<Vec<T>, String> {
    let [off, on] = values else {
        return Err(format!(
            "{} values where there must be two, off and on",
            values.len()
        ));
    };
    let mut made = vec![off.clone(); elements];
    for (nth, place) in places.iter().enumerate() {
        let from_start = if *place < 0 {
            place.saturating_add(depth as i64)
        } else {
            *place
        };
        if (0..depth as i64).contains(&from_start) {
            let block = nth / inner * depth + from_start as usize;
            made[block * inner + nth % inner] = on.clone();
        }
    }
    Ok(made)
}

/// A table of zeros in the input's shape and datatype, with ones on a diagonal.
pub fn eye_like<'v>(input: &Tensor<'_>, diagonal: i64) -> Result<Tensor<'v>, String> {
    let shape = input.shape();
    let [rows, columns] = *shape.dims() else {
        return Err(format!(
            "a table is needed, not a tensor of shape {shape:?}"
        ));
    };
    let is_one = |at: usize| {
        let (row, column) = (at / columns, at % columns);
        row < rows && column as i64 == (row as i64).saturating_add(diagonal)
    };
    let count = shape.elements();
    let ones = (0..count).map(is_one);
    let data = match input.data() {
        Data::F32(_) => Data::F32(ones.map(|one| f32::from(u8::from(one))).collect()),
        Data::F64(_) => Data::F64(ones.map(|one| f64::from(u8::from(one))).collect()),
        Data::I32(_) => Data::I32(ones.map(i32::from).collect()),
        Data::I64(_) => Data::I64(ones.map(i64::from).collect()),
        Data::Bool(_) => Data::Bool(ones.map(u8::from).collect()),
        Data::Text(_) => return Err("a table of texts has no ones".to_owned()),
    };
    Tensor::new(shape, data)
}

/// What is above, or below, the `k`-th diagonal of each matrix; zeros elsewhere.
pub fn triangle<'v>(args: &mut Args<'_, 'v>, upper: bool) -> Result<Tensor<'v>, String> {
    let diagonal = match args.optional(1) {
        Some(_) => only(&args.whole(1)?, "the diagonal")?,
        None => 0,
    };
    let input = args.get(0)?;
    let shape = input.shape();
    let [.., rows, columns] = *shape.dims() else {
        return Err(format!(
            "matrices are needed, not a tensor of shape {shape:?}"
        ));
    };
    let is_kept = |at: usize| {
        let (row, column) = (at / columns % rows, at % columns);
        let edge = (row as i64).saturating_add(diagonal);
        if upper {
            column as i64 >= edge
        } else {
            column as i64 <= edge
        }
    };
    let data = each!(input.data(), x => kept(x, is_kept));
    Tensor::new(shape, data)
}

fn kept<T: Clone + Default>(data: &[T], is_kept: impl Fn(usize) -> bool) -> Vec<T> {
    let all = data.iter().enumerate();
    all.map(|(at, value)| {
        if is_kept(at) {
            value.clone()
        } else {
            T::default()
        }
    })
    .collect()
}
