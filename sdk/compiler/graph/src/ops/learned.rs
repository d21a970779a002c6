//! What was learned: the operators of `ai.onnx.ml`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Args;
use crate::blob::Blob;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Learned {
    /// `(x - offset) * scale`, column by column, in `f32`.
    Scaler {
        /// `f32`, one a column or a single one.
        offset: Blob,
        /// Likewise.
        scale: Blob,
    },
}

/// An operator ready to run.
#[derive(Debug)]
pub enum Ready<'a> {
    /// See [`Learned::Scaler`].
    Scaler {
        /// One a column or a single one.
        offset: Cow<'a, [f32]>,
        /// Likewise.
        scale: Cow<'a, [f32]>,
    },
}

impl Learned {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<Ready<'a>, String> {
        Ok(match self {
            Self::Scaler { offset, scale } => Ready::Scaler {
                offset: offset.numbers(blobs)?,
                scale: scale.numbers(blobs)?,
            },
        })
    }
}

impl Ready<'_> {
    pub(super) fn run<'v>(
        &'v self,
        args: &mut Args<'_, 'v>,
        made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        match self {
            Self::Scaler { offset, scale } => {
                let input = args.take(0)?;
                let shape = input.shape();
                let (_, columns) = shape.table();
                let mut values = input.into_f32()?;
                let at = |list: &[f32], column: usize| match list {
                    [only] => Some(*only),
                    list if list.len() == columns => list.get(column).copied(),
                    _ => None,
                };
                for row in values.chunks_exact_mut(columns.max(1)) {
                    for (column, value) in row.iter_mut().enumerate() {
                        let (Some(offset), Some(scale)) = (at(offset, column), at(scale, column))
                        else {
                            return Err(format!(
                                "{} offsets for {columns} columns",
                                offset.len()
                            ));
                        };
                        *value = (*value - offset) * scale;
                    }
                }
                made.push(Tensor::f32(shape, values)?);
            }
        }
        Ok(())
    }
}
