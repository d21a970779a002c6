//! Elements along an axis made comparable.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::data::Data;
use crate::ops::elementwise::Real;
use crate::ops::layout::around;
use crate::tensor::Tensor;

/// How they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Normalise {
    /// Their `exp`, which add up to 1.
    Softmax,
    /// Its logarithm.
    LogSoftmax,
    /// 1 for the first of the greatest, 0 for the others.
    Hardmax,
}

impl Normalise {
    pub(super) fn run<'v>(
        self,
        input: Tensor<'_>,
        axis: i64,
        flat: bool,
    ) -> Result<Tensor<'v>, String> {
        let shape = input.shape();
        let axis = shape.axis(axis)?;
        let (_, mut along, mut inner) = around(shape, axis);
        if flat {
            (along, inner) = (along.saturating_mul(inner), 1);
        }
        let data = match input.into_data() {
            Data::F32(data) => Data::F32(Cow::Owned(self.of(data.into_owned(), along, inner))),
            Data::F64(data) => Data::F64(Cow::Owned(self.of(data.into_owned(), along, inner))),
            other => {
                return Err(format!(
                    "{self:?} of {} is not served",
                    other.datatype().name()
                ));
            }
        };
        Tensor::new(shape, data)
    }

    fn of<T: Real>(self, mut data: Vec<T>, along: usize, inner: usize) -> Vec<T> {
        if data.is_empty() {
            return data;
        }
        if inner == 1 {
            data.chunks_exact_mut(along).for_each(|row| self.row(row));
            return data;
        }
        let mut lane = vec![T::default(); along];
        for block in data.chunks_exact_mut(along * inner) {
            for nth in 0..inner {
                for (at, value) in lane.iter_mut().enumerate() {
                    *value = block[at * inner + nth];
                }
                self.row(&mut lane);
                for (at, value) in lane.iter().enumerate() {
                    block[at * inner + nth] = *value;
                }
            }
        }
        data
    }

    fn row<T: Real>(self, row: &mut [T]) {
        let least = -T::of(f64::INFINITY);
        let top = row
            .iter()
            .fold(least, |top, value| if *value > top { *value } else { top });
        match self {
            Self::Softmax => {
                let mut sum = T::default();
                for value in row.iter_mut() {
                    *value = (*value - top).exp();
                }
                for value in row.iter() {
                    sum = sum + *value;
                }
                for value in row.iter_mut() {
                    *value = *value / sum;
                }
            }
            Self::LogSoftmax => {
                let sum = row
                    .iter()
                    .fold(T::default(), |sum, value| sum + (*value - top).exp());
                let log = sum.ln();
                for value in row.iter_mut() {
                    *value = *value - top - log;
                }
            }
            Self::Hardmax => {
                let first = row
                    .iter()
                    .position(|value| *value == top)
                    .unwrap_or_default();
                for (at, value) in row.iter_mut().enumerate() {
                    *value = if at == first {
                        T::of(1.0)
                    } else {
                        T::default()
                    };
                }
            }
        }
    }
}
