//! Parts of a tensor, and tensors that it is a part of.

use super::{PadMode, dimension, view};
use crate::ops::Args;
use crate::ops::each::{each, each_two};
use crate::shape::Shape;
use crate::tensor::Tensor;

pub fn slice<'v>(args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let (starts, ends) = (args.whole(1)?, args.whole(2)?);
    let axes = match args.optional(3) {
        Some(_) => args.whole(3)?,
        None => (0..starts.len() as i64).collect(),
    };
    let every = match args.optional(4) {
        Some(_) => args.whole(4)?,
        None => vec![1; starts.len()],
    };
    let count = starts.len();
    if [ends.len(), axes.len(), every.len()]
        .iter()
        .any(|length| *length != count)
    {
        return Err(format!(
            "{count} starts, {} ends, {} axes and {} steps",
            ends.len(),
            axes.len(),
            every.len()
        ));
    }
    let input = args.get(0)?;
    let shape = input.shape();
    let mut dims = shape.dims().to_vec();
    let mut steps = view::steps(shape);
    let mut start = 0;
    for nth in 0..count {
        let axis = shape.axis(axes[nth])?;
        let (first, taken) = range(shape.dims()[axis], starts[nth], ends[nth], every[nth])?;
        dims[axis] = taken;
        start += first * steps[axis] as usize;
        // A step beyond the end is one of a single element.
        steps[axis] = steps[axis].saturating_mul(every[nth].clamp(-(1 << 40), 1 << 40) as isize);
    }
    if dims == shape.dims() && every.iter().all(|step| *step == 1) {
        return args.take(0);
    }
    let data = each!(input.data(), x => view::view(x, start, &dims, &steps));
    Tensor::new(Shape::new(&dims)?, data)
}

/// The first place and how many there are.
fn range(dim: usize, start: i64, end: i64, step: i64) -> Result<(usize, usize), String> {
    let dim = dim as i64;
    let from_start = |edge: i64| {
        if edge < 0 {
            edge.saturating_add(dim)
        } else {
            edge
        }
    };
    let (start, end) = (from_start(start), from_start(end));
    let taken = match step {
        0 => return Err("a step of 0".to_owned()),
        1.. => {
            let (start, end) = (start.clamp(0, dim), end.clamp(0, dim));
            let taken = (end - start).max(0) as u64;
            (start, taken.div_ceil(step.unsigned_abs()))
        }
        _ => {
            let (start, end) = (start.clamp(-1, dim - 1), end.clamp(-1, dim - 1));
            let taken = (start - end).max(0) as u64;
            (start.max(0), taken.div_ceil(step.unsigned_abs()))
        }
    };
    // An empty range may begin behind the last element.
    match taken {
        (_, 0) => Ok((0, 0)),
        (start, taken) => Ok((start as usize, taken as usize)),
    }
}

pub fn tile<'v>(args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let times = args.whole(1)?;
    let times = times
        .iter()
        .map(|times| dimension(*times))
        .collect::<Result<Vec<_>, _>>()?;
    let input = args.get(0)?;
    let shape = input.shape();
    if times.len() != shape.rank() {
        return Err(format!(
            "{} repeats of a tensor of shape {shape:?}",
            times.len()
        ));
    }
    let dims = shape
        .dims()
        .iter()
        .zip(&times)
        .map(|(dim, times)| dim.saturating_mul(*times));
    let tiled = Shape::new(&dims.collect::<Vec<_>>())?;
    if tiled == shape {
        return args.take(0);
    }
    // Of each dimension two: which repeat, and which element. Those that are not repeated are one.
    let own = view::steps(shape);
    let (mut dims, mut steps) = (Vec::new(), Vec::new());
    for axis in 0..shape.rank() {
        if times[axis] != 1 {
            dims.push(times[axis]);
            steps.push(0);
        }
        dims.push(shape.dims()[axis]);
        steps.push(own[axis]);
    }
    if dims.len() > crate::limits::RANK_MAX {
        return Err(format!(
            "repeats of a tensor of {} dimensions are not served",
            shape.rank()
        ));
    }
    let data = each!(input.data(), x => view::view(x, 0, &dims, &steps));
    Tensor::new(tiled, data)
}

pub fn pad<'v>(args: &Args<'_, 'v>, mode: PadMode) -> Result<Tensor<'v>, String> {
    let input = args.get(0)?;
    let shape = input.shape();
    let pads = args.whole(1)?;
    let axes = match args.optional(3) {
        Some(_) => args.whole(3)?,
        None => (0..shape.rank() as i64).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(format!("{} pads for {} axes", pads.len(), axes.len()));
    }
    let mut around = vec![(0_i64, 0_i64); shape.rank()];
    for (nth, axis) in axes.iter().enumerate() {
        around[shape.axis(*axis)?] = (pads[nth], pads[nth + axes.len()]);
    }
    let dims = shape
        .dims()
        .iter()
        .zip(&around)
        .map(|(dim, (before, after))| {
            let padded = (*dim as i64).saturating_add(*before).saturating_add(*after);
            dimension(padded)
        });
    let padded = Shape::new(&dims.collect::<Result<Vec<_>, _>>()?)?;
    // Where each element comes from; none for those that are put there.
    let own = view::steps(shape);
    let mut from = vec![Some(0_usize); usize::from(padded.elements() > 0)];
    for axis in 0..shape.rank() {
        let dim = shape.dims()[axis];
        let places: Vec<Option<usize>> = (0..padded.dims()[axis])
            .map(|at| source(at as i64 - around[axis].0, dim as i64, mode))
            .collect();
        let next = from.iter().flat_map(|base| {
            let step = own[axis] as usize;
            places
                .iter()
                .map(move |place| Some((*base)? + (*place)? * step))
        });
        from = next.collect();
    }
    from.truncate(padded.elements());
    let zero;
    let fill = match args.optional(2) {
        Some(fill) => fill.data(),
        None => {
            zero = each!(input.data(), x => vec![nothing(x)]);
            &zero
        }
    };
    let data = each_two!(input.data(), fill, (x, fill) => filled(x, &from, fill)?, {
        return Err("what is put around a tensor must be of its datatype".to_owned());
    });
    Tensor::new(padded, data)
}

/// What stands for none of such elements.
fn nothing<T: Default>(_: &[T]) -> T {
    T::default()
}

fn source(at: i64, dim: i64, mode: PadMode) -> Option<usize> {
    if (0..dim).contains(&at) {
        return Some(at as usize);
    }
    let at = match mode {
        _ if dim == 0 => return None,
        PadMode::Constant => return None,
        PadMode::Edge => at.clamp(0, dim - 1),
        PadMode::Wrap => at.rem_euclid(dim),
        PadMode::Reflect => {
            let period = (2 * (dim - 1)).max(1);
            let at = at.rem_euclid(period);
            at.min(period - at).min(dim - 1)
        }
    };
    Some(at as usize)
}

fn filled<T: Clone>(data: &[T], from: &[Option<usize>], fill: &[T]) -> Result<Vec<T>, String> {
    let [fill] = fill else {
        return Err(format!(
            "what is put around a tensor must be one element, not {}",
            fill.len()
        ));
    };
    let made = from
        .iter()
        .map(|from| from.and_then(|at| data.get(at)).unwrap_or(fill).clone());
    Ok(made.collect())
}
