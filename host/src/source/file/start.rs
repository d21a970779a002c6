//! Where a file's first reading begins, and the number by which its events are told from those of all other files.

use std::{fs::File, io, os::unix::fs::FileExt as _};

use crate::{
    clock::now_ms,
    limits::{FILE_CHUNK_BYTES, FILE_LINE_MAX_BYTES},
};

const RANDOM_BITS: u32 = 20;

/// A number larger than `last` that no file ever had, on this machine or another: the time and, as gateways on other machines may follow
/// files of the same name for the same pipeline, chance. A mere count would begin anew with a new store, and ids would repeat.
pub fn incarnation(last: i64) -> i64 {
    let mut random = [0; 4];
    // Without a source of chance the time alone must do.
    getrandom::fill(&mut random).ok();
    let random = u32::from_le_bytes(random) & ((1 << RANDOM_BITS) - 1);
    let number = ((now_ms() as i64) << RANDOM_BITS) | i64::from(random);
    number.max(last + 1)
}

/// Where the last line begins that has no newline yet, or else where the next one will: whoever begins at the end reads whole lines.
pub fn last_line(file: &File) -> io::Result<i64> {
    let size = file.metadata()?.len();
    let mut end = size;
    let mut chunk = vec![0; FILE_CHUNK_BYTES];
    while end > 0 && size - end < FILE_LINE_MAX_BYTES as u64 {
        let begin = end.saturating_sub(FILE_CHUNK_BYTES as u64);
        let chunk = &mut chunk[..(end - begin) as usize];
        file.read_exact_at(chunk, begin)?;
        if let Some(newline) = chunk.iter().rposition(|byte| *byte == b'\n') {
            return Ok((begin + newline as u64 + 1) as i64);
        }
        end = begin;
    }
    Ok(if end == 0 { 0 } else { size as i64 })
}
