//! What can be said of a component before any of it is compiled or run: its kind and its imports.

use std::{fmt, ops::Range};

use serde::Serialize;
use thiserror::Error;
use wasmparser::{Parser, Payload};

use super::golden::{GoldenError, SECTION};
use crate::limits::COMPONENT_MAX_BYTES;

/// The package of the contract, and the versions of it that this host serves: all of one minor version, while the major one is 0.
const PACKAGE: &str = "scoregate:plugin/";
const VERSION_PREFIX: &str = "0.1.";

/// The two kinds of plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Adapter,
    Model,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Adapter => "adapter",
            Kind::Model => "model",
        })
    }
}

/// A component that may be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub kind: Kind,
    /// Names of what it imports, all of them allowed.
    pub imports: Vec<String>,
    /// Where its golden cases are, if it carries any.
    pub golden: Option<Range<usize>>,
}

/// Why a file is no plugin.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CheckError {
    #[error("the file is empty; expected a WebAssembly component")]
    Empty,
    #[error(
        "the component has {bytes} bytes; the limit is {COMPONENT_MAX_BYTES}: strip its debug information, or keep large tables out of it"
    )]
    TooLarge { bytes: u64 },
    #[error(
        "the file is not WebAssembly: it begins with {found}, not with `\\0asm`; make a component by `scoregate build` or `scoregate compile`"
    )]
    NotWasm { found: String },
    #[error(
        "the file is precompiled machine code, which is never accepted; give the WebAssembly component it was made from"
    )]
    Precompiled,
    #[error(
        "the file is a core WebAssembly module, not a component; wrap it by `scoregate build` or `wasm-tools component new`"
    )]
    CoreModule,
    #[error("the component is damaged or truncated: {0}")]
    Damaged(String),
    #[error(
        "the component imports `{0}`; a plugin may import nothing but `scoregate:plugin/log`: it has no files, sockets, clock or randomness{hint}", hint = wasi_hint(.0)
    )]
    Import(String),
    #[error(
        "the component exports neither `scoregate:plugin/adapter` nor `scoregate:plugin/model`; it exports {exports}"
    )]
    NoWorld { exports: String },
    #[error("the component exports both an adapter and a model; a plugin is one of the two")]
    BothWorlds,
    #[error("the component lacks the export `scoregate:plugin/plugin`, which every plugin has")]
    NoPlugin,
    #[error(
        "the component was built for version {found} of `scoregate:plugin`; this host serves {VERSION_PREFIX}x; build it with an SDK of that version"
    )]
    Version { found: String },
    #[error("its golden cases are wrong: {0}")]
    Golden(GoldenError),
}

fn wasi_hint(import: &str) -> &'static str {
    if import.starts_with("wasi:") {
        " (build Rust plugins for wasm32-unknown-unknown, which has no WASI)"
    } else {
        ""
    }
}

/// Reads the outermost layer of a component.
pub fn check(bytes: &[u8]) -> Result<Checked, CheckError> {
    check_head(bytes)?;
    let Outer {
        imports,
        exports,
        golden,
    } = outer(bytes)?;
    for import in &imports {
        match contract_name(import)? {
            Some("log" | "types") => {}
            _ => return Err(CheckError::Import(import.clone())),
        }
    }
    let mut contract = Vec::new();
    for export in &exports {
        contract.extend(contract_name(export)?);
    }
    let kind = match (contract.contains(&"adapter"), contract.contains(&"model")) {
        (true, true) => return Err(CheckError::BothWorlds),
        (true, false) => Kind::Adapter,
        (false, true) => Kind::Model,
        (false, false) => {
            return Err(CheckError::NoWorld {
                exports: list(&exports),
            });
        }
    };
    if !contract.contains(&"plugin") {
        return Err(CheckError::NoPlugin);
    }
    if golden.len() > 1 {
        return Err(CheckError::Golden(GoldenError::Twice));
    }
    Ok(Checked {
        kind,
        imports,
        golden: golden.into_iter().next(),
    })
}

