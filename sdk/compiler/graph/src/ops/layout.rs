//! The same elements elsewhere: joined, cut, turned, picked.

use serde::{Deserialize, Serialize};

use super::Args;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Layout {
    /// A table of one row for each element of the first dimension (ONNX's Flatten with `axis` 1).
    Flatten,
}

impl Layout {
    pub(super) fn run<'v>(
        &self,
        args: &mut Args<'_, 'v>,
        made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        match self {
            Self::Flatten => {
                let input = args.take(0)?;
                let (rows, columns) = input.shape().table();
                made.push(input.reshaped(Shape::new(&[rows, columns])?)?);
            }
        }
        Ok(())
    }
}
