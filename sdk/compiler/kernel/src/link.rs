//! From margins to probabilities and labels, in XGBoost's own steps (its `common/math.h`): each rounding is where XGBoost has it.

use crate::exp::exp;
use crate::layout::Link;

/// Above it `exp` would overflow; XGBoost cuts here.
const EXPONENT_MAX: f32 = 88.7;
/// What XGBoost adds to the denominator. It vanishes in `f32`, and is kept so that the steps stay comparable.
const DENOMINATOR_EPSILON: f32 = 1e-16;

/// Turns a row of margins into what the link gives, in place.
pub fn apply(link: Link, row: &mut [f32]) {
    match link {
        Link::Identity => {}
        Link::Logistic => row.iter_mut().for_each(|margin| *margin = sigmoid(*margin)),
        Link::Softmax => softmax(row),
    }
}

/// The class that a row of probabilities names: the first of the greatest, or for a single one whether it is above a half.
pub fn label(probabilities: &[f32]) -> i64 {
    if let [probability] = probabilities {
        return i64::from(*probability > 0.5);
    }
    let mut best = 0;
    for (class, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = class;
        }
    }
    best as i64
}

fn sigmoid(margin: f32) -> f32 {
    let exponent = if EXPONENT_MAX < -margin {
        EXPONENT_MAX
    } else {
        -margin
    };
    1.0 / (exp(exponent) + 1.0 + DENOMINATOR_EPSILON)
}

fn softmax(row: &mut [f32]) {
    let greatest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0_f64;
    for margin in row.iter_mut() {
        *margin = exp(*margin - greatest);
        sum += f64::from(*margin);
    }
    let sum = sum as f32;
    row.iter_mut().for_each(|value| *value /= sum);
}
