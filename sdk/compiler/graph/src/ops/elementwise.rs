//! Each element by itself, or with its counterpart in another tensor.

use serde::{Deserialize, Serialize};

use super::Args;
use crate::data::Data;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Elementwise {
    /// A function of one number.
    Unary(Unary),
}

/// A function of one number, which keeps its datatype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unary {
    /// `-x`.
    Neg,
}

impl Elementwise {
    pub(super) fn run<'v>(&self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        match self {
            Self::Unary(function) => function.run(args.take(0)?),
        }
    }
}

impl Unary {
    fn run(self, input: Tensor<'_>) -> Result<Tensor<'_>, String> {
        let shape = input.shape();
        let name = input.datatype().name();
        let data = match (self, input.into_data()) {
            (Self::Neg, Data::F32(mut data)) => {
                data.to_mut().iter_mut().for_each(|value| *value = -*value);
                Data::F32(data)
            }
            _ => return Err(format!("{self:?} of {name} is not served")),
        };
        Tensor::new(shape, data)
    }
}
