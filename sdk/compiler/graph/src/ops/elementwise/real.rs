//! What the functions of real numbers need of `f32` and `f64`. What is not made of vectors' operations is computed in `f64` by one library,
//! so that it is the same in the sandbox and natively.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::exp;

/// A real number.
pub trait Real:
    Copy
    + PartialOrd
    + Default
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The nearest of a number.
    fn of(value: f64) -> Self;
    /// The number.
    fn wide(self) -> f64;
    /// Without its sign.
    fn abs(self) -> Self;
    /// Its square root.
    fn sqrt(self) -> Self;
    /// The greatest whole number that is not greater.
    fn floor(self) -> Self;
    /// The least whole number that is not less.
    fn ceil(self) -> Self;
    /// The nearest whole number; of two, the even one.
    fn round(self) -> Self;
    /// Whether it is neither infinite nor no number.
    fn is_finite(self) -> bool;
    /// `e` to its power.
    fn exp(self) -> Self;
    /// `1 / (1 + exp(-x))`.
    fn sigmoid(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;

    /// To that power.
    #[inline(always)]
    fn pow(self, power: Self) -> Self {
        Self::of(libm::pow(self.wide(), power.wide()))
    }

    /// A function of `f64`.
    #[inline(always)]
    fn by(self, function: impl Fn(f64) -> f64) -> Self {
        Self::of(function(self.wide()))
    }

    /// The natural logarithm.
    #[inline(always)]
    fn ln(self) -> Self {
        self.by(libm::log)
    }

    /// Whether it is no number.
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.partial_cmp(&self).is_none()
    }

    /// The greater of both; no number if either is none.
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        if self > other || self.is_nan() {
            self
        } else {
            other
        }
    }

    /// The lesser of both; no number if either is none.
    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        if self < other || self.is_nan() {
            self
        } else {
            other
        }
    }
}

macro_rules! real {
    ($real:ty, $exp:expr, $sigmoid:expr, $tanh:expr) => {
        impl Real for $real {
            #[inline(always)]
            fn of(value: f64) -> Self {
                value as Self
            }

            #[inline(always)]
            fn wide(self) -> f64 {
                self.into()
            }

            #[inline(always)]
            fn abs(self) -> Self {
                self.abs()
            }

            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }

            #[inline(always)]
            fn floor(self) -> Self {
                self.floor()
            }

            #[inline(always)]
            fn ceil(self) -> Self {
                self.ceil()
            }

            #[inline(always)]
            fn round(self) -> Self {
                self.round_ties_even()
            }

            #[inline(always)]
            fn is_finite(self) -> bool {
                self.is_finite()
            }

            #[inline(always)]
            fn exp(self) -> Self {
                $exp(self)
            }

            #[inline(always)]
            fn sigmoid(self) -> Self {
                $sigmoid(self)
            }

            #[inline(always)]
            fn tanh(self) -> Self {
                $tanh(self)
            }
        }
    };
}
real!(f32, exp::exp, exp::sigmoid, exp::tanh);
real!(
    f64,
    libm::exp,
    |x: f64| 1.0 / (1.0 + libm::exp(-x)),
    libm::tanh
);
