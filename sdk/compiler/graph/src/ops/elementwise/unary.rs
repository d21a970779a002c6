//! Functions of one number.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::real::Real;
use crate::data::Data;
use crate::tensor::Tensor;

/// A function of one number, which keeps its datatype. Parameters are those of ONNX's operators.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Unary {
    /// `-x`.
    Neg,
    /// Without its sign.
    Abs,
    /// -1, 0 or 1.
    Sign,
    /// The square root.
    Sqrt,
    /// `1 / x`.
    Reciprocal,
    /// Downwards to a whole number.
    Floor,
    /// Upwards to a whole number.
    Ceil,
    /// To the nearest whole number; of two, the even one.
    Round,
    /// `e` to its power.
    Exp,
    /// The natural logarithm.
    Log,
    /// The error function.
    Erf,
    /// Of trigonometry.
    Sin,
    /// Of trigonometry.
    Cos,
    /// Of trigonometry.
    Tan,
    /// Of trigonometry.
    Asin,
    /// Of trigonometry.
    Acos,
    /// Of trigonometry.
    Atan,
    /// Hyperbolic.
    Sinh,
    /// Hyperbolic.
    Cosh,
    /// Hyperbolic.
    Tanh,
    /// Hyperbolic.
    Asinh,
    /// Hyperbolic.
    Acosh,
    /// Hyperbolic.
    Atanh,
    /// `max(x, 0)`.
    Relu,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `ln(1 + exp(x))`.
    Softplus,
    /// `x / (1 + |x|)`.
    Softsign,
    /// `x tanh(softplus(x))`.
    Mish,
    /// `x max(0, min(1, x / 6 + 1/2))`.
    HardSwish,
    /// `x Φ(x)`, or its approximation by `tanh`.
    Gelu {
        /// By `tanh`.
        approximate: bool,
    },
    /// `alpha x` below 0.
    LeakyRelu(f32),
    /// `alpha (exp(x) - 1)` below 0.
    Elu(f32),
    /// `alpha (exp(x / alpha) - 1)` below 0.
    Celu(f32),
    /// `gamma x`, and `gamma alpha (exp(x) - 1)` below 0.
    Selu {
        /// See above.
        alpha: f32,
        /// See above.
        gamma: f32,
    },
    /// `max(0, min(1, alpha x + beta))`.
    HardSigmoid {
        /// See above.
        alpha: f32,
        /// See above.
        beta: f32,
    },
    /// 0 where `x` is not greater than `alpha`.
    ThresholdedRelu(f32),
}

