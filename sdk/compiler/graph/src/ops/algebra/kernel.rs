//! Rows times columns. The columns lie in panels: a few columns' elements side by side, so that one instruction takes them all. Each sum is
//! made in the order of the elements, whatever rows are asked for with it: a row has one answer.

/// How a product's sum takes in the next two elements.
pub trait Step<T>: Fn(T, T, T) -> T + Copy {}
impl<T, F: Fn(T, T, T) -> T + Copy> Step<T> for F {}

/// Rows that are worked on at once.
const ROWS: usize = 4;
/// Sums of a single column at once.
const SUMS: usize = 8;
/// Columns of a panel; of a narrow matrix; of one, which is no panel but a column.
const WIDE: usize = 8;
const NARROW: usize = 4;
/// Columns that are narrow.
const NARROW_MAX: usize = 4;

/// Columns of the panels of a matrix of this width.
fn columns(width: usize) -> usize {
    match width {
        0 | 1 => 1,
        width if width <= NARROW_MAX => NARROW,
        _ => WIDE,
    }
}

/// A matrix's elements.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'t, T> {
    pub elements: &'t [T],
    /// Elements of a column.
    pub depth: usize,
    /// How many columns.
    pub width: usize,
    /// It is given column by column.
    pub turned: bool,
}

impl<T: Copy + Default> Matrix<'_, T> {
    /// Its panels.
    pub fn panels(&self) -> Vec<T> {
        self.panels_of(columns(self.width))
    }

    /// Panels of so many columns.
    pub(super) fn panels_of(&self, columns: usize) -> Vec<T> {
        let (depth, width) = (self.depth, self.width);
        let mut panels = Vec::with_capacity(depth * width.next_multiple_of(columns));
        for first in (0..width).step_by(columns) {
            for row in 0..depth {
                panels.extend((first..first + columns).map(|column| match column < width {
                    true if self.turned => self.elements[column * depth + row],
                    true => self.elements[row * width + column],
                    false => T::default(),
                }));
            }
        }
        panels
    }
}

/// Each row with each column, row by row.
pub fn rows_by_columns<T: Copy + Default>(
    rows: &[T],
    panels: &[T],
    depth: usize,
    width: usize,
    step: impl Step<T>,
    join: impl Fn(T, T) -> T + Copy,
    made: &mut [T],
) {
    if depth == 0 || width == 0 {
        return;
    }
    match columns(width) {
        1 => {
            for (row, made) in rows.chunks_exact(depth).zip(made) {
                *made = column(row, panels, step, join);
            }
        }
        NARROW => blocks::<T, NARROW>(rows, panels, depth, width, step, made),
        _ => blocks::<T, WIDE>(rows, panels, depth, width, step, made),
    }
}

fn column<T: Copy + Default>(
    row: &[T],
    column: &[T],
    step: impl Step<T>,
    join: impl Fn(T, T) -> T,
) -> T {
    let (row, row_rest) = row.as_chunks::<SUMS>();
    let (column, column_rest) = column.as_chunks::<SUMS>();
    let pairs = row_rest.iter().zip(column_rest);
    let rest = pairs.fold(T::default(), |sum, (x, y)| step(sum, *x, *y));
    if row.is_empty() {
        return rest;
    }
    let mut sums = [T::default(); SUMS];
    for (x, y) in row.iter().zip(column) {
        for nth in 0..SUMS {
            sums[nth] = step(sums[nth], x[nth], y[nth]);
        }
    }
    sums.into_iter().fold(rest, join)
}

fn blocks<T: Copy + Default, const COLUMNS: usize>(
    rows: &[T],
    panels: &[T],
    depth: usize,
    width: usize,
    step: impl Step<T>,
    made: &mut [T],
) {
    let (panels, _) = panels.as_chunks::<COLUMNS>();
    let groups = rows.chunks(depth * ROWS).zip(made.chunks_mut(width * ROWS));
    for (rows, made) in groups {
        if rows.len() == depth * ROWS {
            let four: [&[T]; ROWS] =
                std::array::from_fn(|nth| &rows[nth * depth..(nth + 1) * depth]);
            for (nth, panel) in panels.chunks_exact(depth).enumerate() {
                let sums = block(four, panel, step);
                for (made, sums) in made.chunks_exact_mut(width).zip(sums) {
                    put(made, nth * COLUMNS, sums);
                }
            }
            continue;
        }
        for (row, made) in rows.chunks_exact(depth).zip(made.chunks_exact_mut(width)) {
            let mut pairs = panels.chunks(2 * depth).enumerate();
            pairs.by_ref().for_each(|(nth, pair)| {
                let at = 2 * nth * COLUMNS;
                match pair.len() == 2 * depth {
                    true => {
                        let (left, right) = pair.split_at(depth);
                        let [left, right] = beside(row, left, right, step);
                        put(made, at, left);
                        put(made, at + COLUMNS, right);
                    }
                    false => {
                        let [sums] = block([row], pair, step);
                        put(made, at, sums);
                    }
                }
            });
        }
    }
}

/// Adds to each row what belongs to its columns; nothing where nothing is given.
pub(super) fn add<T: Copy + std::ops::AddAssign>(sums: &mut [T], plus: &[T]) {
    if plus.is_empty() {
        return;
    }
    for row in sums.chunks_exact_mut(plus.len()) {
        for (value, plus) in row.iter_mut().zip(plus) {
            *value += *plus;
        }
    }
}

/// Writes a panel's sums, of which the last panel may have too many. A copy of no fixed length would be a call out of the sandbox's code.
#[inline(always)]
pub(super) fn put<T: Copy, const COLUMNS: usize>(made: &mut [T], at: usize, sums: [T; COLUMNS]) {
    let made = &mut made[at..];
    match made.first_chunk_mut() {
        Some(whole) => *whole = sums,
        None => made
            .iter_mut()
            .zip(sums)
            .for_each(|(made, sum)| *made = sum),
    }
}

/// Several rows with one panel.
#[inline(always)]
fn block<T: Copy + Default, const N: usize, const COLUMNS: usize>(
    rows: [&[T]; N],
    panel: &[[T; COLUMNS]],
    step: impl Step<T>,
) -> [[T; COLUMNS]; N] {
    let mut sums = [[T::default(); COLUMNS]; N];
    let rows = rows.map(|row| &row[..panel.len()]);
    for (at, columns) in panel.iter().enumerate() {
        for (sums, row) in sums.iter_mut().zip(rows) {
            let value = row[at];
            for (sum, column) in sums.iter_mut().zip(columns) {
                *sum = step(*sum, value, *column);
            }
        }
    }
    sums
}

/// One row with two panels.
#[inline(always)]
fn beside<T: Copy + Default, const COLUMNS: usize>(
    row: &[T],
    left: &[[T; COLUMNS]],
    right: &[[T; COLUMNS]],
    step: impl Step<T>,
) -> [[T; COLUMNS]; 2] {
    let mut sums = [[T::default(); COLUMNS]; 2];
    for ((value, left), right) in row.iter().zip(left).zip(right) {
        for nth in 0..COLUMNS {
            sums[0][nth] = step(sums[0][nth], *value, left[nth]);
            sums[1][nth] = step(sums[1][nth], *value, right[nth]);
        }
    }
    sums
}
