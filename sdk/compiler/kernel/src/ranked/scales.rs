//! From values to ranks: how many of the feature's thresholds a value has passed. Trees then compare small integers, with the same result
//! as the library's comparison of the numbers themselves.

use super::number::Number;
use crate::layout::{
    BIAS, CATEGORIES_LIGHTGBM, CATEGORIES_XGBOOST, CategoryRule, SCALE_BYTES, SCALE_MAX, scale,
};

/// Rows that are ranked together.
const BLOCK: usize = 16;

/// The checked scales of a model.
#[derive(Clone, Debug)]
pub struct Scales<'a> {
    scales: &'a [[u8; SCALE_BYTES]],
    thresholds: &'a [u8],
    sets: &'a [[u8; 4]],
    columns: usize,
    category_rule: CategoryRule,
    equal_left: bool,
    zero_max: f64,
}

/// One scale.
#[derive(Clone, Copy)]
struct Scale {
    feature: usize,
    marks: u32,
    start: usize,
    extent: usize,
}

impl Scale {
    fn read(bytes: &[u8; SCALE_BYTES]) -> Self {
        let all = u128::from_le_bytes(*bytes);
        Self {
            feature: all as u32 as usize,
            marks: (all >> 32) as u32,
            start: (all >> 64) as u32 as usize,
            extent: (all >> 96) as u32 as usize,
        }
    }

    fn has(&self, mark: u32) -> bool {
        self.marks & mark != 0
    }

    fn exponent(&self) -> u32 {
        self.marks & scale::EXPONENT
    }

    fn columns(&self) -> usize {
        usize::from(self.has(scale::LEFT)) + usize::from(self.has(scale::RIGHT))
    }
}

/// What a model's scales share.
pub struct Shared {
    pub category_rule: CategoryRule,
    pub equal_left: bool,
    pub zero_max: f64,
    /// Features of a row.
    pub features: usize,
}