impl Unary {
    pub(super) fn run<'v>(self, input: Tensor<'_>) -> Result<Tensor<'v>, String> {
        let shape = input.shape();
        let datatype = input.datatype();
        let refused = || Err(format!("{self:?} of {} is not served", datatype.name()));
        let data = match input.into_data() {
            Data::F32(data) => Data::F32(Cow::Owned(self.real(data))),
            Data::F64(data) => Data::F64(Cow::Owned(self.real(data))),
            Data::I32(data) => match self {
                Self::Neg => Data::I32(map(data, i32::wrapping_neg)),
                Self::Abs => Data::I32(map(data, i32::wrapping_abs)),
                Self::Sign => Data::I32(map(data, i32::signum)),
                Self::Relu => Data::I32(map(data, |value| value.max(0))),
                _ => return refused(),
            },
            Data::I64(data) => match self {
                Self::Neg => Data::I64(map(data, i64::wrapping_neg)),
                Self::Abs => Data::I64(map(data, i64::wrapping_abs)),
                Self::Sign => Data::I64(map(data, i64::signum)),
                Self::Relu => Data::I64(map(data, |value| value.max(0))),
                _ => return refused(),
            },
            Data::Bool(_) | Data::Text(_) => return refused(),
        };
        Tensor::new(shape, data)
    }

    fn real<T: Real>(self, data: Cow<'_, [T]>) -> Vec<T> {
        let (zero, one) = (T::default(), T::of(1.0));
        let made = match self {
            Self::Neg => map(data, |x| -x),
            Self::Abs => map(data, T::abs),
            Self::Sign => map(data, |x| sign(x, zero, one)),
            Self::Sqrt => map(data, T::sqrt),
            Self::Reciprocal => map(data, |x| one / x),
            Self::Floor => map(data, T::floor),
            Self::Ceil => map(data, T::ceil),
            Self::Round => map(data, T::round),
            Self::Exp => map(data, T::exp),
            Self::Log => map(data, T::ln),
            Self::Tanh => map(data, T::tanh),
            Self::Relu => map(data, |x| if x < zero { zero } else { x }),
            Self::Sigmoid => map(data, T::sigmoid),
            Self::Softsign => map(data, |x| x / (one + x.abs())),
            Self::LeakyRelu(alpha) => {
                let alpha = T::of(alpha.into());
                map(data, |x| if x < zero { x * alpha } else { x })
            }
            Self::ThresholdedRelu(alpha) => {
                let alpha = T::of(alpha.into());
                map(data, |x| if x > alpha { x } else { zero })
            }
            Self::HardSigmoid { alpha, beta } => {
                let (alpha, beta) = (T::of(alpha.into()), T::of(beta.into()));
                map(data, |x| unit(x * alpha + beta, zero, one))
            }
            Self::HardSwish => {
                let (sixth, half) = (T::of(1.0 / 6.0), T::of(0.5));
                map(data, |x| x * unit(x * sixth + half, zero, one))
            }
            other => {
                let function = other.rare();
                map(data, |x| x.by(&function))
            }
        };
        made.into_owned()
    }

    /// Functions that need no speed, in `f64`.
    fn rare(self) -> Box<dyn Fn(f64) -> f64> {
        let plain: fn(f64) -> f64 = match self {
            Self::Erf => libm::erf,
            Self::Sin => libm::sin,
            Self::Cos => libm::cos,
            Self::Tan => libm::tan,
            Self::Asin => libm::asin,
            Self::Acos => libm::acos,
            Self::Atan => libm::atan,
            Self::Sinh => libm::sinh,
            Self::Cosh => libm::cosh,
            Self::Asinh => libm::asinh,
            Self::Acosh => libm::acosh,
            Self::Atanh => libm::atanh,
            Self::Softplus => softplus,
            Self::Mish => |x| x * libm::tanh(softplus(x)),
            Self::Gelu { approximate: false } => {
                |x| 0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2))
            }
            Self::Gelu { approximate: true } => |x| {
                let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
                0.5 * x * (1.0 + libm::tanh(inner))
            },
            Self::Elu(alpha) => return below_zero(1.0, alpha, 1.0),
            Self::Celu(alpha) => return below_zero(1.0, alpha, f64::from(alpha)),
            Self::Selu { alpha, gamma } => return below_zero(gamma.into(), alpha, 1.0),
            _ => |x| x,
        };
        Box::new(plain)
    }
}

/// `gamma x`, below 0 `gamma alpha (exp(x / width) - 1)`.
fn below_zero(gamma: f64, alpha: f32, width: f64) -> Box<dyn Fn(f64) -> f64> {
    let alpha = f64::from(alpha);
    Box::new(move |x| match x < 0.0 {
        true => gamma * alpha * libm::expm1(x / width),
        false => gamma * x,
    })
}

fn softplus(x: f64) -> f64 {
    match x > 0.0 {
        true => x + libm::log1p(libm::exp(-x)),
        false => libm::log1p(libm::exp(x)),
    }
}

#[inline(always)]
fn sign<T: Real>(x: T, zero: T, one: T) -> T {
    match x {
        x if x > zero => one,
        x if x < zero => -one,
        _ => x,
    }
}

#[inline(always)]
fn unit<T: Real>(x: T, zero: T, one: T) -> T {
    let x = if x < zero { zero } else { x };
    if x > one { one } else { x }
}

/// In place, where the elements are nobody else's.
pub fn map<'v, T: Copy>(data: Cow<'_, [T]>, function: impl Fn(T) -> T) -> Cow<'v, [T]> {
    Cow::Owned(match data {
        Cow::Owned(mut own) => {
            for value in &mut own {
                *value = function(*value);
            }
            own
        }
        Cow::Borrowed(others) => others.iter().map(|value| function(*value)).collect(),
    })
}
