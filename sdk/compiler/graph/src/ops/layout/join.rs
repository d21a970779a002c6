//! Tensors put together, and taken apart.

use bytemuck::{cast_slice, cast_vec};

use super::{around, dimension, view};
use crate::data::{Data, Datatype};
use crate::ops::Args;
use crate::ops::each::each;
use crate::shape::Shape;
use crate::tensor::Tensor;

pub fn concat<'v>(args: &mut Args<'_, 'v>, axis: i64) -> Result<Tensor<'v>, String> {
    if args.len() == 1 {
        return args.take(0);
    }
    let first = args.get(0)?;
    let (shape, datatype) = (first.shape(), first.datatype());
    let axis = shape.axis(axis)?;
    let mut dims = shape.dims().to_vec();
    dims[axis] = 0;
    for nth in 0..args.len() {
        let next = args.get(nth)?;
        let mut expected = next.shape().dims().to_vec();
        let along = expected.get(axis).copied().unwrap_or_default();
        if let Some(dim) = expected.get_mut(axis) {
            *dim = shape.dims()[axis];
        }
        if expected != shape.dims() || next.datatype() != datatype {
            return Err(format!(
                "input {nth}, {} of shape {:?}, does not go with input 0, {} of shape {shape:?}, along axis {axis}",
                next.datatype().name(),
                next.shape(),
                datatype.name(),
            ));
        }
        dims[axis] = dims[axis].saturating_add(along);
    }
    let joined = Shape::new(&dims)?;
    let outer: usize = joined.dims()[..axis].iter().product();
    let data = match datatype {
        Datatype::F32 => Data::F32(cast_vec(together(args, outer, joined, words)?).into()),
        Datatype::I32 => Data::I32(cast_vec(together(args, outer, joined, words)?).into()),
        Datatype::F64 => Data::F64(cast_vec(together(args, outer, joined, long_words)?).into()),
        Datatype::I64 => Data::I64(cast_vec(together(args, outer, joined, long_words)?).into()),
        Datatype::Bool => Data::Bool(together(args, outer, joined, Tensor::as_bool)?.into()),
        Datatype::Text => Data::Text(together(args, outer, joined, Tensor::as_text)?.into()),
    };
    Tensor::new(joined, data)
}

/// Numbers of one size are the same where they are only moved.
fn words<'t>(tensor: &'t Tensor<'_>) -> Result<&'t [u32], String> {
    match tensor.data() {
        Data::I32(data) => Ok(cast_slice(data)),
        _ => tensor.as_f32().map(cast_slice),
    }
}

fn long_words<'t>(tensor: &'t Tensor<'_>) -> Result<&'t [u64], String> {
    match tensor.data() {
        Data::I64(data) => Ok(cast_slice(data)),
        _ => tensor.as_f64().map(cast_slice),
    }
}

/// A tensor's elements, of one datatype.
type Elements<'v, T> = for<'t> fn(&'t Tensor<'v>) -> Result<&'t [T], String>;

/// Of each input the elements of the first row, then those of the second, and so on.
#[inline(never)]
fn together<'v, T: Clone + Default>(
    args: &Args<'_, 'v>,
    outer: usize,
    joined: Shape,
    elements: Elements<'v, T>,
) -> Result<Vec<T>, String> {
    let count = joined.elements();
    if outer == 1 {
        let mut made = Vec::with_capacity(count);
        for nth in 0..args.len() {
            made.extend_from_slice(elements(args.get(nth)?)?);
        }
        return Ok(made);
    }
    let mut made = vec![T::default(); count];
    if count == 0 {
        return Ok(made);
    }
    let row = count / outer;
    let mut at = 0;
    for nth in 0..args.len() {
        let own = elements(args.get(nth)?)?;
        let width = own.len() / outer;
        match width {
            0 => continue,
            1 => {
                for (to, from) in made[at..].iter_mut().step_by(row).zip(own) {
                    *to = from.clone();
                }
            }
            _ => {
                for (to, from) in made.chunks_exact_mut(row).zip(own.chunks_exact(width)) {
                    to[at..at + width].clone_from_slice(from);
                }
            }
        }
        at += width;
    }
    Ok(made)
}

pub fn split<'v>(
    args: &mut Args<'_, 'v>,
    axis: i64,
    parts: u32,
    made: &mut Vec<Tensor<'v>>,
) -> Result<(), String> {
    let input = args.get(0)?;
    let shape = input.shape();
    let axis = shape.axis(axis)?;
    let (_, dim, inner) = around(shape, axis);
    let sizes: Vec<usize> = match args.optional(1) {
        Some(_) => {
            let sizes = args.whole(1)?;
            sizes
                .iter()
                .map(|size| dimension(*size))
                .collect::<Result<_, _>>()?
        }
        None => {
            let parts = parts.max(1) as usize;
            let size = dim.div_ceil(parts);
            (0..parts)
                .map(|part| size.min(dim.saturating_sub(part * size)))
                .collect()
        }
    };
    let sum = sizes
        .iter()
        .fold(0_usize, |sum, size| sum.saturating_add(*size));
    if sizes.len() != parts as usize || sum != dim {
        return Err(format!(
            "{dim} elements along axis {axis} are not {parts} parts of {sizes:?}"
        ));
    }
    let mut dims = shape.dims().to_vec();
    let steps = view::steps(shape);
    let mut start = 0;
    for size in sizes {
        dims[axis] = size;
        let data = each!(input.data(), x => view::view(x, start, &dims, &steps));
        made.push(Tensor::new(Shape::new(&dims)?, data)?);
        start += size * inner;
    }
    Ok(())
}
