//! Rules that a field's value must keep.

use std::fmt::Display;

use scoregate_sdk::Rejection;

use crate::rejection;

const ID_MAX_BYTES: usize = 64;

/// An identifier: 1 to 64 bytes.
pub fn id(field: &str, value: &str) -> Result<(), Rejection> {
    let bytes = value.len();
    must((1..=ID_MAX_BYTES).contains(&bytes), field, || {
        (format!("have 1 to {ID_MAX_BYTES} bytes"), bytes)
    })
}

/// A number from `least` to `most`; what is missing is within any bounds.
pub fn within(
    field: &str,
    value: impl Into<Option<f64>>,
    least: f64,
    most: f64,
) -> Result<(), Rejection> {
    let Some(value) = value.into() else {
        return Ok(());
    };
    must(value >= least && value <= most, field, || {
        (format!("lie between {least} and {most}"), value)
    })
}

/// Rejects unless the rule holds: "`field`: must `rule`, was `value`".
pub fn must<W: Display>(
    holds: bool,
    field: &str,
    rule_and_value: impl FnOnce() -> (String, W),
) -> Result<(), Rejection> {
    if holds {
        return Ok(());
    }
    let (rule, was) = rule_and_value();
    Err(rejection::because(&format!(
        "{field}: must {rule}, was {was}"
    )))
}
