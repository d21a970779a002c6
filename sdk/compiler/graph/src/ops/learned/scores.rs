//! What is made of scores: the `post_transform` of `ai.onnx.ml`, in the steps of onnxruntime (core/providers/cpu/ml/ml_common.h).

use scoregate_kernel::exp::exp;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Post {
    /// The scores themselves.
    None,
    /// `1 / (1 + exp(-x))` of each.
    Logistic,
    /// Exponentials, divided by their sum.
    Softmax,
    /// The same, in which zeros stay zeros.
    SoftmaxZero,
    /// The quantile of the normal distribution.
    Probit,
}

/// What is closer to zero is zero, for [`Post::SoftmaxZero`].
const NEAR_ZERO: f32 = 0.000_000_1;
/// `a` of Winitzki's approximation to the error function.
const WINITZKI: f32 = 0.147;

impl Post {
    /// Of one row's scores.
    pub(super) fn apply(self, scores: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Logistic => scores
                .iter_mut()
                .for_each(|score| *score = logistic(*score)),
            Self::Probit => scores.iter_mut().for_each(|score| *score = probit(*score)),
            Self::Softmax => softmax(scores),
            Self::SoftmaxZero => softmax_zero(scores),
        }
    }
}

pub(super) fn logistic(value: f32) -> f32 {
    let positive = 1.0 / (1.0 + exp(-value.abs()));
    if value < 0.0 {
        1.0 - positive
    } else {
        positive
    }
}

pub(super) fn probit(value: f32) -> f32 {
    std::f32::consts::SQRT_2 * inverse_erf(2.0 * value - 1.0)
}

fn inverse_erf(x: f32) -> f32 {
    let sign = if x < 0.0 { -1.0 } else { 1.0 };
    let log = f64::from((1.0 - x) * (1.0 + x)).ln() as f32;
    let v = 2.0 / (std::f32::consts::PI * WINITZKI) + 0.5 * log;
    let v2 = 1.0 / WINITZKI * log;
    let v3 = -v + (v * v - v2).sqrt();
    sign * v3.sqrt()
}

fn greatest(scores: &[f32]) -> f32 {
    scores.iter().fold(
        f32::MIN,
        |max, score| if *score > max { *score } else { max },
    )
}

fn softmax(scores: &mut [f32]) {
    let max = greatest(scores);
    let mut sum = 0.0;
    for score in &mut *scores {
        *score = exp(*score - max);
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
}

fn softmax_zero(scores: &mut [f32]) {
    let max = greatest(scores);
    let zero = exp(-max);
    let mut sum = 0.0;
    for score in &mut *scores {
        if *score > NEAR_ZERO || *score < -NEAR_ZERO {
            *score = exp(*score - max);
            sum += *score;
        } else {
            *score *= zero;
        }
    }
    scores.iter_mut().for_each(|score| *score /= sum);
}
