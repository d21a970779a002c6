//! How far our answers are from onnxruntime's.

use std::fmt;
use std::ops::Range;

use scoregate_graph::data::Data;
use scoregate_graph::tensor::Tensor;

use super::stored::Stored;

/// The largest differences of some rows of an output.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Distance {
    /// Of real numbers, in units in the last place of the output's greatest answer.
    pub ulps: f64,
    /// Relative to the number itself.
    pub relative: f64,
    /// Answers that are others: labels, texts, and NaN or infinity on one side only.
    pub others: usize,
}

impl Distance {
    /// The greater of both, in each respect.
    pub fn and(self, other: Self) -> Self {
        Self {
            ulps: self.ulps.max(other.ulps),
            relative: self.relative.max(other.relative),
            others: self.others + other.others,
        }
    }

    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.others, self.ulps) {
            (0, 0.0) => write!(to, "0"),
            (0, ulps) if ulps < 1e6 => write!(to, "{:.0} ULP, {:.0e}", ulps.ceil(), self.relative),
            (0, _) => write!(to, "{:.0e}", self.relative),
            (others, _) => write!(to, "{others} others"),
        }
    }
}

/// The distance of the rows of a range; of what has no rows, all of it stands in the first.
pub fn distance(ours: &Tensor<'_>, theirs: &Stored, rows: Range<usize>) -> Distance {
    let Ok(expected) = theirs.rows_first(&ours.shape()) else {
        return all_others(theirs);
    };
    if ours.datatype() != expected.datatype() || ours.shape() != expected.shape() {
        return all_others(theirs);
    }
    let width = ours.shape().dims().iter().skip(1).product::<usize>().max(1);
    match (ours.data(), expected.data()) {
        (Data::F32(ours), Data::F32(theirs)) => {
            let wide = |values: &[f32]| {
                values
                    .iter()
                    .map(|value| f64::from(*value))
                    .collect::<Vec<_>>()
            };
            reals(&wide(ours), &wide(theirs), width, rows, |value| {
                let value = (value as f32).max(f32::MIN_POSITIVE);
                f64::from(f32::from_bits(value.to_bits() + 1)) - f64::from(value)
            })
        }
        (Data::F64(ours), Data::F64(theirs)) => reals(ours, theirs, width, rows, |value| {
            let value = value.max(f64::MIN_POSITIVE);
            f64::from_bits(value.to_bits() + 1) - value
        }),
        (Data::I64(ours), Data::I64(theirs)) => others(ours, theirs, width, rows),
        (Data::I32(ours), Data::I32(theirs)) => others(ours, theirs, width, rows),
        (Data::Bool(ours), Data::Bool(theirs)) => others(ours, theirs, width, rows),
        (Data::Text(ours), Data::Text(theirs)) => others(ours, theirs, width, rows),
        _ => all_others(theirs),
    }
}

fn all_others(theirs: &Stored) -> Distance {
    Distance {
        others: theirs.shape.iter().product(),
        ..Distance::default()
    }
}

fn others<T: PartialEq>(ours: &[T], theirs: &[T], width: usize, rows: Range<usize>) -> Distance {
    let pairs = ours
        .chunks(width)
        .zip(theirs.chunks(width))
        .skip(rows.start)
        .take(rows.len());
    let differ = pairs
        .flat_map(|(ours, theirs)| ours.iter().zip(theirs))
        .filter(|(ours, theirs)| ours != theirs);
    Distance {
        others: differ.count(),
        ..Distance::default()
    }
}

fn reals(
    ours: &[f64],
    theirs: &[f64],
    width: usize,
    rows: Range<usize>,
    unit: fn(f64) -> f64,
) -> Distance {
    let pairs = ours
        .chunks(width)
        .zip(theirs.chunks(width))
        .skip(rows.start)
        .take(rows.len());
    let pairs: Vec<(f64, f64)> = pairs
        .flat_map(|(ours, theirs)| ours.iter().copied().zip(theirs.iter().copied()))
        .collect();
    let finite = pairs
        .iter()
        .map(|(_, theirs)| theirs.abs())
        .filter(|value| value.is_finite());
    let unit = unit(finite.fold(0.0, f64::max));
    let mut found = Distance::default();
    for (ours, theirs) in pairs {
        if ours == theirs || ours.is_nan() && theirs.is_nan() {
            continue;
        }
        if !ours.is_finite() || !theirs.is_finite() {
            found.others += 1;
            continue;
        }
        let away = (ours - theirs).abs();
        found.ulps = found.ulps.max(away / unit);
        found.relative = found
            .relative
            .max(away / theirs.abs().max(f64::from(f32::MIN_POSITIVE)));
    }
    found
}

/// Elements as texts that are the same where their bits are; any NaN is one.
pub fn bits(data: &Data<'_>) -> Vec<Vec<u8>> {
    match data {
        Data::F32(data) => data
            .iter()
            .map(|value| {
                if value.is_nan() {
                    b"NaN".to_vec()
                } else {
                    value.to_le_bytes().to_vec()
                }
            })
            .collect(),
        Data::F64(data) => data
            .iter()
            .map(|value| {
                if value.is_nan() {
                    b"NaN".to_vec()
                } else {
                    value.to_le_bytes().to_vec()
                }
            })
            .collect(),
        Data::I32(data) => data
            .iter()
            .map(|value| value.to_le_bytes().to_vec())
            .collect(),
        Data::I64(data) => data
            .iter()
            .map(|value| value.to_le_bytes().to_vec())
            .collect(),
        Data::Bool(data) => data.iter().map(|value| vec![*value]).collect(),
        Data::Text(data) => data.iter().map(|value| value.to_vec()).collect(),
    }
}
