//! One of several values for each element.

use super::real::Real;
use super::unary::map;
use crate::data::Data;
use crate::ops::Args;
use crate::ops::broadcast::Plan;
use crate::ops::each::each_two;
use crate::tensor::Tensor;

/// The second input where the first is true, else the third.
pub fn pick<'v>(args: &Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let (which, left, right) = (args.get(0)?, args.get(1)?, args.get(2)?);
    let plan = Plan::new([which.shape(), left.shape(), right.shape()])?;
    let which = which.as_bool()?;
    let data = each_two!(left.data(), right.data(), (x, y) => merged(&plan, which, x, y), {
        let (left, right) = (left.datatype().name(), right.datatype().name());
        return Err(format!("a choice between {left} and {right} is not served"));
    });
    Tensor::new(plan.shape, data)
}

fn merged<T: Clone>(plan: &Plan<3>, which: &[u8], left: &[T], right: &[T]) -> Vec<T> {
    let mut made = Vec::with_capacity(plan.shape.elements());
    let [by_which, by_left, by_right] = plan.steps;
    plan.each_run(|[w, l, r]| {
        made.extend((0..plan.run).map(|nth| {
            let which = which[if by_which { w + nth } else { w }];
            match which {
                0 => right[if by_right { r + nth } else { r }].clone(),
                _ => left[if by_left { l + nth } else { l }].clone(),
            }
        }));
    });
    made
}

/// Not below the second input nor above the third.
pub fn clip<'v>(args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let low = args.optional(1).map(|bound| bound.clone().into_owned());
    let high = args.optional(2).map(|bound| bound.clone().into_owned());
    let input = args.take(0)?;
    let shape = input.shape();
    let datatype = input.datatype();
    let data = match input.into_data() {
        Data::F32(data) => {
            let (low, high) = (
                bound(low, Tensor::into_f32)?,
                bound(high, Tensor::into_f32)?,
            );
            // A bound that is not given is the last finite number.
            let (low, high) = (low.unwrap_or(f32::MIN), high.unwrap_or(f32::MAX));
            Data::F32(map(data, |x| real_between(x, low, high)))
        }
        Data::F64(data) => {
            let (low, high) = (
                bound(low, Tensor::into_f64)?,
                bound(high, Tensor::into_f64)?,
            );
            let (low, high) = (low.unwrap_or(f64::MIN), high.unwrap_or(f64::MAX));
            Data::F64(map(data, |x| real_between(x, low, high)))
        }
        Data::I32(data) => {
            let (low, high) = (
                bound(low, Tensor::into_i32)?,
                bound(high, Tensor::into_i32)?,
            );
            Data::I32(map(data, |x| {
                x.max(low.unwrap_or(i32::MIN)).min(high.unwrap_or(i32::MAX))
            }))
        }
        Data::I64(data) => {
            let (low, high) = (
                bound(low, Tensor::into_i64)?,
                bound(high, Tensor::into_i64)?,
            );
            Data::I64(map(data, |x| {
                x.max(low.unwrap_or(i64::MIN)).min(high.unwrap_or(i64::MAX))
            }))
        }
        _ => return Err(format!("bounds of {} are not served", datatype.name())),
    };
    Tensor::new(shape, data)
}

fn bound<T: Copy>(
    bound: Option<Tensor<'static>>,
    elements: impl Fn(Tensor<'static>) -> Result<Vec<T>, String>,
) -> Result<Option<T>, String> {
    let Some(bound) = bound else { return Ok(None) };
    match elements(bound)?[..] {
        [only] => Ok(Some(only)),
        ref several => Err(format!("a bound must be one number, not {}", several.len())),
    }
}

#[inline(always)]
fn real_between<T: Real>(x: T, low: T, high: T) -> T {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}
