//! The same elements in the same order, in another shape; and shapes themselves.

use super::dimension;
use crate::ops::Args;
use crate::ops::broadcast;
use crate::ops::each::each;
use crate::shape::Shape;
use crate::tensor::Tensor;

pub fn flatten<'v>(args: &mut Args<'_, 'v>, axis: i64) -> Result<Tensor<'v>, String> {
    let input = args.take(0)?;
    let shape = input.shape();
    let at = match axis == shape.rank() as i64 {
        true => shape.rank(),
        false => shape.axis(axis)?,
    };
    let (before, from) = shape.dims().split_at(at);
    let table = Shape::new(&[before.iter().product(), from.iter().product()])?;
    input.reshaped(table)
}

pub fn reshape<'v>(args: &mut Args<'_, 'v>, allow_zero: bool) -> Result<Tensor<'v>, String> {
    let wanted = args.whole(1)?;
    let input = args.take(0)?;
    let shape = input.shape();
    let mut dims = Vec::with_capacity(wanted.len());
    let mut unknown = None;
    for (at, dim) in wanted.iter().enumerate() {
        dims.push(match dim {
            -1 if unknown.is_none() => {
                unknown = Some(at);
                1
            }
            0 if !allow_zero => *shape.dims().get(at).ok_or_else(|| {
                format!(
                    "dimension {at} is to be kept, but there are only {}",
                    shape.rank()
                )
            })?,
            dim => dimension(*dim)?,
        });
    }
    if let Some(at) = unknown {
        let others = Shape::new(&dims)?.elements();
        dims[at] = match shape.elements() {
            0 => 0,
            all if others > 0 && all.is_multiple_of(others) => all / others,
            _ => {
                return Err(format!(
                    "a tensor of shape {shape:?} does not become one of {wanted:?}"
                ));
            }
        };
    }
    input.reshaped(Shape::new(&dims)?)
}

pub fn squeeze<'v>(args: &mut Args<'_, 'v>, axes: Option<&[i64]>) -> Result<Tensor<'v>, String> {
    let input = args.take(0)?;
    let shape = input.shape();
    let mut dims = shape.dims().to_vec();
    match axes {
        None => dims.retain(|dim| *dim != 1),
        Some(axes) => {
            let axes = axes.iter().map(|axis| shape.axis(*axis));
            let axes = axes.collect::<Result<Vec<_>, _>>()?;
            if let Some(axis) = axes.iter().find(|axis| shape.dims()[**axis] != 1) {
                return Err(format!(
                    "axis {axis} of shape {shape:?} cannot go: it is not of size 1"
                ));
            }
            let kept = dims
                .iter()
                .enumerate()
                .filter(|(axis, _)| !axes.contains(axis));
            dims = kept.map(|(_, dim)| *dim).collect();
        }
    }
    input.reshaped(Shape::new(&dims)?)
}

pub fn unsqueeze<'v>(args: &mut Args<'_, 'v>, axes: &[i64]) -> Result<Tensor<'v>, String> {
    let input = args.take(0)?;
    let shape = input.shape();
    let whole = Shape::new(&vec![1; shape.rank() + axes.len()])?;
    let axes = axes.iter().map(|axis| whole.axis(*axis));
    let axes = axes.collect::<Result<Vec<_>, _>>()?;
    let mut own = shape.dims().iter();
    let mut dims = Vec::with_capacity(whole.rank());
    for axis in 0..whole.rank() {
        match axes.iter().filter(|new| **new == axis).count() {
            0 => dims.extend(own.next()),
            1 => dims.push(1),
            _ => return Err(format!("axis {axis} is named twice")),
        }
    }
    input.reshaped(Shape::new(&dims)?)
}

pub fn shape<'v>(input: &Tensor<'_>, start: i64, end: Option<i64>) -> Result<Tensor<'v>, String> {
    let shape = input.shape();
    let rank = shape.rank() as i64;
    let at = |edge: i64| {
        let edge = if edge < 0 {
            edge.saturating_add(rank)
        } else {
            edge
        };
        edge.clamp(0, rank) as usize
    };
    let (start, end) = (at(start), at(end.unwrap_or(rank)));
    let dims = shape.dims().get(start..end).unwrap_or_default();
    let dims: Vec<i64> = dims.iter().map(|dim| *dim as i64).collect();
    Tensor::i64(Shape::new(&[dims.len()])?, dims)
}

pub fn expand<'v>(args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let wanted = args.whole(1)?;
    let dims = wanted
        .iter()
        .map(|dim| dimension(*dim))
        .collect::<Result<Vec<_>, _>>()?;
    let wanted = Shape::new(&dims)?;
    let input = args.get(0)?;
    let from = input.shape();
    let to = broadcast::together(&[from, wanted])?;
    if to == from {
        return args.take(0);
    }
    let data = each!(input.data(), x => broadcast::spread(from, wanted, x)?.1);
    Tensor::new(to, data)
}
