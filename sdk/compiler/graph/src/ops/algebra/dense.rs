//! Rows with the columns of a matrix that the model holds, laid out for it when the model was compiled.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::distance::Metric;
use super::kernel::{Matrix, add};
use crate::blob::{Blob, Blobs};
use crate::data::{Data, Datatype};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dense {
    /// What is made of a row and a column.
    pub metric: Metric,
    /// What the elements are: `float` or `double`.
    pub datatype: Datatype,
    /// Elements of a column.
    pub depth: u32,
    /// How many columns.
    pub width: u32,
    /// The matrix, see [`pack`].
    pub panels: Blob,
    /// What is added to each column's sum.
    pub plus: Option<Blob>,
    /// Rows must be those of a table.
    pub table: bool,
}

/// Lays out a matrix, given row by row or, `turned`, column by column.
///
/// # Errors
/// A matrix of other elements than `float` or `double`, or one that is too large.
pub fn pack(matrix: &Tensor<'_>, turned: bool, blobs: &mut Blobs) -> Result<Blob, String> {
    let shape = matrix.shape();
    let (rows, columns) = match *shape.dims() {
        [rows] => (rows, 1),
        [rows, columns] => (rows, columns),
        _ => {
            return Err(format!(
                "a matrix is needed, not a tensor of shape {shape:?}"
            ));
        }
    };
    let (depth, width) = if turned {
        (columns, rows)
    } else {
        (rows, columns)
    };
    match matrix.data() {
        Data::F32(elements) => blobs.put_numbers(
            &Matrix {
                elements,
                depth,
                width,
                turned,
            }
            .panels(),
        ),
        Data::F64(elements) => blobs.put_numbers(
            &Matrix {
                elements,
                depth,
                width,
                turned,
            }
            .panels(),
        ),
        other => Err(format!(
            "a matrix of {} is not laid out",
            other.datatype().name()
        )),
    }
}

/// Ready to run.
#[derive(Debug)]
pub struct Ready<'a> {
    dense: Dense,
    numbers: Numbers<'a>,
}

#[derive(Debug)]
enum Numbers<'a> {
    F32(Cow<'a, [f32]>, Cow<'a, [f32]>),
    F64(Cow<'a, [f64]>, Cow<'a, [f64]>),
}

impl Dense {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<Ready<'a>, String> {
        let numbers = match self.datatype {
            Datatype::F32 => Numbers::F32(self.panels.numbers(blobs)?, plus(self.plus, blobs)?),
            Datatype::F64 => Numbers::F64(self.panels.numbers(blobs)?, plus(self.plus, blobs)?),
            other => return Err(format!("a matrix of {}", other.name())),
        };
        let (panels, added) = match &numbers {
            Numbers::F32(panels, plus) => (panels.len(), plus.len()),
            Numbers::F64(panels, plus) => (panels.len(), plus.len()),
        };
        let (depth, width) = (u64::from(self.depth), u64::from(self.width));
        if (panels as u64) < depth.saturating_mul(width)
            || ![0, u64::from(self.width)].contains(&(added as u64))
        {
            return Err("a matrix is smaller than it says".to_owned());
        }
        Ok(Ready {
            dense: self.clone(),
            numbers,
        })
    }
}

/// What is added to each column's sum; nothing where nothing is given.
pub(super) fn plus<'a, T: bytemuck::Pod>(
    plus: Option<Blob>,
    blobs: &'a [u8],
) -> Result<Cow<'a, [T]>, String> {
    plus.map_or(Ok(Cow::Borrowed(&[])), |plus| plus.numbers(blobs))
}

impl Ready<'_> {
    pub(super) fn run<'v>(&self, rows: &Tensor<'_>) -> Result<Tensor<'v>, String> {
        let shape = rows.shape();
        let (depth, width) = (self.dense.depth as usize, self.dense.width as usize);
        let (Some((last, outer)), true) = (
            shape.dims().split_last(),
            shape.rank() == 2 || !self.dense.table,
        ) else {
            return Err(format!(
                "a table is needed, not a tensor of shape {shape:?}"
            ));
        };
        if *last != depth {
            return Err(format!("rows of {last} elements with columns of {depth}"));
        }
        let made = Shape::new(&[outer, &[width]].concat())?;
        let metric = self.dense.metric;
        let data = match (rows.data(), &self.numbers) {
            (Data::F32(rows), Numbers::F32(panels, plus)) => {
                let mut sums = metric.rows(rows, panels, depth, width, made);
                add(&mut sums, plus);
                Data::F32(sums.into())
            }
            (Data::F64(rows), Numbers::F64(panels, plus)) => {
                let mut sums = metric.rows(rows, panels, depth, width, made);
                add(&mut sums, plus);
                Data::F64(sums.into())
            }
            (other, _) => {
                let (found, wanted) = (other.datatype().name(), self.dense.datatype.name());
                return Err(format!("rows of {found} with a matrix of {wanted}"));
            }
        };
        Tensor::new(made, data)
    }
}
