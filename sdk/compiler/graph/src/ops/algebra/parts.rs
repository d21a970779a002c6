//! Rows that are given in parts, tables and categories, with the columns of a matrix that the model holds. The ones and zeros that a category
//! stands for are never written: of the matrix' rows that would meet them, the one that meets the one is added. The sums are those of whole
//! rows, to the bit: a sum is never -0, so what meets a zero would add nothing, as long as it is finite.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::kernel::{self, NARROW, ROWS, WIDE};
use crate::blob::{Blob, Blobs};
use crate::data::Data;
use crate::ops::Args;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// See the module. Its inputs are the parts, one each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// What they are, side by side.
    pub parts: Vec<Part>,
    /// How many columns the matrix has.
    pub width: u32,
    /// The matrix, see [`Parts::pack`].
    pub panels: Blob,
    /// What is added to each column's sum: `f32`.
    pub plus: Option<Blob>,
}

/// A part of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// So many numbers, `float`.
    Numbers(u32),
    /// One and otherwise zeros, so many in all: the place of the one, `int32`; one beyond them is none.
    Category(u32),
}

impl Part {
    /// Elements of a row.
    pub fn width(self) -> u32 {
        match self {
            Self::Numbers(width) | Self::Category(width) => width,
        }
    }
}

impl Parts {
    /// Lays out a matrix, given row by row or, `turned`, column by column.
    ///
    /// # Errors
    /// One that is too large.
    pub fn pack(
        elements: &[f32],
        width: usize,
        turned: bool,
        blobs: &mut Blobs,
    ) -> Result<Blob, String> {
        let matrix = kernel::Matrix {
            elements,
            depth: elements.len().checked_div(width).unwrap_or(0),
            width,
            turned,
        };
        blobs.put_numbers(&matrix.panels_of(columns(width)))
    }

    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<Ready<'a>, String> {
        let panels = self.panels.numbers::<f32>(blobs)?;
        let plus = match self.plus {
            Some(plus) => plus.numbers::<f32>(blobs)?,
            None => Cow::Borrowed(&[][..]),
        };
        let width = self.width as usize;
        let depth: u64 = self.parts.iter().map(|part| u64::from(part.width())).sum();
        let elements = depth.saturating_mul(width.next_multiple_of(columns(width)) as u64);
        if self.parts.is_empty()
            || panels.len() as u64 != elements
            || ![0, width].contains(&plus.len())
        {
            return Err("a matrix is not of the size that its parts say".to_owned());
        }
        Ok(Ready {
            parts: self.parts.clone(),
            width,
            depth: depth as usize,
            panels,
            plus,
        })
    }
}

/// Ready to run.
#[derive(Debug)]
pub struct Ready<'a> {
    parts: Vec<Part>,
    width: usize,
    depth: usize,
    panels: Cow<'a, [f32]>,
    plus: Cow<'a, [f32]>,
}

/// The elements of a part.
#[derive(Clone, Copy)]
enum Given<'t> {
    Numbers(&'t [f32], usize),
    Category(&'t [i32], usize),
}

impl Ready<'_> {
    pub(super) fn run<'v>(&self, args: &Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let rows = args.get(0)?.shape().dims().first().copied().unwrap_or(0);
        let mut given = Vec::with_capacity(self.parts.len());
        for (at, part) in self.parts.iter().enumerate() {
            given.push(elements(args.get(at)?, *part, rows)?);
        }
        let shape = Shape::new(&[rows, self.width])?;
        let mut made = vec![0.0; shape.elements()];
        match columns(self.width) {
            NARROW => self.sums::<NARROW>(&given, &mut made),
            _ => self.sums::<WIDE>(&given, &mut made),
        }
        kernel::add(&mut made, &self.plus);
        Tensor::f32(shape, made)
    }

    fn sums<const COLUMNS: usize>(&self, given: &[Given<'_>], made: &mut [f32]) {
        if self.width == 0 {
            return;
        }
        let mut first = 0;
        for made in made.chunks_mut(ROWS * self.width) {
            if made.len() == ROWS * self.width {
                self.block::<COLUMNS, ROWS>(given, first, made);
            } else {
                for (nth, made) in made.chunks_exact_mut(self.width).enumerate() {
                    self.block::<COLUMNS, 1>(given, first + nth, made);
                }
            }
            first += ROWS;
        }
    }

    /// Some rows with all panels.
    #[inline(always)]
    fn block<const COLUMNS: usize, const N: usize>(
        &self,
        given: &[Given<'_>],
        first: usize,
        made: &mut [f32],
    ) {
        let (panels, _) = self.panels.as_chunks::<COLUMNS>();
        for nth in 0..self.width.div_ceil(COLUMNS) {
            let panel = &panels[nth * self.depth..(nth + 1) * self.depth];
            let sums = with_panel::<COLUMNS, N>(given, first, panel);
            for (made, sums) in made.chunks_exact_mut(self.width).zip(sums) {
                kernel::put(made, nth * COLUMNS, sums);
            }
        }
    }
}

/// A function by itself, so that the engine keeps the sums in registers.
#[inline(never)]
fn with_panel<const COLUMNS: usize, const N: usize>(
    given: &[Given<'_>],
    first: usize,
    mut panel: &[[f32; COLUMNS]],
) -> [[f32; COLUMNS]; N] {
    let mut sums = [[0.0; COLUMNS]; N];
    for part in given {
        match *part {
            Given::Numbers(numbers, width) => {
                let (own, rest) = panel.split_at(width);
                let rows: [&[f32]; N] =
                    std::array::from_fn(|nth| &numbers[(first + nth) * width..][..width]);
                kernel::go_on(&mut sums, rows, own, |sum, x, y| sum + x * y);
                panel = rest;
            }
            Given::Category(places, width) => {
                let (own, rest) = panel.split_at(width);
                for (sums, place) in sums.iter_mut().zip(&places[first..first + N]) {
                    let Some(columns) = own.get(*place as usize) else {
                        continue;
                    };
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum += column;
                    }
                }
                panel = rest;
            }
        }
    }
    sums
}

/// Columns of a panel; a single column is no panel of its own here.
fn columns(width: usize) -> usize {
    kernel::columns(width.max(2))
}

fn elements<'t>(tensor: &'t Tensor<'_>, part: Part, rows: usize) -> Result<Given<'t>, String> {
    let width = part.width() as usize;
    let (given, each) = match (part, tensor.data()) {
        (Part::Numbers(_), Data::F32(numbers)) => (Given::Numbers(numbers, width), width),
        (Part::Category(_), Data::I32(places)) => (Given::Category(places, width), 1),
        (part, other) => return Err(format!("{part:?} of {}", other.datatype().name())),
    };
    if tensor.data().len() != rows * each {
        let shape = tensor.shape();
        return Err(format!("{rows} rows of {part:?} of shape {shape:?}"));
    }
    Ok(given)
}
