//! Numbers as XGBoost writes them: parameters as strings, and reals that need not be finite.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Visitor};

use super::document::Part;
use super::number::{Plain, single};
use crate::error::CompileError;

/// A parameter, which XGBoost writes as a string.
pub(super) fn parameter<T: FromStr>(part: &Part<'_>) -> Result<T, CompileError> {
    let text: String = part.value()?;
    text.parse().map_err(|_| {
        part.error(format!(
            "`{}` is not a whole number that fits",
            shorten(&text)
        ))
    })
}

/// Enough of a text to recognise it by.
pub(super) fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

/// A 32-bit number; NaN where the file had one, or an infinity, which is no fault where nothing reads it.
#[derive(Clone, Copy)]
pub(super) struct Real(pub f32);

impl Plain for Real {
    fn plain(text: &[u8]) -> Option<(Self, usize)> {
        single(text).map(|(number, length)| (Self(number), length))
    }
}

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Real;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a number")
            }

            fn visit_none<E>(self) -> Result<Real, E> {
                Ok(Real(f32::NAN))
            }

            fn visit_unit<E>(self) -> Result<Real, E> {
                Ok(Real(f32::NAN))
            }

            fn visit_some<D: Deserializer<'de>>(self, number: D) -> Result<Real, D::Error> {
                // Not by way of `f64`: rounding twice can give another number.
                f32::deserialize(number).map(Real)
            }

            fn visit_f32<E>(self, number: f32) -> Result<Real, E> {
                Ok(Real(number))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Real, E> {
                Ok(Real(number as f32))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Real, E> {
                Ok(Real(number as f32))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Real, E> {
                Ok(Real(number as f32))
            }
        }
        deserializer.deserialize_option(Any)
    }
}
