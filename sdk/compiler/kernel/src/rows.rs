//! Rows as they come, and as the general kernels read them.

use crate::layout::Precision;

/// Rows of features, row by row, in the model's precision.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// XGBoost's.
    F32(&'a [f32]),
    /// LightGBM's.
    F64(&'a [f64]),
}

impl Rows<'_> {
    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// In which precision they are.
    pub fn precision(&self) -> Precision {
        match self {
            Self::F32(_) => Precision::F32,
            Self::F64(_) => Precision::F64,
        }
    }

    /// Copies a range of values, those within `zero_max` of zero made zero.
    pub(crate) fn copy(&self, range: std::ops::Range<usize>, zero_max: f64, into: &mut Vec<f64>) {
        into.clear();
        match self {
            Self::F32(values) => into.extend(values[range].iter().map(|value| f64::from(*value))),
            Self::F64(values) => into.extend_from_slice(&values[range]),
        }
        for value in into {
            if value.abs() <= zero_max {
                *value = 0.0;
            }
        }
    }
}
