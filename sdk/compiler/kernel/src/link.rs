//! From margins to probabilities, predictions and labels, in the libraries' own steps: each rounding is where they have it
//! (XGBoost's src/common/math.h and src/objective/, LightGBM's src/objective/ and include/LightGBM/utils/common.h).

use crate::header::Header;
use crate::layout::{Link, Precision};
use crate::{exp, exp64};

/// Above it `exp` would overflow; XGBoost cuts here.
const EXPONENT_MAX: f32 = 88.7;
/// What XGBoost adds to the denominator. It vanishes in `f32`, and is kept so that the steps stay comparable.
const DENOMINATOR_EPSILON: f32 = 1e-16;

/// Turns a row of margins into what the link gives, in place.
pub fn apply(header: &Header<'_>, row: &mut [f64]) {
    if header.divisor != 1.0 {
        row.iter_mut().for_each(|margin| *margin /= header.divisor);
    }
    let precision = header.precision;
    match (header.link, precision) {
        (Link::Identity, _) => {}
        (Link::Hinge, _) => each(row, |margin| f64::from(margin > 0.0)),
        (Link::SignedSquare, _) => each(row, signed_square),
        (Link::Exp, _) => each(row, |margin| power(precision, margin)),
        (Link::Softplus, _) => each(row, |margin| exp64::exp(margin).ln_1p()),
        (Link::Logistic, Precision::F32) => each(row, sigmoid),
        (Link::Logistic, Precision::F64) => each(row, |margin| {
            1.0 / (1.0 + exp64::exp(-header.steepness * margin))
        }),
        (Link::Softmax, _) => softmax(precision, row),
    }
}

/// The class that a row of probabilities names: the first of the greatest, or for a single one whether it is above a half.
pub fn label(probabilities: &[f64]) -> i64 {
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

fn each(row: &mut [f64], link: impl Fn(f64) -> f64) {
    row.iter_mut().for_each(|margin| *margin = link(*margin));
}

fn power(precision: Precision, margin: f64) -> f64 {
    match precision {
        Precision::F32 => f64::from(exp::exp(margin as f32)),
        Precision::F64 => exp64::exp(margin),
    }
}

fn signed_square(margin: f64) -> f64 {
    let sign = f64::from(i8::from(margin > 0.0) - i8::from(margin < 0.0));
    sign * margin * margin
}

fn sigmoid(margin: f64) -> f64 {
    let margin = margin as f32;
    let exponent = if EXPONENT_MAX < -margin {
        EXPONENT_MAX
    } else {
        -margin
    };
    f64::from(1.0 / (exp::exp(exponent) + 1.0 + DENOMINATOR_EPSILON))
}

/// Both libraries sum in `f64`.
fn softmax(precision: Precision, row: &mut [f64]) {
    let greatest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for margin in row.iter_mut() {
        *margin = power(precision, *margin - greatest);
        sum += *margin;
    }
    let sum = precision.round(sum);
    each(row, |value| precision.round(value / sum));
}
