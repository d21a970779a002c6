//! Rows of `float`, given whole or in parts, tables and categories, with the columns of a matrix that the model holds. The ones and zeros that
//! a category stands for are never written: of the matrix' rows that would meet them, the one that meets the one is added. The sums are those
//! of whole rows, to the bit: a sum is never -0, so what meets a zero would add nothing, as long as it is finite.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::dense::plus;
use super::kernel::{self, add, put};
use crate::blob::{Blob, Blobs};
use crate::data::Data;
use crate::ops::Args;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Columns of a panel and the rows that are worked on at once, by the width of the matrix: what registers hold. A value of a row is put beside
/// itself by three instructions, so more columns and fewer rows are better where there are as many.
const NARROW: usize = 4;
const WIDE: usize = 8;
const ROWS: usize = 4;
const WIDEST: usize = 16;
const ROWS_OF_WIDEST: usize = 2;
/// Elements of a row that are taken in a turn of a loop: before each turn the engine looks at its clock, and puts the sums away.
const TURN: usize = 4;

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

    /// Rows of the matrix.
    fn rows(self) -> u64 {
        match self {
            Self::Numbers(width) => width.into(),
            Self::Category(count) => u64::from(count) + 1,
        }
    }
}

impl Parts {
    /// Lays out a matrix, given row by row or, `turned`, column by column, for rows of these parts.
    ///
    /// # Errors
    /// One that is too large.
    pub fn pack(
        parts: &[Part],
        elements: &[f32],
        width: usize,
        turned: bool,
        blobs: &mut Blobs,
    ) -> Result<Blob, String> {
        let depth = elements.len().checked_div(width).unwrap_or(0);
        let element = |row: usize, column: usize| match turned {
            true => elements[column * depth + row],
            false => elements[row * width + column],
        };
        let mut rows = Vec::with_capacity(elements.len() + parts.len() * width);
        let mut first = 0;
        for part in parts {
            let after = (first + part.width() as usize).min(depth);
            let own = (first..after).flat_map(|row| (0..width).map(move |column| (row, column)));
            rows.extend(own.map(|(row, column)| element(row, column)));
            // What a category adds that is none.
            let none = part.rows() - u64::from(part.width());
            rows.extend(std::iter::repeat_n(0.0, none as usize * width));
            first = after;
        }
        let matrix = kernel::Matrix {
            elements: &rows,
            depth: rows.len().checked_div(width).unwrap_or(0),
            width,
            turned: false,
        };
        blobs.put_numbers(&matrix.panels_of(columns(width)))
    }

    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<Ready<'a>, String> {
        let panels = self.panels.numbers::<f32>(blobs)?;
        let plus = plus::<f32>(self.plus, blobs)?;
        let width = self.width as usize;
        let depth: u64 = self.parts.iter().map(|part| part.rows()).sum();
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
            NARROW => self.sums::<NARROW, ROWS>(&given, &mut made),
            WIDE => self.sums::<WIDE, ROWS>(&given, &mut made),
            _ => self.sums::<WIDEST, ROWS_OF_WIDEST>(&given, &mut made),
        }
        add(&mut made, &self.plus);
        Tensor::f32(shape, made)
    }

    fn sums<const COLUMNS: usize, const N: usize>(&self, given: &[Given<'_>], made: &mut [f32]) {
        if self.width == 0 {
            return;
        }
        let mut first = 0;
        for made in made.chunks_mut(N * self.width) {
            if made.len() == N * self.width {
                self.block::<COLUMNS, N>(given, first, made);
            } else {
                for (nth, made) in made.chunks_exact_mut(self.width).enumerate() {
                    self.block::<COLUMNS, 1>(given, first + nth, made);
                }
            }
            first += N;
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
                put(made, nth * COLUMNS, sums);
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
                multiply(&mut sums, rows, own);
                panel = rest;
            }
            Given::Category(places, count) => {
                let (own, rest) = panel.split_at(count + 1);
                for (sums, place) in sums.iter_mut().zip(&places[first..first + N]) {
                    // Without a branch: nobody could tell ahead which rows have a category that is known.
                    let columns = &own[(*place as usize).min(count)];
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

/// Adds what several rows make with a panel.
#[inline(always)]
fn multiply<const N: usize, const COLUMNS: usize>(
    sums: &mut [[f32; COLUMNS]; N],
    rows: [&[f32]; N],
    panel: &[[f32; COLUMNS]],
) {
    let (turns, rest) = panel.as_chunks::<TURN>();
    let beginnings = rows.map(|row| &row.as_chunks::<TURN>().0[..turns.len()]);
    for (at, turn) in turns.iter().enumerate() {
        for (nth, columns) in turn.iter().enumerate() {
            take(sums, beginnings.map(|row| row[at][nth]), columns);
        }
    }
    let ends = rows.map(|row| &row[turns.len() * TURN..][..rest.len()]);
    for (at, columns) in rest.iter().enumerate() {
        take(sums, ends.map(|row| row[at]), columns);
    }
}

/// An element of each row.
#[inline(always)]
fn take<const N: usize, const COLUMNS: usize>(
    sums: &mut [[f32; COLUMNS]; N],
    values: [f32; N],
    columns: &[f32; COLUMNS],
) {
    for (sums, value) in sums.iter_mut().zip(values) {
        for (sum, column) in sums.iter_mut().zip(columns) {
            *sum += value * column;
        }
    }
}

fn columns(width: usize) -> usize {
    let fits = |columns: &usize| width <= *columns;
    [NARROW, WIDE].into_iter().find(fits).unwrap_or(WIDEST)
}

fn elements<'t>(tensor: &'t Tensor<'_>, part: Part, rows: usize) -> Result<Given<'t>, String> {
    let width = part.width() as usize;
    let (given, each) = match (part, tensor.data()) {
        (Part::Numbers(_), Data::F32(numbers)) => (Given::Numbers(numbers, width), width),
        (Part::Category(_), Data::I32(places)) => (Given::Category(places, width), 1),
        (part, other) => return Err(format!("{part:?} of {}", other.datatype().name())),
    };
    if tensor.data().len() != rows.saturating_mul(each) {
        let shape = tensor.shape();
        return Err(format!("{rows} rows of {part:?} of shape {shape:?}"));
    }
    Ok(given)
}
