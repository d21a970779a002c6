//! Numpy's broadcasting: which element of each operand an element of the result is made of.

use std::borrow::Cow;

use crate::limits::RANK_MAX;
use crate::shape::Shape;

/// How operands of several shapes meet.
#[derive(Clone, Copy, Debug)]
pub struct Plan<const N: usize> {
    /// The result's shape.
    pub shape: Shape,
    /// Elements of a run: each operand either steps by one in it or stays where it is.
    pub run: usize,
    /// Of each operand, whether it steps in a run.
    pub steps: [bool; N],
    /// Dimensions outside of the runs, the innermost first, and how far each operand moves in each.
    outer: [usize; RANK_MAX],
    strides: [[usize; N]; RANK_MAX],
    rank: usize,
}

impl<const N: usize> Plan<N> {
    /// Of these shapes.
    ///
    /// # Errors
    /// Shapes that do not meet.
    pub fn new(shapes: [Shape; N]) -> Result<Self, String> {
        if shapes.iter().all(|shape| *shape == shapes[0]) {
            return Ok(Self::flat(shapes[0]));
        }
        let shape = together(&shapes)?;
        let mut plan = Self::flat(shape);
        (plan.run, plan.steps) = (1, [false; N]);
        // From the innermost dimension outwards; neighbours along which each operand moves, or none does, are one.
        let mut passed = [1_usize; N];
        let (mut groups, mut last) = (0, [false; N]);
        for back in 1..=shape.rank() {
            let dim = shape.dims()[shape.rank() - back];
            if dim == 1 {
                continue;
            }
            let moves: [bool; N] = std::array::from_fn(|nth| dim_from_end(&shapes[nth], back) != 1);
            if groups == 0 {
                (plan.run, plan.steps, groups) = (dim, moves, 1);
            } else if moves == last && groups == 1 {
                plan.run = plan.run.saturating_mul(dim);
            } else if moves == last {
                let own = &mut plan.outer[plan.rank - 1];
                *own = own.saturating_mul(dim);
            } else {
                plan.outer[plan.rank] = dim;
                plan.strides[plan.rank] =
                    std::array::from_fn(|nth| if moves[nth] { passed[nth] } else { 0 });
                plan.rank += 1;
                groups += 1;
            }
            last = moves;
            for nth in 0..N {
                passed[nth] = passed[nth].saturating_mul(dim_from_end(&shapes[nth], back));
            }
        }
        Ok(plan)
    }

    /// Of operands that are all of one shape.
    fn flat(shape: Shape) -> Self {
        Self {
            shape,
            run: shape.elements(),
            steps: [true; N],
            outer: [1; RANK_MAX],
            strides: [[0; N]; RANK_MAX],
            rank: 0,
        }
    }

    /// Calls `run` with where each operand begins, for each run in order.
    pub fn each_run(&self, mut run: impl FnMut([usize; N])) {
        if self.shape.elements() == 0 {
            return;
        }
        let mut at = [0_usize; RANK_MAX];
        let mut places = [0_usize; N];
        loop {
            run(places);
            let mut dim = 0;
            loop {
                if dim == self.rank {
                    return;
                }
                at[dim] += 1;
                for (place, stride) in places.iter_mut().zip(self.strides[dim]) {
                    *place += stride;
                }
                if at[dim] < self.outer[dim] {
                    break;
                }
                for (place, stride) in places.iter_mut().zip(self.strides[dim]) {
                    *place -= stride * self.outer[dim];
                }
                at[dim] = 0;
                dim += 1;
            }
        }
    }
}

/// The shape of all of them.
///
/// # Errors
/// Shapes that do not meet.
pub fn together(shapes: &[Shape]) -> Result<Shape, String> {
    let rank = shapes.iter().map(Shape::rank).max().unwrap_or(0);
    let mut dims = [1_usize; RANK_MAX];
    for back in 1..=rank {
        let own = &mut dims[rank - back];
        for shape in shapes {
            match (*own, dim_from_end(shape, back)) {
                (own, dim) if own == dim => {}
                (1, dim) => *own = dim,
                (_, 1) => {}
                _ => {
                    return Err(format!(
                        "shapes that do not fit each other: {}",
                        listed(shapes)
                    ));
                }
            }
        }
    }
    Shape::new(&dims[..rank])
}

