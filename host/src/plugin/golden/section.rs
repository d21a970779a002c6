//! The custom section that carries the cases.

use super::{Golden, GoldenError};
use crate::{
    limits::GOLDEN_MAX_BYTES,
    plugin::{
        check::{CheckError, check},
        section::with_section,
    },
};

/// The section's name.
pub const SECTION: &str = "scoregate:golden";

/// Why cases cannot be put into a component.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error("the golden cases are wrong: {0}")]
    Golden(#[from] GoldenError),
}

/// The component with these cases in it, and the cases.
///
/// # Errors
/// The component is no plugin, has cases already, or the cases cannot be read as those of its kind.
pub fn with_golden(component: &[u8], json: &[u8]) -> Result<(Vec<u8>, Golden), CarryError> {
    let checked = check(component)?;
    if checked.golden.is_some() {
        return Err(GoldenError::Twice.into());
    }
    if json.len() > GOLDEN_MAX_BYTES {
        return Err(GoldenError::TooLarge { bytes: json.len() }.into());
    }
    let golden = Golden::parse(checked.kind, json)?;
    Ok((with_section(component, SECTION, json), golden))
}
