//! The names of a model's features, which its signature has no room for: one tensor holds them all. A component carries them in a custom
//! section, a JSON list in the order of the columns. They are for people and for files with named columns; scoring needs none.

use thiserror::Error;
use wasmparser::{Parser, Payload};

use scoregate_compiler::{FEATURES_SECTION as SECTION, limits::FEATURE_NAMES_MAX_BYTES};

/// Why a component's names are not used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NamesError {
    #[error("the component is damaged: {0}")]
    Damaged(String),
    #[error("the component has two sections `{SECTION}`; it must have one at most")]
    Twice,
    #[error("its section `{SECTION}` is no JSON list of names: {0}")]
    Form(String),
    #[error("the names of its features are {bytes} bytes; the limit is {FEATURE_NAMES_MAX_BYTES}")]
    TooLarge { bytes: usize },
}

/// The names that a component carries; none where it carries none.
///
/// # Errors
/// The component has no form, or names that cannot be read.
pub fn feature_names(component: &[u8]) -> Result<Option<Vec<String>>, NamesError> {
    let mut found = None;
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| NamesError::Damaged(error.to_string()))? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section)
                if depth == 0
                    && section.name() == SECTION
                    && found.replace(section.data()).is_some() =>
            {
                return Err(NamesError::Twice);
            }
            _ => {}
        }
    }
    found.map(read).transpose()
}

fn read(json: &[u8]) -> Result<Vec<String>, NamesError> {
    if json.len() > FEATURE_NAMES_MAX_BYTES {
        return Err(NamesError::TooLarge { bytes: json.len() });
    }
    serde_json::from_slice(json).map_err(|error| NamesError::Form(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::section::with_section;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn names_are_carried() {
        assert_eq!(feature_names(EMPTY), Ok(None));
        let names = ["a".to_owned(), "b, \"c\"".to_owned()];
        let json = serde_json::to_vec(&names).unwrap();
        let carrying = with_section(EMPTY, SECTION, &json);
        assert_eq!(feature_names(&carrying).unwrap().unwrap(), names);
    }

    #[test]
    fn names_that_cannot_be_read_are_told() {
        let wrong = with_section(EMPTY, SECTION, b"{}");
        assert!(matches!(feature_names(&wrong), Err(NamesError::Form(_))));
        let twice = with_section(&with_section(EMPTY, SECTION, b"[]"), SECTION, b"[]");
        assert_eq!(feature_names(&twice), Err(NamesError::Twice));
        let large = vec![b' '; FEATURE_NAMES_MAX_BYTES + 1];
        let large = with_section(EMPTY, SECTION, &large);
        assert!(matches!(
            feature_names(&large),
            Err(NamesError::TooLarge { .. })
        ));
        assert!(matches!(
            feature_names(b"\0asm\x0d\0\x01\0\x07"),
            Err(NamesError::Damaged(_))
        ));
    }
}