fn listed(shapes: &[Shape]) -> String {
    let shapes: Vec<String> = shapes.iter().map(|shape| format!("{shape:?}")).collect();
    shapes.join(" and ")
}

fn dim_from_end(shape: &Shape, back: usize) -> usize {
    match shape.rank().checked_sub(back) {
        Some(at) => shape.dims()[at],
        None => 1,
    }
}

/// The elements of a tensor of shape `from`, laid out as one of both shapes together.
///
/// # Errors
/// Shapes that do not meet.
#[inline(never)]
pub fn spread<T: Clone>(from: Shape, to: Shape, elements: &[T]) -> Result<(Shape, Vec<T>), String> {
    let plan = Plan::new([from, to])?;
    let mut spread = Vec::with_capacity(plan.shape.elements());
    plan.each_run(|[at, _]| match plan.steps[0] {
        true => spread.extend_from_slice(&elements[at..at + plan.run]),
        false => spread.resize(spread.len() + plan.run, elements[at].clone()),
    });
    Ok((plan.shape, spread))
}

/// Two operands to a result of another datatype.
pub fn zip<T: Copy, R>(
    plan: &Plan<2>,
    left: &[T],
    right: &[T],
    function: impl Fn(T, T) -> R + Copy,
) -> Vec<R> {
    let mut made = Vec::with_capacity(plan.shape.elements());
    let run = plan.run;
    plan.each_run(|[l, r]| match plan.steps {
        [true, true] => {
            let pairs = left[l..l + run].iter().zip(&right[r..r + run]);
            made.extend(pairs.map(|(left, right)| function(*left, *right)));
        }
        [true, false] => {
            let right = right[r];
            made.extend(left[l..l + run].iter().map(|left| function(*left, right)));
        }
        [false, true] => {
            let left = left[l];
            made.extend(right[r..r + run].iter().map(|right| function(left, *right)));
        }
        [false, false] => made.push(function(left[l], right[r])),
    });
    made
}

/// Two operands to a result of their datatype, in the place of either where that is free and has the result's shape.
pub fn zip_in_place<T: Copy>(
    plan: &Plan<2>,
    left: Cow<'_, [T]>,
    right: Cow<'_, [T]>,
    function: impl Fn(T, T) -> T + Copy,
) -> Vec<T> {
    let elements = plan.shape.elements();
    let is_free = |operand: &Cow<'_, [T]>| matches!(operand, Cow::Owned(_));
    let [is_left, is_right] = [&left, &right].map(|operand| operand.len() == elements);
    if is_right && !(is_left && is_free(&left)) && (is_free(&right) || !is_left) {
        let mut kept = right.into_owned();
        over(plan, 0, &mut kept, &left, |right, left| {
            function(left, right)
        });
        return kept;
    }
    let mut kept = match is_left {
        true => left.into_owned(),
        false => spread_first(plan, &left),
    };
    over(plan, 1, &mut kept, &right, function);
    kept
}

/// The first operand's elements, laid out as the result's.
#[inline(never)]
fn spread_first<T: Copy>(plan: &Plan<2>, elements: &[T]) -> Vec<T> {
    let mut spread = Vec::with_capacity(plan.shape.elements());
    plan.each_run(|[at, _]| match plan.steps[0] {
        true => spread.extend_from_slice(&elements[at..at + plan.run]),
        false => spread.resize(spread.len() + plan.run, elements[at]),
    });
    spread
}

/// Overwrites `kept`, which is laid out as the result; the other operand is the plan's `nth`.
fn over<T: Copy>(
    plan: &Plan<2>,
    nth: usize,
    kept: &mut [T],
    other: &[T],
    function: impl Fn(T, T) -> T + Copy,
) {
    let mut runs = kept.chunks_exact_mut(plan.run.max(1));
    plan.each_run(|places| {
        let (Some(own), at) = (runs.next(), places[nth]) else {
            return;
        };
        if plan.steps[nth] {
            for (own, other) in own.iter_mut().zip(&other[at..at + plan.run]) {
                *own = function(*own, *other);
            }
        } else {
            let other = other[at];
            for own in own {
                *own = function(*own, other);
            }
        }
    });
}
