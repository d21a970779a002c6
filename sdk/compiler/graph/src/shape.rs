//! The dimensions of a tensor, as a small value that needs no allocation.

use std::fmt;

use crate::limits::{ELEMENTS_MAX, RANK_MAX};

/// Dimensions, at most [`RANK_MAX`] of them, whose product is at most [`ELEMENTS_MAX`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    rank: u8,
    dims: [usize; RANK_MAX],
}

impl Shape {
    /// A scalar's.
    pub const SCALAR: Self = Self {
        rank: 0,
        dims: [1; RANK_MAX],
    };

    /// Of these dimensions.
    ///
    /// # Errors
    /// Too many dimensions, or too many elements.
    pub fn new(dims: &[usize]) -> Result<Self, String> {
        let mut shape = Self::SCALAR;
        let Some(own) = shape.dims.get_mut(..dims.len()) else {
            return Err(format!(
                "a tensor of {} dimensions; at most {RANK_MAX} are served",
                dims.len()
            ));
        };
        own.copy_from_slice(dims);
        shape.rank = dims.len() as u8;
        let elements = dims.iter().try_fold(1_usize, |product, dim| {
            product
                .checked_mul(*dim)
                .filter(|product| *product <= ELEMENTS_MAX)
        });
        match elements {
            Some(_) => Ok(shape),
            // A zero behind large dimensions makes an empty tensor.
            None if dims.contains(&0) => Ok(shape),
            None => Err(format!(
                "a tensor of shape {dims:?} has more elements than the {ELEMENTS_MAX} that are served"
            )),
        }
    }

    /// The dimensions.
    pub fn dims(&self) -> &[usize] {
        &self.dims[..usize::from(self.rank)]
    }

    /// How many dimensions there are.
    pub fn rank(&self) -> usize {
        usize::from(self.rank)
    }

    /// How many elements there are.
    pub fn elements(&self) -> usize {
        match self.dims().contains(&0) {
            true => 0,
            false => self.dims().iter().product(),
        }
    }

    /// A table's rows and columns: the first dimension, and the product of the others. A vector is one row, as `ai.onnx.ml`'s operators
    /// take it.
    pub fn table(&self) -> (usize, usize) {
        match self.dims() {
            [] => (1, 1),
            [columns] => (1, *columns),
            [rows, rest @ ..] => (*rows, rest.iter().product()),
        }
    }

    /// The axis that a number names, from the end where it is negative.
    ///
    /// # Errors
    /// An axis that the shape has not.
    pub fn axis(&self, axis: i64) -> Result<usize, String> {
        let rank = self.rank() as i64;
        let from_start = if axis < 0 { axis + rank } else { axis };
        if (0..rank).contains(&from_start) {
            return Ok(from_start as usize);
        }
        Err(format!(
            "axis {axis} of a tensor of {rank} dimensions; there are -{rank} to {}",
            rank - 1
        ))
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.dims().fmt(f)
    }
}
