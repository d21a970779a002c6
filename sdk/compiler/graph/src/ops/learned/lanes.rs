//! Rows against many vectors, eight vectors at once, or four: the sums of linear models and support vectors. Each sum is made in the order of the
//! columns, whatever the rows beside it.

/// Vectors side by side, and where there are no more than fit.
const WIDE: usize = 8;
const NARROW: usize = 4;
/// Rows that are summed together: each sum waits for the one before it, so several are under way.
const ROWS: usize = 4;

/// Vectors of one length, laid out for several at once: of each eight, or four, column after column.
#[derive(Debug)]
pub(super) struct Lanes {
    blocks: Vec<f32>,
    count: usize,
    columns: usize,
}

impl Lanes {
    /// Of vectors that stand one after the other.
    pub(super) fn new(vectors: &[f32], columns: usize) -> Self {
        let count = vectors.len().checked_div(columns).unwrap_or(0);
        let lanes = if count <= NARROW { NARROW } else { WIDE };
        let mut blocks = vec![0.0; count.next_multiple_of(lanes) * columns];
        for (at, vector) in vectors.chunks_exact(columns.max(1)).enumerate() {
            let block = &mut blocks[at / lanes * lanes * columns..][..lanes * columns];
            for (lanes, value) in block.chunks_exact_mut(lanes).zip(vector) {
                lanes[at % lanes.len()] = *value;
            }
        }
        Self {
            blocks,
            count,
            columns,
        }
    }

    /// How many vectors there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Values of a vector.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The products of each row with each vector.
    pub(super) fn products(&self, rows: &[f32], out: &mut [f32]) {
        self.sums(rows, out, |value, weight| value * weight);
    }

    /// The squared distances of each row from each vector.
    pub(super) fn distances(&self, rows: &[f32], out: &mut [f32]) {
        self.sums(rows, out, |value, weight| {
            (value - weight) * (value - weight)
        });
    }

    #[inline(always)]
    fn sums(&self, rows: &[f32], out: &mut [f32], term: impl Fn(f32, f32) -> f32) {
        if self.columns == 0 || self.count == 0 {
            out.fill(0.0);
        } else if self.count <= NARROW {
            self.sums_by::<NARROW>(rows, out, &term);
        } else {
            self.sums_by::<WIDE>(rows, out, &term);
        }
    }

    #[inline(always)]
    fn sums_by<const LANES: usize>(
        &self,
        rows: &[f32],
        out: &mut [f32],
        term: &impl Fn(f32, f32) -> f32,
    ) {
        let together = rows
            .chunks(ROWS * self.columns)
            .zip(out.chunks_mut(ROWS * self.count));
        for (rows, out) in together {
            if rows.len() == ROWS * self.columns {
                self.block::<LANES, ROWS>(rows, out, term);
            } else {
                let each = rows
                    .chunks_exact(self.columns)
                    .zip(out.chunks_exact_mut(self.count));
                each.for_each(|(row, out)| self.block::<LANES, 1>(row, out, term));
            }
        }
    }

    #[inline(always)]
    fn block<const LANES: usize, const R: usize>(
        &self,
        rows: &[f32],
        out: &mut [f32],
        term: &impl Fn(f32, f32) -> f32,
    ) {
        let rows: [&[f32]; R] =
            std::array::from_fn(|at| &rows[at * self.columns..(at + 1) * self.columns]);
        let (blocks, _) = self.blocks.as_chunks::<LANES>();
        for (at, block) in blocks.chunks_exact(self.columns).enumerate() {
            let mut sums = [[0.0_f32; LANES]; R];
            for (column, weights) in block.iter().enumerate() {
                for (sums, row) in sums.iter_mut().zip(rows) {
                    let value = row[column];
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum += term(value, *weight);
                    }
                }
            }
            let first = at * LANES;
            let here = LANES.min(self.count - first);
            for (row, sums) in sums.iter().enumerate() {
                out[row * self.count + first..][..here].copy_from_slice(&sums[..here]);
            }
        }
    }
}
