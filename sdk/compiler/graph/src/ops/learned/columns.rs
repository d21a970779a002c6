//! Operators that change each number of a table by its column or its row: Scaler, Imputer, Binarizer, Normalizer.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::numbers;
use crate::blob::Blob;
use crate::data::Data;
use crate::ops::Args;
use crate::tensor::Tensor;

/// `(x - offset) * scale`; the result is `f32` whatever the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    /// `f32`, one a column or a single one.
    pub offset: Blob,
    /// Likewise.
    pub scale: Blob,
}

/// See [`Scaler`].
#[derive(Debug)]
pub struct ReadyScaler<'a> {
    offset: Cow<'a, [f32]>,
    scale: Cow<'a, [f32]>,
}

impl Scaler {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadyScaler<'a>, String> {
        let (offset, scale) = (self.offset.numbers(blobs)?, self.scale.numbers(blobs)?);
        if offset.len() != scale.len() || scale.is_empty() {
            return Err(format!(
                "{} offsets and {} scales; there must be as many of each, and one at least",
                offset.len(),
                scale.len()
            ));
        }
        Ok(ReadyScaler { offset, scale })
    }
}

impl ReadyScaler<'_> {
    pub(super) fn run<'v>(&self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let input = args.take(0)?;
        let shape = input.shape();
        // The second dimension counts, as in onnxruntime.
        let columns = *shape.dims().get(1).or(shape.dims().first()).unwrap_or(&0);
        if self.scale.len() != 1 && self.scale.len() != columns {
            return Err(format!(
                "{} scales for {columns} columns; there must be as many, or one",
                self.scale.len()
            ));
        }
        let values: Vec<f32> = match input.data() {
            Data::F64(data) => self.each(data.iter(), |value, offset, scale| {
                ((value - f64::from(offset)) * f64::from(scale)) as f32
            }),
            Data::I32(data) => self.each(data.iter(), |value, offset, scale| {
                (*value as f32 - offset) * scale
            }),
            Data::I64(data) => self.each(data.iter(), |value, offset, scale| {
                (*value as f32 - offset) * scale
            }),
            _ => {
                let mut values = input.into_f32()?;
                if let ([offset], [scale]) = (&self.offset[..], &self.scale[..]) {
                    values
                        .iter_mut()
                        .for_each(|value| *value = (*value - offset) * scale);
                } else {
                    for row in values.chunks_exact_mut(columns.max(1)) {
                        for ((value, offset), scale) in
                            row.iter_mut().zip(&self.offset[..]).zip(&self.scale[..])
                        {
                            *value = (*value - offset) * scale;
                        }
                    }
                }
                values
            }
        };
        Tensor::f32(shape, values)
    }

    fn each<T>(
        &self,
        values: impl Iterator<Item = T>,
        scaled: impl Fn(T, f32, f32) -> f32,
    ) -> Vec<f32> {
        let columns = self.offset.iter().zip(&self.scale[..]).cycle();
        values
            .zip(columns)
            .map(|(value, (offset, scale))| scaled(value, *offset, *scale))
            .collect()
    }
}

/// Numbers in the place of one that stands for missing ones: one a column, or the first for all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Imputer {
    /// Of `f32`; NaN may stand for missing ones.
    Floats {
        /// What stands for missing ones.
        replaced: f32,
        /// `f32`.
        imputed: Blob,
    },
    /// Of `i64`.
    Ints {
        /// What stands for missing ones.
        replaced: i64,
        /// `i64`.
        imputed: Blob,
    },
}

/// See [`Imputer`].
#[derive(Debug)]
pub enum ReadyImputer<'a> {
    /// See [`Imputer::Floats`].
    Floats(f32, Cow<'a, [f32]>),
    /// See [`Imputer::Ints`].
    Ints(i64, Cow<'a, [i64]>),
}

impl Imputer {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadyImputer<'a>, String> {
        Ok(match self {
            Self::Floats { replaced, imputed } => {
                ReadyImputer::Floats(*replaced, imputed.numbers(blobs)?)
            }
            Self::Ints { replaced, imputed } => {
                ReadyImputer::Ints(*replaced, imputed.numbers(blobs)?)
            }
        })
    }
}

