//! Numbers that XGBoost writes as strings.

use std::str::FromStr;

use super::document::Part;
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
