//! Components that no compiler would make, each with a part of the sentence that must refuse it.

use crate::plugins;

/// A file that is no plugin.
pub struct Misfit {
    pub name: String,
    pub bytes: Vec<u8>,
    pub refusal: &'static str,
}

/// All of them.
pub fn misfits() -> Vec<Misfit> {
    let mut misfits = vec![
        misfit("empty", *b"", "the file is empty"),
        misfit("zip", *b"PK\x03\x04 and so on", "is not WebAssembly"),
        misfit("text", *b"(component)", "is not WebAssembly"),
        misfit(
            "machine-code",
            *b"\x7fELF\x02\x01\x01",
            "precompiled machine code",
        ),
        misfit("magic-only", *b"\0asm", "damaged or truncated"),
        misfit(
            "core-module",
            wat("(module)"),
            "core WebAssembly module, not a component",
        ),
        misfit("nothing-in-it", wat("(component)"), "exports neither"),
        misfit(
            "other-world",
            other_world(),
            "it exports `example:other/thing@1.0.0`",
        ),
        misfit("wasi", wasi(), "imports `wasi:cli/environment@0.2.0`"),
        misfit(
            "root-import",
            wat(r#"(component (import "secret" (func)))"#),
            "imports `secret`",
        ),
        misfit(
            "both-kinds",
            exporting(&["plugin", "adapter", "model"]),
            "exports both an adapter and a model",
        ),
        misfit(
            "no-plugin",
            exporting(&["model"]),
            "lacks the export `scoregate:plugin/plugin`",
        ),
        misfit(
            "other-types",
            exporting(&["plugin", "model"]),
            "does not have the form",
        ),
        misfit("newer", newer(), "was built for version 1.0.0"),
        misfit("too-many-memories", many_memories(), "not valid"),
        misfit("memory64", with_core("(memory i64 1)"), "not valid"),
        misfit(
            "functions",
            with_core(&"(func (drop (i32.const 1)))".repeat(5_000)),
            "does not have the form",
        ),
        misfit("no-code", broken_code(), "not valid"),
    ];
    let whole = plugins::payments();
    for bytes in [9, 100, whole.len() / 4, whole.len() / 2, whole.len() - 1] {
        misfits.push(Misfit {
            name: format!("truncated-at-{bytes}"),
            bytes: whole[..bytes].to_vec(),
            refusal: "damaged or truncated",
        });
    }
    misfits
}

/// The same component as another release: with a note in a custom section.
pub fn noted(component: &[u8], note: &str) -> Vec<u8> {
    let length = |bytes: usize| u8::try_from(bytes).ok().filter(|byte| *byte < 0x80);
    let (name, note) = ("note", note.as_bytes());
    let content = 1 + name.len() + note.len();
    let content = length(content).expect("a short note");
    let mut component = component.to_vec();
    component.extend([0, content, name.len() as u8]);
    component.extend(name.bytes().chain(note.iter().copied()));
    component
}

fn misfit(name: &str, bytes: impl Into<Vec<u8>>, refusal: &'static str) -> Misfit {
    Misfit {
        name: name.into(),
        bytes: bytes.into(),
        refusal,
    }
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn other_world() -> Vec<u8> {
    wat(r#"(component (instance $i) (export "example:other/thing@1.0.0" (instance $i)))"#)
}

fn wasi() -> Vec<u8> {
    wat(&format!(
        r#"(component (import "wasi:cli/environment@0.2.0" (instance)) {})"#,
        exports(&["plugin", "model"])
    ))
}

/// Exports with the right names and nothing in them.
fn exporting(interfaces: &[&str]) -> Vec<u8> {
    wat(&format!("(component {})", exports(interfaces)))
}

fn exports(interfaces: &[&str]) -> String {
    let export = |name| format!(r#"(export "scoregate:plugin/{name}@0.1.0" (instance $none))"#);
    let exports: String = interfaces.iter().map(export).collect();
    format!("(instance $none) {exports}")
}

fn with_core(fields: &str) -> Vec<u8> {
    let exports = exports(&["plugin", "model"]);
    wat(&format!("(component (core module {fields}) {exports})"))
}

fn many_memories() -> Vec<u8> {
    with_core("(memory 1) (memory 1)")
}

/// A function that leaves a value on its stack: only validation finds it.
fn broken_code() -> Vec<u8> {
    with_core("(func i32.const 1)")
}

/// The sample model as if built for a later contract.
fn newer() -> Vec<u8> {
    let mut bytes = plugins::fraud().to_vec();
    for at in 0..bytes.len() - 6 {
        if bytes[at..].starts_with(b"@0.1.0") {
            bytes[at + 1] = b'1';
            bytes[at + 3] = b'0';
        }
    }
    bytes
}
