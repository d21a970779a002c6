//! The custom section that carries the cases.

use super::{Golden, GoldenError};
use crate::{
    limits::GOLDEN_MAX_BYTES,
    plugin::check::{CheckError, check},
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
    let mut content = Vec::with_capacity(json.len() + SECTION.len() + 5);
    leb128(&mut content, SECTION.len());
    content.extend_from_slice(SECTION.as_bytes());
    content.extend_from_slice(json);
    let mut carrying = component.to_vec();
    // The id of custom sections.
    carrying.push(0);
    leb128(&mut carrying, content.len());
    carrying.extend_from_slice(&content);
    Ok((carrying, golden))
}

/// WebAssembly's unsigned integers: seven bits a byte, the lowest first.
fn leb128(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
