//! A program and its blobs as one piece of bytes, as a component carries it.
//!
//! Four little-endian `u32`s: [`MAGIC`], [`VERSION`], the program's length, the blobs' length. Then the blobs, then the program (postcard,
//! <https://postcard.jamesmunns.com/wire-format>). The blobs begin at a multiple of [`ALIGN`].

use crate::blob::ALIGN;
use crate::program::Program;

/// The first four bytes, read as a little-endian number.
pub const MAGIC: u32 = u32::from_le_bytes(*b"SGGR");
/// The layout's version; another one is refused.
pub const VERSION: u32 = 1;

const _: () = assert!(HEADER_BYTES.is_multiple_of(ALIGN));
const HEADER_BYTES: usize = 16;

/// Writes them.
///
/// # Errors
/// More than the 4 GiB of a component.
pub fn write(program: &Program, blobs: &[u8]) -> Result<Vec<u8>, String> {
    let program =
        postcard::to_allocvec(program).map_err(|error| format!("the program: {error}"))?;
    let too_large = |_| "the model's tables do not fit the 4 GiB of a component".to_owned();
    let lengths = [program.len(), blobs.len()].map(u32::try_from);
    let mut tables = Vec::with_capacity(HEADER_BYTES + program.len() + blobs.len());
    for word in [Ok(MAGIC), Ok(VERSION)].into_iter().chain(lengths) {
        tables.extend(word.map_err(too_large)?.to_le_bytes());
    }
    tables.extend_from_slice(blobs);
    tables.extend_from_slice(&program);
    Ok(tables)
}

/// Reads them: the program, and the blobs where they lie.
///
/// # Errors
/// What is wrong with them.
pub fn read(tables: &[u8]) -> Result<(Program, &[u8]), String> {
    let Some((header, rest)) = tables.split_first_chunk::<HEADER_BYTES>() else {
        return Err(format!(
            "the tables have {} bytes, fewer than their header",
            tables.len()
        ));
    };
    let (words, _) = header.as_chunks::<4>();
    let [magic, version, program, blobs] = std::array::from_fn(|at| u32::from_le_bytes(words[at]));
    if magic != MAGIC {
        return Err("the tables do not begin with SGGR".to_owned());
    }
    if version != VERSION {
        return Err(format!(
            "the tables have layout {version}, this kernel reads {VERSION}"
        ));
    }
    let Some((blobs, rest)) = rest.split_at_checked(blobs as usize) else {
        return Err("the tables end before their blobs do".to_owned());
    };
    if rest.len() != program as usize {
        return Err("the tables are not as long as they say".to_owned());
    }
    let program = postcard::from_bytes(rest)
        .map_err(|error| format!("the tables' program cannot be read: {error}"))?;
    Ok((program, blobs))
}
