//! Adds a model's tables to the prebuilt kernel and wraps the result as a component.
//!
//! The tables become one more data segment, in pages added at the end of the kernel's first memory; a second segment writes
//! their address and length into the kernel's `SCOREGATE_TABLES`. The kernel's allocator takes only what the linker left it and
//! what it grows itself, so nothing ever writes there.

use wasm_encoder::{ConstExpr, Encode, MemorySection, MemoryType, Module, RawSection, SectionId};
use wasmparser::{BinaryReader, ExternalKind, Operator, Parser, Payload};

use crate::error::CompileError;
use crate::limits::FEATURE_NAMES_MAX_BYTES;

/// The custom section of the features' names.
pub const FEATURES_SECTION: &str = "scoregate:features";

/// The kernel's exported cell: address and length of the tables, two `u32`s.
const CELL: &str = "SCOREGATE_TABLES";
const PAGE_BYTES: usize = 65_536;
/// A memory of 32 bits has this many pages.
const PAGES_MAX: usize = 65_536;

/// The component that serves `tables` with `kernel`, a core module with its component-type section.
pub(crate) fn component(kernel: &[u8], tables: &[u8]) -> Result<Vec<u8>, CompileError> {
    let core = add_tables(kernel, tables)?;
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&core)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| CompileError::Component(format!("{error:#}")))
}

/// The component with its features' names in a custom section, a JSON list in the order of the columns; as it is where there are none. They
/// are for people and for files with named columns; scoring needs none.
pub(crate) fn with_feature_names(
    mut component: Vec<u8>,
    names: &[String],
) -> Result<Vec<u8>, CompileError> {
    if names.is_empty() {
        return Ok(component);
    }
    let json = serde_json::Value::from(names).to_string();
    if json.len() > FEATURE_NAMES_MAX_BYTES {
        return Err(CompileError::Unsupported(format!(
            "the names of the model's features take {} bytes; at most {FEATURE_NAMES_MAX_BYTES} are kept",
            json.len()
        )));
    }
    let section = wasm_encoder::CustomSection {
        name: FEATURES_SECTION.into(),
        data: json.as_bytes().into(),
    };
    component.push(SectionId::Custom as u8);
    section.encode(&mut component);
    Ok(component)
}

fn add_tables(kernel: &[u8], tables: &[u8]) -> Result<Vec<u8>, CompileError> {
    let found = find(kernel)?;
    let address = found.pages * PAGE_BYTES;
    let pages = found.pages + tables.len().div_ceil(PAGE_BYTES);
    if pages > PAGES_MAX {
        return Err(CompileError::Unsupported(
            "the model's tables do not fit the 4 GiB of a component".to_owned(),
        ));
    }
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(kernel) {
        let payload = payload.map_err(broken)?;
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        if id == SectionId::Memory as u8 {
            let mut memories = MemorySection::new();
            memories.memory(MemoryType {
                minimum: pages as u64,
                ..found.memory
            });
            module.section(&memories);
        } else if id == SectionId::DataCount as u8 {
            module.section(&wasm_encoder::DataCountSection {
                count: found.segments + 2,
            });
        } else if id == SectionId::Data as u8 {
            let mut data = Vec::new();
            (found.segments + 2).encode(&mut data);
            data.extend(&kernel[found.segments_from..range.end]);
            put_segment(&mut data, address, tables);
            let cell = [
                (address as u32).to_le_bytes(),
                (tables.len() as u32).to_le_bytes(),
            ]
            .concat();
            put_segment(&mut data, found.cell, &cell);
            module.section(&RawSection { id, data: &data });
        } else {
            module.section(&RawSection {
                id,
                data: &kernel[range],
            });
        }
    }
    Ok(module.finish())
}

/// An active segment of memory 0.
fn put_segment(data: &mut Vec<u8>, address: usize, bytes: &[u8]) {
    0_u32.encode(data);
    // The address is below 4 GiB; `i32.const` takes its bits as a signed number.
    ConstExpr::i32_const(address as u32 as i32).encode(data);
    bytes.encode(data);
}

/// What the kernel's module tells.
struct Found {
    memory: MemoryType,
    /// The memory's first size.
    pages: usize,
    /// Data segments.
    segments: u32,
    /// Where they begin in the file, after their count.
    segments_from: usize,
    /// Address of [`CELL`].
    cell: usize,
}

fn find(kernel: &[u8]) -> Result<Found, CompileError> {
    let mut memory = None;
    let mut globals = Vec::new();
    let mut cell = None;
    let mut segments = None;
    for payload in Parser::new(0).parse_all(kernel) {
        match payload.map_err(broken)? {
            Payload::MemorySection(section) => {
                let all = section
                    .into_iter()
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(broken)?;
                if let [only] = all[..] {
                    memory = Some(only);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    globals.push(constant(&global.map_err(broken)?.init_expr)?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(broken)?;
                    if export.kind == ExternalKind::Global && export.name == CELL {
                        cell = globals.get(export.index as usize).copied().flatten();
                    }
                }
            }
            Payload::DataSection(section) => {
                segments = Some((section.count(), section.range()));
            }
            _ => {}
        }
    }
    let missing = |what: &str| CompileError::Component(format!("the kernel has no {what}"));
    let memory = memory.ok_or_else(|| missing("single memory"))?;
    let (segments, range) = segments.ok_or_else(|| missing("data"))?;
    let mut count = BinaryReader::new(&kernel[range.clone()], range.start);
    count.read_var_u32().map_err(broken)?;
    Ok(Found {
        pages: usize::try_from(memory.initial).map_err(|_| missing("memory of 32 bits"))?,
        memory: MemoryType {
            minimum: memory.initial,
            maximum: None,
            memory64: memory.memory64,
            shared: memory.shared,
            page_size_log2: memory.page_size_log2,
        },
        segments,
        segments_from: count.original_position(),
        cell: cell.ok_or_else(|| missing(CELL))?,
    })
}

/// The address that an `i32.const` initialiser gives; none for any other.
fn constant(expression: &wasmparser::ConstExpr<'_>) -> Result<Option<usize>, CompileError> {
    match expression.get_operators_reader().read().map_err(broken)? {
        Operator::I32Const { value } => Ok(Some(value as u32 as usize)),
        _ => Ok(None),
    }
}

fn broken(error: wasmparser::BinaryReaderError) -> CompileError {
    CompileError::Component(format!("the kernel is broken: {error}"))
}