impl ReadyImputer<'_> {
    pub(super) fn run<'v>(&self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let input = args.take(0)?;
        let shape = input.shape();
        let columns = *shape.dims().get(1).or(shape.dims().first()).unwrap_or(&0);
        match self {
            Self::Floats(replaced, imputed) if replaced.is_nan() => {
                let mut values = input.into_f32()?;
                impute(&mut values, columns, imputed, |value| value.is_nan())?;
                Tensor::f32(shape, values)
            }
            Self::Floats(replaced, imputed) => {
                let mut values = input.into_f32()?;
                impute(&mut values, columns, imputed, |value| value == *replaced)?;
                Tensor::f32(shape, values)
            }
            Self::Ints(replaced, imputed) => {
                let mut values = input.into_i64()?;
                impute(&mut values, columns, imputed, |value| value == *replaced)?;
                Tensor::i64(shape, values)
            }
        }
    }
}

fn impute<T: Copy>(
    values: &mut [T],
    columns: usize,
    imputed: &[T],
    missing: impl Fn(T) -> bool,
) -> Result<(), String> {
    if imputed.len() == columns && columns > 0 {
        for row in values.chunks_exact_mut(columns) {
            for (value, imputed) in row.iter_mut().zip(imputed) {
                *value = if missing(*value) { *imputed } else { *value };
            }
        }
        return Ok(());
    }
    let first = *imputed
        .first()
        .ok_or("no numbers to put in the place of missing ones")?;
    for value in values {
        *value = if missing(*value) { first } else { *value };
    }
    Ok(())
}

/// 1 above the threshold, else 0.
pub(super) fn binarize<'v>(threshold: f32, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let input = args.take(0)?;
    let shape = input.shape();
    let mut values = input.into_f32()?;
    for (at, value) in values.iter_mut().enumerate() {
        if value.is_nan() {
            return Err(format!(
                "the input's number {at} is NaN, which is on neither side of a threshold"
            ));
        }
        *value = f32::from(u8::from(*value > threshold));
    }
    Tensor::f32(shape, values)
}

/// What a row is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Norm {
    /// Its greatest number.
    Max,
    /// The sum of its numbers without their signs.
    L1,
    /// The root of the sum of their squares.
    L2,
}

impl Norm {
    pub(super) fn run<'v>(self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let input = args.take(0)?;
        let (shape, (_, columns)) = (input.shape(), numbers::table(&input)?);
        let columns = columns.max(1);
        // Squares are made in the input's own numbers.
        let squares: Vec<f32> = match (self, input.data()) {
            (Self::L2, Data::F64(data)) => {
                data.iter().map(|value| (value * value) as f32).collect()
            }
            (Self::L2, Data::I32(data)) => data
                .iter()
                .map(|value| value.wrapping_mul(*value) as f32)
                .collect(),
            (Self::L2, Data::I64(data)) => data
                .iter()
                .map(|value| value.wrapping_mul(*value) as f32)
                .collect(),
            _ => Vec::new(),
        };
        let mut values = match input.data() {
            Data::F32(_) => input.into_f32()?,
            _ => numbers::floats(&input)?.into_owned(),
        };
        for (at, row) in values.chunks_exact_mut(columns).enumerate() {
            match self {
                Self::Max => {
                    let greatest =
                        row.iter().fold(
                            f32::MIN,
                            |max, value| if max < *value { *value } else { max },
                        );
                    divide(row, greatest);
                }
                Self::L1 => {
                    let sum = row.iter().fold(0.0, |sum, value| sum + value.abs());
                    divide(row, sum);
                }
                Self::L2 => l2(row, squares.get(at * columns..(at + 1) * columns)),
            }
        }
        Tensor::f32(shape, values)
    }
}

fn divide(row: &mut [f32], norm: f32) {
    if norm != 0.0 {
        row.iter_mut().for_each(|value| *value /= norm);
    }
}

fn l2(row: &mut [f32], squares: Option<&[f32]>) {
    let square = |at: usize, value: f32| squares.map_or(value * value, |squares| squares[at]);
    let sum = row
        .iter()
        .enumerate()
        .fold(0.0, |sum, (at, value)| sum + square(at, *value));
    if sum != 0.0 {
        for (at, value) in row.iter_mut().enumerate() {
            let part = (square(at, *value) / sum).sqrt();
            *value = if *value < 0.0 { -part } else { part };
        }
    }
}
