//! The kernel of linear models.

use crate::header::Header;
use crate::layout::Precision;
use crate::rows::Rows;

/// No value is this close to zero: the sign of a zero is the product's.
const AS_IT_IS: f64 = -1.0;

/// A checked body of [`crate::layout::Kind::Linear`].
#[derive(Clone, Debug)]
pub struct Linear<'a> {
    weights: &'a [[u8; 8]],
}

impl<'a> Linear<'a> {
    /// Checks a body against its header.
    pub fn new(header: &Header<'_>, body: &'a [u8]) -> Result<Self, String> {
        let (weights, rest) = body.as_chunks();
        let due = header.features.checked_mul(header.base_margins.len());
        if !rest.is_empty() || due != Some(weights.len()) {
            return Err(format!(
                "the tables' body has {} bytes, which does not fit the weights of {} features",
                body.len(),
                header.features
            ));
        }
        Ok(Self { weights })
    }

    /// Adds every value times its weight to the margins, in the order of the features; a missing value adds nothing.
    pub fn add(&self, header: &Header<'_>, rows: Rows<'_>, margins: &mut [f64]) {
        let (width, groups) = (header.features, header.base_margins.len());
        let mut row = Vec::new();
        for (at, sums) in margins.chunks_exact_mut(groups).enumerate() {
            rows.copy(at * width..(at + 1) * width, 0.0, &mut row);
            for (value, weights) in row.iter().zip(self.weights.chunks_exact(groups)) {
                if value.is_nan() {
                    continue;
                }
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    let product = header.precision.round(value * f64::from_le_bytes(*weight));
                    *sum = header.precision.round(*sum + product);
                }
            }
        }
    }

    /// Each group's products, feature by feature, and where its sum begins, as `GBLinear::PredictContribution` has them
    /// (src/gbm/gblinear.cc).
    pub fn contributions(
        &self,
        header: &Header<'_>,
        rows: Rows<'_>,
        count: usize,
        contributions: &mut Vec<f64>,
    ) {
        let (width, groups) = (header.features, header.base_margins.len());
        let mut row = Vec::new();
        for at in 0..count {
            rows.copy(at * width..(at + 1) * width, AS_IT_IS, &mut row);
            for (group, base) in header.base_margins.iter().enumerate() {
                let weights = self.weights.iter().skip(group).step_by(groups);
                contributions.extend(row.iter().zip(weights).map(|(value, weight)| {
                    if value.is_nan() {
                        return 0.0;
                    }
                    header.precision.round(value * f64::from_le_bytes(*weight))
                }));
                contributions.push(*base);
            }
        }
    }
}

impl Precision {
    /// One operation on two `f32`s, done in `f64` and rounded, is that operation in `f32`: sums, products and quotients alike.
    pub(crate) fn round(self, value: f64) -> f64 {
        match self {
            Self::F32 => f64::from(value as f32),
            Self::F64 => value,
        }
    }
}
