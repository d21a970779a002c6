//! Sums and the like.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::lanes::{Lanes, lanes};
use crate::data::Data;
use crate::ops::elementwise::{Real, Whole};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What is rare is one code that calls a function for each element.
type Called<T> = fn(T, T) -> T;

/// What is made of many elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fold {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// Their product.
    Prod,
    /// The greatest.
    Max,
    /// The least.
    Min,
    /// The sum without signs.
    L1,
    /// The square root of the sum of squares.
    L2,
    /// The sum of squares.
    SumSquare,
    /// The logarithm of the sum.
    LogSum,
    /// The logarithm of the sum of `exp`.
    LogSumExp,
}

impl Fold {
    pub(super) fn run<'v>(
        self,
        input: &Tensor<'_>,
        axes: Option<&[i64]>,
        keep: bool,
    ) -> Result<Tensor<'v>, String> {
        let shape = input.shape();
        let (made, data) = match input.data() {
            Data::F32(data) => {
                let (shape, data) = self.of(data, shape, axes, keep, Self::reals)?;
                (shape, Data::F32(data))
            }
            Data::F64(data) => {
                let (shape, data) = self.of(data, shape, axes, keep, Self::reals)?;
                (shape, Data::F64(data))
            }
            Data::I32(data) => {
                let (shape, data) = self.of(data, shape, axes, keep, Self::wholes)?;
                (shape, Data::I32(data))
            }
            Data::I64(data) => {
                let (shape, data) = self.of(data, shape, axes, keep, Self::wholes)?;
                (shape, Data::I64(data))
            }
            other => {
                return Err(format!(
                    "{self:?} of {} is not served",
                    other.datatype().name()
                ));
            }
        };
        Tensor::new(made, data)
    }

    #[allow(clippy::type_complexity, reason = "a shape and its elements")]
    fn of<'v, T: Copy>(
        self,
        data: &[T],
        shape: Shape,
        axes: Option<&[i64]>,
        keep: bool,
        fold: fn(Self, &[T], Lanes) -> Result<Vec<T>, String>,
    ) -> Result<(Shape, Cow<'v, [T]>), String> {
        let (lanes, data) = lanes(data, shape, axes, keep)?;
        Ok((lanes.shape, Cow::Owned(fold(self, &data, lanes)?)))
    }

    fn reals<T: Real>(self, data: &[T], lanes: Lanes) -> Result<Vec<T>, String> {
        let (zero, one) = (T::default(), T::of(1.0));
        let sum = |x: T, y: T| x + y;
        let square = |sum: T, x: T| sum + x * x;
        let rare: [Called<T>; 2] = match self {
            Self::Prod => [|x, y| x * y; 2],
            Self::L1 => [|sum, x| sum + x.abs(), |x, y| x + y],
            Self::Min => [least; 2],
            _ => [greatest; 2],
        };
        let finish = |mut made: Vec<T>, function: fn(T) -> T| {
            made.iter_mut().for_each(|value| *value = function(*value));
            made
        };
        Ok(match self {
            Self::Sum => fold(data, lanes, zero, sum, sum),
            Self::Mean => {
                let mut made = fold(data, lanes, zero, sum, sum);
                let count = T::of(lanes.along as f64);
                made.iter_mut().for_each(|value| *value = *value / count);
                made
            }
            Self::Prod => fold(data, lanes, one, rare[0], rare[1]),
            // What is no number is passed over, as by the processor's own instruction.
            Self::Max | Self::Min => fold(data, lanes, T::of(f64::NAN), rare[0], rare[1]),
            Self::L1 => fold(data, lanes, zero, rare[0], rare[1]),
            Self::SumSquare => fold(data, lanes, zero, square, sum),
            Self::L2 => finish(fold(data, lanes, zero, square, sum), T::sqrt),
            Self::LogSum => finish(fold(data, lanes, zero, sum, sum), T::ln),
            Self::LogSumExp => log_sum_exp(data, lanes),
        })
    }

    fn wholes<T: Whole>(self, data: &[T], lanes: Lanes) -> Result<Vec<T>, String> {
        let (start, [step, join]): (T, [Called<T>; 2]) = match self {
            Self::Sum | Self::Mean => (T::default(), [T::add; 2]),
            Self::Prod => (T::of(1), [T::mul; 2]),
            Self::Max => (T::LEAST, [Ord::max; 2]),
            Self::Min => (T::GREATEST, [Ord::min; 2]),
            Self::L1 => (T::default(), [|sum, x| sum.add(x.size()), T::add]),
            Self::SumSquare => (T::default(), [|sum, x| sum.add(x.mul(x)), T::add]),
            Self::L2 | Self::LogSum | Self::LogSumExp => {
                return Err(format!("{self:?} of whole numbers is not served"));
            }
        };
        let mut made = fold(data, lanes, start, step, join);
        if self == Self::Mean {
            let count = T::of(lanes.along as i64);
            made.iter_mut().for_each(|value| *value = value.div(count));
        }
        Ok(made)
    }
}