fn check_head(bytes: &[u8]) -> Result<(), CheckError> {
    if bytes.is_empty() {
        return Err(CheckError::Empty);
    }
    if bytes.len() as u64 > COMPONENT_MAX_BYTES {
        return Err(CheckError::TooLarge {
            bytes: bytes.len() as u64,
        });
    }
    if bytes.starts_with(b"\x7fELF") {
        return Err(CheckError::Precompiled);
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(CheckError::NotWasm {
            found: format!("`{}`", bytes[..bytes.len().min(8)].escape_ascii()),
        });
    }
    if Parser::is_core_wasm(bytes) {
        return Err(CheckError::CoreModule);
    }
    Ok(())
}

/// What the outermost layer names.
#[derive(Default)]
struct Outer {
    imports: Vec<String>,
    exports: Vec<String>,
    /// Contents of the sections of golden cases.
    golden: Vec<Range<usize>>,
}

fn outer(bytes: &[u8]) -> Result<Outer, CheckError> {
    let damaged = |error: wasmparser::BinaryReaderError| CheckError::Damaged(error.to_string());
    let mut outer = Outer::default();
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(damaged)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    outer
                        .imports
                        .push(import.map_err(damaged)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    outer
                        .exports
                        .push(export.map_err(damaged)?.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) if depth == 0 && section.name() == SECTION => {
                let begin = section.data_offset();
                outer.golden.push(begin..begin + section.data().len());
            }
            _ => {}
        }
    }
    Ok(outer)
}

/// `model` for `scoregate:plugin/model@0.1.0`; none for a name outside the contract.
fn contract_name(name: &str) -> Result<Option<&str>, CheckError> {
    let Some(rest) = name.strip_prefix(PACKAGE) else {
        return Ok(None);
    };
    let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
    if version.starts_with(VERSION_PREFIX) {
        Ok(Some(interface))
    } else {
        Err(CheckError::Version {
            found: if version.is_empty() { "none" } else { version }.to_owned(),
        })
    }
}

/// Names for a message: a hostile component may have thousands.
fn list(names: &[String]) -> String {
    const SHOWN_MAX_COUNT: usize = 8;
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let mut text = names
        .iter()
        .take(SHOWN_MAX_COUNT)
        .map(|name| format!("`{}`", super::text::capped(name.clone(), 80)))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN_MAX_COUNT {
        text += &format!(" and {} more", names.len() - SHOWN_MAX_COUNT);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_component_is_named() {
        assert_eq!(check(b""), Err(CheckError::Empty));
        assert_eq!(check(b"\x7fELF\x02"), Err(CheckError::Precompiled));
        assert_eq!(check(b"\0asm\x01\0\0\0"), Err(CheckError::CoreModule));
        let text = check(b"PK\x03\x04").unwrap_err().to_string();
        assert!(text.contains(r"begins with `PK\x03\x04`"), "{text}");
        assert!(matches!(
            check(b"\0asm\x0d\0\x01\0\x07"),
            Err(CheckError::Damaged(_))
        ));
        assert!(matches!(
            check(b"\0asm\x0d\0\x01\0"),
            Err(CheckError::NoWorld { .. })
        ));
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_read() {
        let text = check(&vec![0; 200 << 20]).unwrap_err().to_string();
        assert!(
            text.starts_with("the component has 209715200 bytes; the limit is 67108864: "),
            "{text}"
        );
    }

    #[test]
    fn versions_of_the_contract_are_told_apart() {
        assert_eq!(
            contract_name("scoregate:plugin/model@0.1.7"),
            Ok(Some("model"))
        );
        assert_eq!(contract_name("wasi:cli/run@0.2.0"), Ok(None));
        assert!(contract_name("scoregate:plugin/model@1.0.0").is_err());
        assert!(contract_name("scoregate:plugin/model").is_err());
    }
}
