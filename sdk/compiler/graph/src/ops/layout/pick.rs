//! Elements by their places.

use std::borrow::Cow;

use super::{around, place};
use crate::data::Data;
use crate::ops::Args;
use crate::ops::each::each;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Whole numbers where they lie, if they are `i64`.
fn wide<'t>(indices: &'t Tensor<'_>) -> Result<Cow<'t, [i64]>, String> {
    match indices.data() {
        Data::I64(data) => Ok(Cow::Borrowed(data)),
        Data::I32(data) => Ok(data.iter().map(|index| i64::from(*index)).collect()),
        other => Err(format!(
            "places of {}; they must be whole numbers",
            other.datatype().name()
        )),
    }
}

/// Places along a dimension, checked.
fn places(indices: &Tensor<'_>, dim: usize, trial: bool) -> Result<Vec<usize>, String> {
    wide(indices)?
        .iter()
        .map(|index| place(*index, dim, trial))
        .collect()
}

pub fn gather<'v>(args: &mut Args<'_, 'v>, axis: i64) -> Result<Tensor<'v>, String> {
    let (input, indices) = (args.get(0)?, args.get(1)?);
    let shape = input.shape();
    let axis = shape.axis(axis)?;
    let (outer, dim, inner) = around(shape, axis);
    let dims: Vec<usize> = [
        &shape.dims()[..axis],
        indices.shape().dims(),
        &shape.dims()[axis + 1..],
    ]
    .concat();
    let gathered = Shape::new(&dims)?;
    if gathered.elements() == 0 {
        return Tensor::new(gathered, each!(input.data(), x => x[..0].to_vec()));
    }
    let places = places(indices, dim, args.is_trial())?;
    if places.len() == dim && places.iter().copied().eq(0..dim) {
        return args.take(0)?.reshaped(gathered);
    }
    let data = each!(input.data(), x => picked(x, outer, dim, inner, &places));
    Tensor::new(gathered, data)
}

#[inline(never)]
fn picked<T: Clone>(
    data: &[T],
    outer: usize,
    dim: usize,
    inner: usize,
    places: &[usize],
) -> Vec<T> {
    let mut made = Vec::with_capacity(outer * places.len() * inner);
    if let ([only], 1) = (places, inner) {
        made.extend(data[*only..].iter().step_by(dim).cloned());
        return made;
    }
    for block in data.chunks_exact(dim * inner) {
        match inner {
            1 => made.extend(places.iter().map(|place| block[*place].clone())),
            _ => {
                for place in places {
                    made.extend_from_slice(&block[place * inner..(place + 1) * inner]);
                }
            }
        }
    }
    made
}

pub fn gather_elements<'v>(args: &Args<'_, 'v>, axis: i64) -> Result<Tensor<'v>, String> {
    let (input, indices) = (args.get(0)?, args.get(1)?);
    let axis = input.shape().axis(axis)?;
    let at = element_places(input.shape(), indices, axis, args.is_trial())?;
    let data = each!(input.data(), x => at_places(x, &at));
    Tensor::new(indices.shape(), data)
}

#[inline(never)]
fn parts<T: Clone>(data: &[T], starts: &[usize], length: usize) -> Vec<T> {
    let parts = starts.iter().map(|start| &data[*start..start + length]);
    parts.flatten().cloned().collect()
}

#[inline(never)]
fn at_places<T: Clone>(data: &[T], places: &[usize]) -> Vec<T> {
    places.iter().map(|place| data[*place].clone()).collect()
}

/// Of each index, which element of a tensor of this shape it names.
pub fn element_places(
    shape: Shape,
    indices: &Tensor<'_>,
    axis: usize,
    trial: bool,
) -> Result<Vec<usize>, String> {
    let own = indices.shape();
    let fits = own.rank() == shape.rank()
        && (0..own.rank()).all(|at| at == axis || own.dims()[at] <= shape.dims()[at]);
    if !fits {
        return Err(format!(
            "places of shape {own:?} in a tensor of shape {shape:?}"
        ));
    }
    let steps = super::view::steps(shape);
    let mut at = vec![0_usize; own.rank()];
    let mut made = Vec::with_capacity(own.elements());
    for index in wide(indices)?.iter() {
        let mut element = 0;
        for (dim, step) in steps.iter().enumerate() {
            let along = match dim == axis {
                true => place(*index, shape.dims()[axis], trial)?,
                false => at[dim],
            };
            element += along * *step as usize;
        }
        made.push(element);
        for dim in (0..own.rank()).rev() {
            at[dim] += 1;
            if at[dim] < own.dims()[dim] {
                break;
            }
            at[dim] = 0;
        }
    }
    Ok(made)
}

pub fn gather_nd<'v>(args: &Args<'_, 'v>, batch: i64) -> Result<Tensor<'v>, String> {
    let (input, indices) = (args.get(0)?, args.get(1)?);
    let (shape, places) = (input.shape(), indices.shape());
    let batch = usize::try_from(batch).map_err(|_| format!("{batch} common dimensions"))?;
    let refused = || {
        format!(
            "places of shape {places:?} in a tensor of shape {shape:?}, {batch} dimensions in common"
        )
    };
    let [lists @ .., depth] = places.dims() else {
        return Err(refused());
    };
    let named = batch
        .checked_add(*depth)
        .and_then(|end| shape.dims().get(batch..end));
    let common = shape.dims().get(..batch);
    let (Some(named), Some(common), Some(rest)) = (named, common, lists.get(batch..)) else {
        return Err(refused());
    };
    if lists.get(..batch) != Some(common) || *depth == 0 {
        return Err(refused());
    }
    let behind = &shape.dims()[batch + depth..];
    let gathered = Shape::new(&[lists, behind].concat())?;
    let inner: usize = behind.iter().product();
    let (per_batch, block) = (
        rest.iter().product::<usize>(),
        named.iter().product::<usize>() * inner,
    );
    let mut starts = Vec::new();
    for (nth, index) in wide(indices)?.chunks_exact(*depth).enumerate() {
        let mut at = 0;
        for (index, dim) in index.iter().zip(named) {
            at = at * dim + place(*index, *dim, args.is_trial())?;
        }
        starts.push(nth / per_batch.max(1) * block + at * inner);
    }
    let data = each!(input.data(), x => parts(x, &starts, inner));
    Tensor::new(gathered, data)
}

pub fn compress<'v>(args: &Args<'_, 'v>, axis: Option<i64>) -> Result<Tensor<'v>, String> {
    let input = args.get(0)?;
    let (shape, axis) = match axis {
        Some(axis) => (input.shape(), input.shape().axis(axis)?),
        None => (Shape::new(&[input.data().len()])?, 0),
    };
    let kept = args.get(1)?.as_bool()?;
    let (outer, dim, inner) = around(shape, axis);
    if kept.len() > dim {
        return Err(format!(
            "{} conditions for {dim} places along axis {axis}",
            kept.len()
        ));
    }
    let places: Vec<usize> = (0..kept.len()).filter(|at| kept[*at] != 0).collect();
    let mut dims = shape.dims().to_vec();
    dims[axis] = places.len();
    let compressed = Shape::new(&dims)?;
    if compressed.elements() == 0 {
        return Tensor::new(compressed, each!(input.data(), x => x[..0].to_vec()));
    }
    let data = each!(input.data(), x => picked(x, outer, dim, inner, &places));
    Tensor::new(compressed, data)
}
