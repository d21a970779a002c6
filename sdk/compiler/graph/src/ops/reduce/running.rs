//! Sums of all elements up to each.

use std::borrow::Cow;

use crate::data::Data;
use crate::ops::Args;
use crate::ops::layout::{around, only};
use crate::tensor::Tensor;

pub fn sums<'v>(
    args: &mut Args<'_, 'v>,
    exclusive: bool,
    reverse: bool,
) -> Result<Tensor<'v>, String> {
    let axis = only(&args.whole(1)?, "the axis")?;
    let input = args.take(0)?;
    let shape = input.shape();
    let (_, along, inner) = around(shape, shape.axis(axis)?);
    let lanes = Run {
        along,
        inner,
        exclusive,
        reverse,
    };
    let data = match input.into_data() {
        Data::F32(data) => Data::F32(lanes.of(data, |x, y| x + y)),
        Data::F64(data) => Data::F64(lanes.of(data, |x, y| x + y)),
        Data::I32(data) => Data::I32(lanes.of(data, i32::wrapping_add)),
        Data::I64(data) => Data::I64(lanes.of(data, i64::wrapping_add)),
        other => {
            return Err(format!(
                "sums of {} are not served",
                other.datatype().name()
            ));
        }
    };
    Tensor::new(shape, data)
}

struct Run {
    along: usize,
    inner: usize,
    exclusive: bool,
    reverse: bool,
}

impl Run {
    fn of<'v, T: Copy + Default>(
        &self,
        data: Cow<'_, [T]>,
        add: impl Fn(T, T) -> T,
    ) -> Cow<'v, [T]> {
        let mut own = data.into_owned();
        let block = self.along * self.inner;
        if own.is_empty() {
            return Cow::Owned(own);
        }
        for block in own.chunks_exact_mut(block) {
            for nth in 0..self.inner {
                let mut sum = T::default();
                for step in 0..self.along {
                    let at = if self.reverse {
                        self.along - 1 - step
                    } else {
                        step
                    };
                    let value = &mut block[at * self.inner + nth];
                    let with = add(sum, *value);
                    *value = if self.exclusive { sum } else { with };
                    sum = with;
                }
            }
        }
        Cow::Owned(own)
    }
}
