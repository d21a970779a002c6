//! Elements in an order that steps tell, dimension by dimension.

use crate::limits::RANK_MAX;
use crate::ops::Args;
use crate::ops::each::each;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The elements from `start`, `steps` apart in each dimension of `dims`. The caller has made sure that all of them exist.
#[inline(never)]
pub fn view<T: Clone>(data: &[T], start: usize, dims: &[usize], steps: &[isize]) -> Vec<T> {
    let count: usize = match dims.contains(&0) {
        true => 0,
        false => dims.iter().product(),
    };
    let mut made = Vec::with_capacity(count);
    if count == 0 {
        return made;
    }
    let (rank, dims, steps) = merged(dims, steps);
    let (run, step) = (dims[0], steps[0]);
    let mut at = [0_usize; RANK_MAX];
    let mut place = start as isize;
    loop {
        match step {
            1 => made.extend_from_slice(&data[place as usize..place as usize + run]),
            _ => made
                .extend((0..run as isize).map(|nth| data[(place + nth * step) as usize].clone())),
        }
        let mut dim = 1;
        loop {
            if dim >= rank {
                return made;
            }
            at[dim] += 1;
            place += steps[dim];
            if at[dim] < dims[dim] {
                break;
            }
            place -= steps[dim] * dims[dim] as isize;
            at[dim] = 0;
            dim += 1;
        }
    }
}

/// Innermost first, without dimensions of size 1; neighbours that lie in one line are one.
fn merged(dims: &[usize], steps: &[isize]) -> (usize, [usize; RANK_MAX], [isize; RANK_MAX]) {
    let mut own = [1_usize; RANK_MAX];
    let mut own_steps = [1_isize; RANK_MAX];
    let mut rank = 0;
    for (dim, step) in dims.iter().zip(steps).rev() {
        if *dim == 1 {
            continue;
        }
        if rank > 0 && *step == own_steps[rank - 1] * own[rank - 1] as isize {
            own[rank - 1] *= dim;
            continue;
        }
        (own[rank], own_steps[rank]) = (*dim, *step);
        rank += 1;
    }
    (rank.max(1), own, own_steps)
}

/// How far apart elements are along each dimension.
pub fn steps(shape: Shape) -> Vec<isize> {
    let mut steps = vec![1; shape.rank()];
    for at in (0..shape.rank().saturating_sub(1)).rev() {
        steps[at] = steps[at + 1] * shape.dims()[at + 1] as isize;
    }
    steps
}

pub fn transpose<'v>(args: &mut Args<'_, 'v>, order: Option<&[i64]>) -> Result<Tensor<'v>, String> {
    let shape = args.get(0)?.shape();
    let rank = shape.rank();
    let order: Vec<usize> = match order {
        None => (0..rank).rev().collect(),
        Some(order) => {
            let axes = order.iter().map(|axis| shape.axis(*axis));
            axes.collect::<Result<_, _>>()?
        }
    };
    if order.len() != rank || (0..rank).any(|axis| !order.contains(&axis)) {
        return Err(format!("{order:?} is no order of {rank} dimensions"));
    }
    let dims: Vec<usize> = order.iter().map(|axis| shape.dims()[*axis]).collect();
    let turned = Shape::new(&dims)?;
    // Dimensions of size 1 do not move elements.
    let moved: Vec<usize> = order
        .iter()
        .copied()
        .filter(|axis| shape.dims()[*axis] != 1)
        .collect();
    if moved.is_sorted() {
        return args.take(0)?.reshaped(turned);
    }
    let own = steps(shape);
    let steps: Vec<isize> = order.iter().map(|axis| own[*axis]).collect();
    let data = each!(args.get(0)?.data(), x => view(x, 0, &dims, &steps));
    Tensor::new(turned, data)
}
