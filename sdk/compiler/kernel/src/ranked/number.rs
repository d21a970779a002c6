//! `f32` and `f64` behind one name: XGBoost's and LightGBM's numbers.

/// A number of the tables and of rows.
pub trait Number: Copy + PartialOrd + 'static {
    /// As it stands in the tables.
    type Bytes: Copy + 'static;
    /// Zero.
    const ZERO: Self;

    /// Tables as such numbers.
    fn chunks(bytes: &[u8]) -> &[Self::Bytes];
    /// Reads one.
    fn read(bytes: &Self::Bytes) -> Self;
    /// The nearest one.
    fn narrow(number: f64) -> Self;
    /// The same number.
    fn wide(self) -> f64;
    /// The sum, rounded.
    fn plus(self, other: Self) -> Self;
    /// Zero if it is that close to zero.
    fn flush(self, zero_max: Self) -> Self;
}

macro_rules! number {
    ($ty:ty, $bytes:literal) => {
        impl Number for $ty {
            type Bytes = [u8; $bytes];
            const ZERO: Self = 0.0;

            fn chunks(bytes: &[u8]) -> &[Self::Bytes] {
                bytes.as_chunks().0
            }

            #[inline(always)]
            fn read(bytes: &Self::Bytes) -> Self {
                Self::from_le_bytes(*bytes)
            }

            fn narrow(number: f64) -> Self {
                number as Self
            }

            fn wide(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self + other
            }

            #[inline(always)]
            fn flush(self, zero_max: Self) -> Self {
                if self.abs() <= zero_max { 0.0 } else { self }
            }
        }
    };
}
number! { f32, 4 }
number! { f64, 8 }
