//! What the functions of whole numbers need of `i32` and `i64`.

/// Whole numbers, which wrap around; what is divided by zero is zero.
pub trait Whole: Copy + Ord + Default {
    /// Not greater than any.
    const LEAST: Self;
    /// Not less than any.
    const GREATEST: Self;
    /// That number, cut to as many bits.
    fn of(value: i64) -> Self;
    /// Without its sign.
    fn size(self) -> Self;
    /// `x + y`.
    fn add(self, other: Self) -> Self;
    /// `x - y`.
    fn sub(self, other: Self) -> Self;
    /// `x y`.
    fn mul(self, other: Self) -> Self;
    /// `x / y`, without what is left over.
    fn div(self, other: Self) -> Self;
    /// What `x / y` leaves over, with the sign of `x`.
    fn rem(self, other: Self) -> Self;
    /// By real numbers.
    fn pow(self, other: Self) -> Self;
}

macro_rules! whole {
    ($($whole:ty)*) => {
        $(
            impl Whole for $whole {
                const LEAST: Self = <$whole>::MIN;
                const GREATEST: Self = <$whole>::MAX;

                fn of(value: i64) -> Self {
                    value as Self
                }

                #[inline(always)]
                fn size(self) -> Self {
                    self.wrapping_abs()
                }

                #[inline(always)]
                fn add(self, other: Self) -> Self {
                    self.wrapping_add(other)
                }

                #[inline(always)]
                fn sub(self, other: Self) -> Self {
                    self.wrapping_sub(other)
                }

                #[inline(always)]
                fn mul(self, other: Self) -> Self {
                    self.wrapping_mul(other)
                }

                fn div(self, other: Self) -> Self {
                    match other {
                        0 => 0,
                        other => self.wrapping_div(other),
                    }
                }

                fn rem(self, other: Self) -> Self {
                    match other {
                        0 => 0,
                        other => self.wrapping_rem(other),
                    }
                }

                fn pow(self, other: Self) -> Self {
                    libm::pow(self as f64, other as f64) as Self
                }
            }
        )*
    };
}
whole!(i32 i64);
