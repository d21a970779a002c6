//! Many elements to few, along an axis.

mod extreme;
mod fold;
mod lanes;
mod normalise;
mod running;
mod top;

pub use fold::Fold;
pub use normalise::Normalise;

use serde::{Deserialize, Serialize};

use super::Args;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reduce {
    /// Sums and the like.
    Fold {
        /// What is made of the elements.
        fold: Fold,
        /// Along which; none for all.
        axes: Option<Vec<i64>>,
        /// The axes stay, with size 1.
        keep: bool,
    },
    /// The place of the greatest or of the least element.
    Extreme {
        /// The greatest.
        greatest: bool,
        /// Along which.
        axis: i64,
        /// The axis stays, with size 1.
        keep: bool,
        /// Of equal ones, the last.
        last: bool,
    },
    /// Elements along an axis made comparable.
    Normalise {
        /// How.
        how: Normalise,
        /// Along which.
        axis: i64,
        /// All dimensions from the axis on are one, as before operator set 13.
        flat: bool,
    },
    /// Inputs: the tensor, how many; gives the greatest or least elements in order, and their places.
    Top {
        /// The greatest.
        greatest: bool,
        /// Along which.
        axis: i64,
    },
    /// Inputs: the tensor, the axis. Of each element the sum of those up to it.
    Running {
        /// Without itself.
        exclusive: bool,
        /// From the end.
        reverse: bool,
    },
}

impl Reduce {
    pub(super) fn run<'v>(
        &self,
        args: &mut Args<'_, 'v>,
        made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        made.push(match self {
            Self::Fold { fold, axes, keep } => fold.run(args.get(0)?, axes.as_deref(), *keep)?,
            Self::Extreme {
                greatest,
                axis,
                keep,
                last,
            } => extreme::place(args.get(0)?, *greatest, *axis, *keep, *last)?,
            Self::Normalise { how, axis, flat } => how.run(args.take(0)?, *axis, *flat)?,
            Self::Top { greatest, axis } => return top::top(args, *greatest, *axis, made),
            Self::Running { exclusive, reverse } => running::sums(args, *exclusive, *reverse)?,
        });
        Ok(())
    }
}
