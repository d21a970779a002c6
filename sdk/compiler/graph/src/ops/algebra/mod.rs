//! Products of matrices, distances.

mod dense;
mod distance;
mod einsum;
mod kernel;
mod parts;
mod product;

pub use dense::{Dense, pack};
pub use distance::Metric;
pub use einsum::Einsum;
pub use parts::{Part, Parts};

use serde::{Deserialize, Serialize};

use super::Args;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Algebra {
    /// The product of two tensors' last two dimensions, as numpy's.
    MatMul,
    /// `alpha A B + beta C`.
    Gemm {
        /// See above.
        alpha: f32,
        /// See above.
        beta: f32,
        /// A is given with its dimensions swapped.
        turn_left: bool,
        /// B is given with its dimensions swapped.
        turn_right: bool,
    },
    /// The distances of each row of one table to each row of another.
    Distance(Metric),
    /// One of those with a matrix that the model holds.
    Dense(Dense),
    /// The product of rows in parts with a matrix that the model holds.
    Parts(Parts),
    /// Sums of products by the names of dimensions.
    Einsum(Einsum),
}

/// An operator ready to run.
#[derive(Debug)]
pub enum Ready<'a> {
    /// As the program says it.
    Plain(Algebra),
    /// See [`Algebra::Dense`].
    Dense(dense::Ready<'a>),
    /// See [`Algebra::Parts`].
    Parts(parts::Ready<'a>),
}

impl Algebra {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<Ready<'a>, String> {
        Ok(match self {
            Self::Dense(dense) => Ready::Dense(dense.ready(blobs)?),
            Self::Parts(parts) => Ready::Parts(parts.ready(blobs)?),
            other => Ready::Plain(other.clone()),
        })
    }
}

impl Ready<'_> {
    pub(super) fn run<'v>(&self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        match self {
            Self::Dense(dense) => dense.run(args.get(0)?),
            Self::Parts(parts) => parts.run(args),
            Self::Plain(Algebra::MatMul) => product::matmul(args.get(0)?, args.get(1)?),
            Self::Plain(Algebra::Gemm {
                alpha,
                beta,
                turn_left,
                turn_right,
            }) => product::gemm(args, *alpha, *beta, [*turn_left, *turn_right]),
            Self::Plain(Algebra::Distance(metric)) => metric.run(args.get(0)?, args.get(1)?),
            Self::Plain(Algebra::Einsum(einsum)) => einsum.run(args),
            Self::Plain(Algebra::Dense(_) | Algebra::Parts(_)) => {
                Err("a matrix that was not made ready".to_owned())
            }
        }
    }
}
