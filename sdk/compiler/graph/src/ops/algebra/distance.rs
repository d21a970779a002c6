//! Distances of rows.

use serde::{Deserialize, Serialize};

use super::kernel::{Matrix, Step, rows_by_columns};
use crate::data::Data;
use crate::ops::elementwise::Real;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// How far two rows are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Metric {
    /// The sum of squares.
    Squares,
    /// Its square root.
    Euclidean,
    /// The sum of sizes.
    Sizes,
    /// The sum of sizes to this power.
    Powers(f64),
    /// No distance: the sum of products.
    Products,
}

impl Metric {
    pub(super) fn run<'v>(
        self,
        left: &Tensor<'_>,
        right: &Tensor<'_>,
    ) -> Result<Tensor<'v>, String> {
        let (ours, theirs) = (left.shape(), right.shape());
        let ([rows, depth], [width, same]) = (ours.dims(), theirs.dims()) else {
            return Err(format!(
                "tables are needed, not tensors of shapes {ours:?} and {theirs:?}"
            ));
        };
        if depth != same {
            return Err(format!(
                "rows of {depth} and of {same} elements have no distance"
            ));
        }
        let shape = Shape::new(&[*rows, *width])?;
        let (depth, width) = (*depth, *width);
        let data = match (left.data(), right.data()) {
            (Data::F32(left), Data::F32(right)) => {
                let matrix = Matrix {
                    elements: right,
                    depth,
                    width,
                    turned: true,
                };
                Data::F32(
                    self.rows(left, &matrix.panels(), depth, width, shape)
                        .into(),
                )
            }
            (Data::F64(left), Data::F64(right)) => {
                let matrix = Matrix {
                    elements: right,
                    depth,
                    width,
                    turned: true,
                };
                Data::F64(
                    self.rows(left, &matrix.panels(), depth, width, shape)
                        .into(),
                )
            }
            (left, right) => {
                let (left, right) = (left.datatype().name(), right.datatype().name());
                return Err(format!("distances of {left} and {right} are not served"));
            }
        };
        Tensor::new(shape, data)
    }

    /// Of each row with each column of a matrix whose panels are given.
    pub(super) fn rows<T: Real>(
        self,
        rows: &[T],
        panels: &[T],
        depth: usize,
        width: usize,
        shape: Shape,
    ) -> Vec<T> {
        match self {
            Self::Products => {
                let mut made = vec![T::default(); shape.elements()];
                products(rows, panels, depth, width, &mut made);
                made
            }
            Self::Squares => of(rows, panels, depth, width, shape, square),
            Self::Sizes => of(rows, panels, depth, width, shape, |sum, x, y| {
                sum + (x - y).abs()
            }),
            Self::Euclidean => {
                let mut made = of(rows, panels, depth, width, shape, square);
                made.iter_mut().for_each(|value| *value = value.sqrt());
                made
            }
            Self::Powers(3.0) => of(rows, panels, depth, width, shape, |sum: T, x: T, y: T| {
                let size = (x - y).abs();
                sum + size * size * size
            }),
            Self::Powers(power) => of(
                rows,
                panels,
                depth,
                width,
                shape,
                move |sum: T, x: T, y: T| sum + (x - y).abs().by(|size| libm::pow(size, power)),
            ),
        }
    }
}

/// Each row with each column of a matrix whose panels are given.
#[inline(never)]
pub fn products<T: Real>(rows: &[T], panels: &[T], depth: usize, width: usize, made: &mut [T]) {
    let (step, join) = (|sum, x, y| sum + x * y, |x, y| x + y);
    rows_by_columns(rows, panels, depth, width, step, join, made);
}

#[inline(always)]
fn square<T: Real>(sum: T, x: T, y: T) -> T {
    let away = x - y;
    sum + away * away
}

fn of<T: Real>(
    rows: &[T],
    panels: &[T],
    depth: usize,
    width: usize,
    shape: Shape,
    step: impl Step<T>,
) -> Vec<T> {
    let mut made = vec![T::default(); shape.elements()];
    rows_by_columns(rows, panels, depth, width, step, |x, y| x + y, &mut made);
    made
}
