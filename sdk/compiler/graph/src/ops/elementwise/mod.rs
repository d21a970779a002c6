//! Each element by itself, or with its counterpart in another tensor.

mod binary;
mod cast;
mod choose;
mod compare;
mod exp;
mod real;
mod unary;
mod whole;

pub use binary::Binary;
pub use compare::Compare;
pub(super) use real::Real;
pub use unary::Unary;
pub(super) use whole::Whole;

use serde::{Deserialize, Serialize};

use super::Args;
use crate::data::Datatype;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Elementwise {
    /// A function of one number, which keeps its datatype.
    Unary(Unary),
    /// A function of two or more elements, which keeps their datatype: of more, that of the first two and the third, and so on.
    Binary(Binary),
    /// The mean of two or more numbers.
    Mean,
    /// Whether two elements compare so.
    Compare(Compare),
    /// Whether a number is not one.
    IsNan,
    /// Whether a number is infinite.
    IsInf {
        /// Less than all others.
        negative: bool,
        /// Greater than all others.
        positive: bool,
    },
    /// False of true, true of false.
    Not,
    /// The second where the first is true, else the third.
    Where,
    /// Not below the second nor above the third, which may be left out.
    Clip,
    /// Another datatype.
    Cast(Datatype),
}

impl Elementwise {
    pub(super) fn run<'v>(&self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        match self {
            Self::Unary(function) => function.run(args.take(0)?),
            Self::Binary(function) => function.run(args),
            Self::Mean => binary::mean(args),
            Self::Compare(comparison) => comparison.run(args),
            Self::IsNan => compare::is_nan(args.get(0)?),
            Self::IsInf { negative, positive } => {
                compare::is_infinite(args.get(0)?, *negative, *positive)
            }
            Self::Not => compare::not(args.take(0)?),
            Self::Where => choose::pick(args),
            Self::Clip => choose::clip(args),
            Self::Cast(to) => cast::cast(args, *to),
        }
    }
}
