//! A table to read: rows of named columns, or of values by their position, from a file or from stdin. Rows are handed on one after the other
//! and none is kept, so that a file of any size needs no more memory than a small one.

mod csv;
mod ndjson;
mod parquet;
mod text;

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use anyhow::{Context as _, bail};

use self::{csv::Csv, ndjson::Ndjson, parquet::Parquet, text::Text};
use super::{place::Place, value::Value};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Values between commas; the first line names the columns.
    Csv,
    /// A JSON object or list a line.
    Ndjson,
    Parquet,
}

/// What a row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    Named(Vec<String>),
    /// So many values without names.
    Counted(usize),
}

/// Takes a value of a row: the place in the selection, and what stands there. What it refuses it says in a clause that begins with a verb.
pub type Take<'t> = dyn FnMut(usize, Value<'_>) -> Result<(), String> + 't;

/// How far a table was read: bytes of a text, rows of Parquet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    pub done: u64,
    /// Of stdin nobody knows.
    pub total: Option<u64>,
}

/// See the module.
pub enum Table {
    Csv(Box<Csv>),
    Ndjson(Ndjson),
    Parquet(Parquet),
}

impl Columns {
    /// What a column is called in a sentence.
    fn told(&self, place: usize) -> String {
        match self {
            Columns::Named(names) => format!("column `{}`", names[place]),
            Columns::Counted(_) => format!("value {place}"),
        }
    }
}

/// Enough of a table to tell what it is.
const HEAD_BYTES: usize = 64;

impl Table {
    /// Opens a table and reads what its columns are. Without a format that is told by its first bytes, else by the file's name.
    pub fn open(origin: &Place, format: Option<Format>) -> anyhow::Result<Self> {
        let (file, total, name): (Box<dyn Read>, _, &Path) = match origin {
            Place::Std => (Box::new(io::stdin()), None, Path::new("")),
            Place::File(path) => {
                let file = File::open(path).context("it cannot be read")?;
                let metadata = file.metadata().context("it cannot be read")?;
                if metadata.is_dir() {
                    bail!("it is a folder; expected a file");
                }
                let total = metadata.is_file().then_some(metadata.len());
                (Box::new(file), total, path)
            }
        };
        let mut head = Vec::with_capacity(HEAD_BYTES);
        let mut file = file;
        file.by_ref()
            .take(HEAD_BYTES as u64)
            .read_to_end(&mut head)
            .context("it cannot be read")?;
        let format = match format {
            Some(format) => format,
            None => told(&head, name)?,
        };
        if format == Format::Parquet {
            if total.is_none() {
                bail!("a table in Parquet must be a file: its description is at its end");
            }
            return Ok(Table::Parquet(Parquet::open(name)?));
        }
        let text = Text::new(Box::new(io::Cursor::new(head).chain(file)), total);
        Ok(match format {
            Format::Csv => Table::Csv(Box::new(Csv::open(text)?)),
            _ => Table::Ndjson(Ndjson::open(text)?),
        })
    }

    pub fn columns(&self) -> &Columns {
        match self {
            Table::Csv(table) => table.columns(),
            Table::Ndjson(table) => table.columns(),
            Table::Parquet(table) => table.columns(),
        }
    }

    /// What of each row is handed on, in this order: places among the columns, each at most once.
    pub fn select(&mut self, places: Vec<usize>) -> anyhow::Result<()> {
        match self {
            Table::Csv(table) => table.select(places),
            Table::Ndjson(table) => table.select(places),
            Table::Parquet(table) => table.select(places)?,
        }
        Ok(())
    }

    /// Hands on the next rows, at most so many, and returns how many there were: 0 at the end, and only then.
    pub fn read(&mut self, rows_max: usize, take: &mut Take<'_>) -> anyhow::Result<usize> {
        match self {
            Table::Csv(table) => table.read(rows_max, take),
            Table::Ndjson(table) => table.read(rows_max, take),
            Table::Parquet(table) => table.read(rows_max, take),
        }
    }

    pub fn portion(&self) -> Portion {
        match self {
            Table::Csv(table) => table.portion(),
            Table::Ndjson(table) => table.portion(),
            Table::Parquet(table) => table.portion(),
        }
    }
}

/// The format of a table that begins so.
fn told(head: &[u8], name: &Path) -> anyhow::Result<Format> {
    for (magic, what) in [
        (&b"\x1f\x8b"[..], "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"PK\x03\x04", "zip"),
    ] {
        if head.starts_with(magic) {
            bail!("it is compressed by {what}; decompress it first, or pipe it in by `--input -`");
        }
    }
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    let extension = name.extension().unwrap_or_default().to_ascii_lowercase();
    match extension.to_str() {
        Some("csv") => return Ok(Format::Csv),
        Some("ndjson" | "jsonl") => return Ok(Format::Ndjson),
        Some("parquet") => bail!("it is no Parquet file: it does not begin with `PAR1`"),
        _ => {}
    }
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(match first {
        Some(b'{' | b'[') => Format::Ndjson,
        _ => Format::Csv,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_its_first_bytes_and_its_name() {
        let format = |head: &[u8], name: &str| told(head, Path::new(name)).ok();
        for (head, name, expected) in [
            (&b"a,b\n"[..], "", Some(Format::Csv)),
            (b" {\"a\":1}", "", Some(Format::Ndjson)),
            (b"[1,2]", "rows", Some(Format::Ndjson)),
            (b"{x},b\n", "rows.CSV", Some(Format::Csv)),
            (b"PAR1\x15", "rows.csv", Some(Format::Parquet)),
            (b"a,b\n", "rows.parquet", None),
            (b"\x1f\x8b\x08", "rows.csv", None),
            (b"", "", Some(Format::Csv)),
        ] {
            assert_eq!(format(head, name), expected, "{name}");
        }
    }
}
