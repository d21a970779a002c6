//! The same elements elsewhere: joined, cut, turned, picked.

mod cut;
mod form;
mod join;
mod make;
mod pick;
mod place;
pub(super) mod view;

use serde::{Deserialize, Serialize};

use super::Args;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// See the module. Operators are those of ONNX; what they may be told as an input is an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Layout {
    /// A table: dimensions before the axis, and those from it on.
    Flatten {
        /// May be the rank.
        axis: i64,
    },
    /// Inputs: the tensor, its dimensions to be.
    Reshape {
        /// A dimension 0 is one, not that of the tensor.
        allow_zero: bool,
    },
    /// Without dimensions of size 1: these, or all.
    Squeeze {
        /// Which ones.
        axes: Option<Vec<i64>>,
    },
    /// With more dimensions of size 1.
    Unsqueeze {
        /// Where they are then.
        axes: Vec<i64>,
    },
    /// The dimensions of a range.
    Shape {
        /// The first.
        start: i64,
        /// The one after the last.
        end: Option<i64>,
    },
    /// The number of elements.
    Size,
    /// Inputs: the tensor, the dimensions that it is broadcast to.
    Expand,
    /// Inputs: the tensor, how often it is repeated along each dimension.
    Tile,
    /// Tensors one after the other.
    Concat {
        /// Along which they lie.
        axis: i64,
    },
    /// Inputs: the tensor, the sizes of its parts if they are not the same.
    Split {
        /// Along which it is cut.
        axis: i64,
        /// How many parts.
        parts: u32,
    },
    /// Inputs: the tensor, starts, ends, axes, steps.
    Slice,
    /// Inputs: the tensor, elements before and after each dimension, what they are, axes.
    Pad {
        /// What they are.
        mode: PadMode,
    },
    /// Dimensions in another order.
    Transpose {
        /// Of each dimension, which it was; none for the reverse order.
        order: Option<Vec<i64>>,
    },
    /// One triangle of matrices.
    Trilu {
        /// The upper one.
        upper: bool,
    },
    /// Inputs: the tensor, places.
    Gather {
        /// Along which they are.
        axis: i64,
    },
    /// Inputs: the tensor, a place along the axis for each element of the result.
    GatherElements {
        /// Along which they are.
        axis: i64,
    },
    /// Inputs: the tensor, places along several dimensions.
    GatherNd {
        /// Dimensions that both have.
        batch: i64,
    },
    /// Inputs: the tensor, places, what is put there.
    ScatterElements {
        /// Along which they are.
        axis: i64,
    },
    /// Inputs: the tensor, which of its places along the axis are kept.
    Compress {
        /// None for all elements in a row.
        axis: Option<i64>,
    },
    /// Places of elements that are not zero.
    NonZero,
    /// Inputs: places, how many there are, what is off and on.
    OneHot {
        /// The new one.
        axis: i64,
    },
    /// Inputs: start, limit, step.
    Range,
    /// A table of the input's shape, with ones on a diagonal.
    EyeLike {
        /// Which diagonal.
        diagonal: i64,
    },
}

/// What is put around a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PadMode {
    /// A constant.
    Constant,
    /// The outermost elements.
    Edge,
    /// The elements next to the outermost ones, mirrored.
    Reflect,
    /// The elements from the other end.
    Wrap,
}

impl Layout {
    pub(super) fn run<'v>(
        &self,
        args: &mut Args<'_, 'v>,
        made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        made.push(match self {
            Self::Split { axis, parts } => return join::split(args, *axis, *parts, made),
            Self::Flatten { axis } => form::flatten(args, *axis)?,
            Self::Reshape { allow_zero } => form::reshape(args, *allow_zero)?,
            Self::Squeeze { axes } => form::squeeze(args, axes.as_deref())?,
            Self::Unsqueeze { axes } => form::unsqueeze(args, axes)?,
            Self::Shape { start, end } => form::shape(args.get(0)?, *start, *end)?,
            Self::Size => Tensor::i64(Shape::SCALAR, vec![args.get(0)?.data().len() as i64])?,
            Self::Expand => form::expand(args)?,
            Self::Tile => cut::tile(args)?,
            Self::Concat { axis } => join::concat(args, *axis)?,
            Self::Slice => cut::slice(args)?,
            Self::Pad { mode } => cut::pad(args, *mode)?,
            Self::Transpose { order } => view::transpose(args, order.as_deref())?,
            Self::Trilu { upper } => make::triangle(args, *upper)?,
            Self::Gather { axis } => pick::gather(args, *axis)?,
            Self::GatherElements { axis } => pick::gather_elements(args, *axis)?,
            Self::GatherNd { batch } => pick::gather_nd(args, *batch)?,
            Self::ScatterElements { axis } => place::scatter_elements(args, *axis)?,
            Self::Compress { axis } => pick::compress(args, *axis)?,
            Self::NonZero => place::non_zero(args.get(0)?)?,
            Self::OneHot { axis } => make::one_hot(args, *axis)?,
            Self::Range => make::range(args)?,
            Self::EyeLike { diagonal } => make::eye_like(args.get(0)?, *diagonal)?,
        });
        Ok(())
    }
}

/// Elements before an axis, along it, and behind it.
pub(super) fn around(shape: Shape, axis: usize) -> (usize, usize, usize) {
    let dims = shape.dims();
    let behind: usize = dims[axis + 1..].iter().product();
    (dims[..axis].iter().product(), dims[axis], behind)
}

/// A place along a dimension, from the end where it is negative. Made-up places are anywhere.
pub(super) fn place(index: i64, dim: usize, trial: bool) -> Result<usize, String> {
    let from_start = if index < 0 {
        index.saturating_add(dim as i64)
    } else {
        index
    };
    if (0..dim as i64).contains(&from_start) {
        return Ok(from_start as usize);
    }
    match trial && dim > 0 {
        true => Ok(0),
        false => Err(format!(
            "the place {index} of a dimension of {dim} elements"
        )),
    }
}

/// A dimension from a number of a tensor.
pub(super) fn dimension(value: i64) -> Result<usize, String> {
    usize::try_from(value).map_err(|_| format!("a dimension of {value} elements"))
}

/// The only number of a tensor.
pub(super) fn only(values: &[i64], what: &str) -> Result<i64, String> {
    match values {
        [only] => Ok(*only),
        several => Err(format!("{what} must be one number, not {}", several.len())),
    }
}