impl<'a> Scales<'a> {
    /// Checks scales against thresholds and sets.
    pub fn new(
        scales: &'a [u8],
        thresholds: (&'a [u8], usize),
        sets: &'a [u8],
        shared: &Shared,
    ) -> Result<Self, String> {
        let scales = scales.as_chunks().0;
        let sets: &[[u8; 4]] = sets.as_chunks().0;
        let (thresholds, count) = thresholds;
        let mut columns = 0;
        for (at, bytes) in scales.iter().enumerate() {
            let scale = Scale::read(bytes);
            let sound = if scale.has(scale::SET) {
                scale.columns() == 1 && scale.start + scale.extent <= sets.len()
            } else {
                let size = 1_usize.checked_shl(scale.exponent()).unwrap_or(0);
                scale.extent < size && size <= SCALE_MAX + 1 && scale.start + size <= count
            };
            if !sound || scale.feature >= shared.features {
                return Err(format!(
                    "scale {at} of the tables asks for what is not there"
                ));
            }
            columns += scale.columns();
        }
        Ok(Self {
            scales,
            thresholds,
            sets,
            columns,
            category_rule: shared.category_rule,
            equal_left: shared.equal_left,
            zero_max: shared.zero_max,
        })
    }

    /// Columns of ranks.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Ranks up to `ROWS` rows of `width` values: `columns[c][r]` is the biased rank of row `r` in column `c`.
    pub fn rank<N: Number, const ROWS: usize>(
        &self,
        values: &[N],
        width: usize,
        columns: &mut [[u8; ROWS]],
    ) {
        let columns = columns.as_flattened_mut();
        if ROWS == 1 {
            return self.rank_block::<N, 1>(values, width, columns, 1);
        }
        // Sixteen by sixteen whatever the rows: one function for all is a quarter of the code.
        for (block, values) in values.chunks(BLOCK * width.max(1)).enumerate() {
            self.rank_block::<N, BLOCK>(values, width, &mut columns[block * BLOCK..], ROWS);
        }
    }

    #[inline(never)]
    fn rank_block<N: Number, const ROWS: usize>(
        &self,
        values: &[N],
        width: usize,
        columns: &mut [u8],
        stride: usize,
    ) {
        if self.equal_left {
            self.rank_with::<N, ROWS, true>(values, width, columns, stride);
        } else {
            self.rank_with::<N, ROWS, false>(values, width, columns, stride);
        }
    }

    /// Column after column, `stride` ranks from one to the next.
    #[inline(always)]
    fn rank_with<N: Number, const ROWS: usize, const EQUAL_LEFT: bool>(
        &self,
        values: &[N],
        width: usize,
        columns: &mut [u8],
        stride: usize,
    ) {
        let thresholds = N::chunks(self.thresholds);
        let zero_max = N::narrow(self.zero_max);
        let mut columns = columns
            .chunks_mut(stride)
            .filter_map(|column| column.first_chunk_mut::<ROWS>());
        let mut missing = [0_u8; ROWS];
        let mut ranks = [0_u8; ROWS];
        for scale in self.scales {
            let scale = Scale::read(scale);
            let at = &values[scale.feature..];
            if scale.has(scale::SET) {
                for (rank, value) in ranks.iter_mut().zip(at.iter().step_by(width)) {
                    *rank = BIAS + u8::from(!self.set_goes_left(&scale, value.flush(zero_max)));
                }
                if let Some(column) = columns.next() {
                    *column = ranks;
                }
                continue;
            }
            let zero_missing = scale.has(scale::ZERO_MISSING);
            let mut column = [N::ZERO; ROWS];
            for (at, value) in at.iter().step_by(width).take(ROWS).enumerate() {
                let value = value.flush(zero_max);
                let is_nan = value.partial_cmp(&value).is_none();
                missing[at] = if is_nan | (zero_missing & (value == N::ZERO)) {
                    255
                } else {
                    0
                };
                column[at] = if is_nan { N::ZERO } else { value };
            }
            search_all::<N, ROWS, EQUAL_LEFT>(
                &thresholds[scale.start..],
                scale.exponent(),
                &column,
                &mut ranks,
            );
            if !scale.has(scale::NAN_MISSING) {
                missing = [0; ROWS];
            }
            let ends = [
                (scale::LEFT, BIAS),
                (scale::RIGHT, BIAS.wrapping_add(scale.extent as u8)),
            ];
            for (mark, end) in ends {
                if scale.has(mark)
                    && let Some(column) = columns.next()
                {
                    for ((into, rank), missing) in column.iter_mut().zip(ranks).zip(missing) {
                        *into = missing & end | !missing & rank;
                    }
                }
            }
        }
    }

    fn set_goes_left<N: Number>(&self, scale: &Scale, value: N) -> bool {
        let value = value.wide();
        let missing = value.is_nan() && scale.has(scale::NAN_MISSING)
            || value == 0.0 && scale.has(scale::ZERO_MISSING);
        if missing {
            return scale.has(scale::LEFT);
        }
        let named = match self.category_rule {
            CategoryRule::NotNegative => (0.0..CATEGORIES_XGBOOST).contains(&value),
            CategoryRule::TowardsZero => value > -1.0 && value < CATEGORIES_LIGHTGBM,
        };
        let category = value as u32;
        let words = &self.sets[scale.start..scale.start + scale.extent];
        let matches = named
            && words
                .get(category as usize / 32)
                .is_some_and(|word| u32::from_le_bytes(*word) >> (category % 32) & 1 == 1);
        matches == scale.has(scale::MATCH_LEFT)
    }
}

fn search_all<N: Number, const ROWS: usize, const EQUAL_LEFT: bool>(
    thresholds: &[N::Bytes],
    exponent: u32,
    values: &[N; ROWS],
    ranks: &mut [u8; ROWS],
) {
    macro_rules! of_size {
        ($size:literal) => {
            if let Some(thresholds) = thresholds.first_chunk::<$size>() {
                for (rank, value) in ranks.iter_mut().zip(values) {
                    *rank = BIAS.wrapping_add(search::<N, $size, EQUAL_LEFT>(thresholds, *value));
                }
            }
        };
    }
    match exponent {
        0 => *ranks = [BIAS; ROWS],
        1 => of_size!(2),
        2 => of_size!(4),
        3 => of_size!(8),
        4 => of_size!(16),
        5 => of_size!(32),
        6 => of_size!(64),
        7 => of_size!(128),
        _ => of_size!(256),
    }
}

/// How many thresholds a value has passed. `SIZE` is a power of two; each step halves what is left, without a branch.
#[inline(always)]
fn search<N: Number, const SIZE: usize, const EQUAL_LEFT: bool>(
    thresholds: &[N::Bytes; SIZE],
    value: N,
) -> u8 {
    let mut passed = 0;
    let mut step = SIZE / 2;
    while step > 0 {
        let threshold = N::read(&thresholds[(passed + step - 1) & (SIZE - 1)]);
        let beyond = if EQUAL_LEFT {
            threshold < value
        } else {
            threshold <= value
        };
        passed += usize::from(beyond) * step;
        step /= 2;
    }
    passed as u8
}