fn greatest<T: Real>(top: T, x: T) -> T {
    if x > top || top.is_nan() { x } else { top }
}

fn least<T: Real>(low: T, x: T) -> T {
    if x < low || low.is_nan() { x } else { low }
}

/// Sums of a row at once, so that four are added by one instruction. How a row is summed depends on its length alone.
const SUMS: usize = 8;

#[inline(never)]
fn fold<T: Copy>(
    data: &[T],
    lanes: Lanes,
    start: T,
    step: impl Fn(T, T) -> T + Copy,
    join: impl Fn(T, T) -> T + Copy,
) -> Vec<T> {
    let count = lanes.shape.elements();
    let Lanes { along, inner, .. } = lanes;
    if along == 0 || count == 0 {
        return vec![start; count];
    }
    let mut made = Vec::with_capacity(count);
    if inner == 1 {
        made.extend(
            data.chunks_exact(along)
                .map(|row| one(row, start, step, join)),
        );
        return made;
    }
    for block in data.chunks_exact(along * inner) {
        let at = made.len();
        made.resize(at + inner, start);
        for row in block.chunks_exact(inner) {
            for (sum, value) in made[at..].iter_mut().zip(row) {
                *sum = step(*sum, *value);
            }
        }
    }
    made
}

#[inline(always)]
fn one<T: Copy>(row: &[T], start: T, step: impl Fn(T, T) -> T, join: impl Fn(T, T) -> T) -> T {
    let (chunks, rest) = row.as_chunks::<SUMS>();
    let mut sum = rest.iter().fold(start, |sum, value| step(sum, *value));
    if !chunks.is_empty() {
        let mut sums = [start; SUMS];
        for chunk in chunks {
            for (sum, value) in sums.iter_mut().zip(chunk) {
                *sum = step(*sum, *value);
            }
        }
        sum = sums.into_iter().fold(sum, join);
    }
    sum
}

/// The greatest is taken out first, so that nothing overflows.
fn log_sum_exp<T: Real>(data: &[T], lanes: Lanes) -> Vec<T> {
    let Lanes { along, inner, .. } = lanes;
    let mut made = fold(data, lanes, -T::of(f64::INFINITY), T::greater, T::greater);
    if along == 0 || made.is_empty() {
        return made;
    }
    let mut sums = vec![T::default(); inner];
    for (block, tops) in data
        .chunks_exact(along * inner)
        .zip(made.chunks_exact_mut(inner))
    {
        sums.fill(T::default());
        let taken = |top: T| if top.is_finite() { top } else { T::default() };
        if let ([sum], [top]) = (&mut sums[..], &*tops) {
            let top = taken(*top);
            *sum = one(
                block,
                T::default(),
                |sum, value| sum + (value - top).exp(),
                |x, y| x + y,
            );
        } else {
            for row in block.chunks_exact(inner) {
                for ((sum, value), top) in sums.iter_mut().zip(row).zip(&*tops) {
                    *sum = *sum + (*value - taken(*top)).exp();
                }
            }
        }
        for (top, sum) in tops.iter_mut().zip(&sums) {
            *top = sum.ln() + taken(*top);
        }
    }
    made
}
