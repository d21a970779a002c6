//! Values between commas, as RFC 4180 has them: quoted where they hold a comma, a quote or a line's end. The first line names the columns.

use anyhow::{Context as _, bail};
use csv_core::{ReadRecordResult, Reader};

use super::{Columns, Portion, Take, Text, Value};
use crate::limits::{TABLE_MAX_COLUMNS, TABLE_ROW_MAX_BYTES};

/// See the module.
pub struct Csv {
    text: Text,
    parser: Reader,
    record: Record,
    columns: Columns,
    names: Vec<String>,
    selected: Vec<usize>,
    /// Of the next one, counted from 0 after the header.
    row: u64,
}

/// One line's fields, in buffers that are used again.
struct Record {
    bytes: Vec<u8>,
    /// Where each field ends.
    ends: Vec<usize>,
    fields: usize,
    /// Of the file, where the record begins.
    line: u64,
    /// It ended at a carriage return, whose line feed the parser has yet to count.
    half_line: bool,
}

impl Csv {
    /// Reads the line that names the columns.
    pub fn open(mut text: Text) -> anyhow::Result<Self> {
        let mut parser = Reader::new();
        let mut record = Record {
            bytes: vec![0; 4 << 10],
            ends: vec![0; 64],
            fields: 0,
            line: 1,
            half_line: false,
        };
        if !record.read(&mut text, &mut parser)? {
            bail!("it is empty; expected a line that names the columns");
        }
        let names = (0..record.fields).map(|nth| Ok(record.field(nth)?.trim().to_owned()));
        let names: Vec<String> = names
            .collect::<anyhow::Result<_>>()
            .context("line 1, which names the columns")?;
        if names.iter().all(|name| name.parse::<f64>().is_ok()) {
            bail!(
                "its first line holds numbers; it must name the columns, as in `{}`",
                "amount,currency"
            );
        }
        Ok(Self {
            text,
            parser,
            record,
            columns: Columns::Named(names.clone()),
            names,
            selected: Vec::new(),
            row: 0,
        })
    }

    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    pub fn select(&mut self, places: Vec<usize>) {
        self.selected = places;
    }

    pub fn portion(&self) -> Portion {
        self.text.portion()
    }

    pub fn read(&mut self, rows_max: usize, take: &mut Take<'_>) -> anyhow::Result<usize> {
        for rows in 0..rows_max {
            let is_there = self.record.read(&mut self.text, &mut self.parser);
            if !is_there.with_context(|| format!("row {}", self.row))? {
                return Ok(rows);
            }
            self.hand_on(take)
                .with_context(|| format!("line {} (row {})", self.record.line, self.row))?;
            self.row += 1;
        }
        Ok(rows_max)
    }

    fn hand_on(&self, take: &mut Take<'_>) -> anyhow::Result<()> {
        let (fields, columns) = (self.record.fields, self.names.len());
        if fields != columns {
            bail!("it has {fields} values; the first line names {columns} columns");
        }
        for (nth, &place) in self.selected.iter().enumerate() {
            let field = self.record.field(place);
            let field = field.with_context(|| self.columns.told(place))?;
            if let Err(clause) = take(nth, Value::Written(field)) {
                bail!("{} {clause}", self.columns.told(place));
            }
        }
        Ok(())
    }
}

impl Record {
    /// Reads the next one; `false` at the end.
    fn read(&mut self, text: &mut Text, parser: &mut Reader) -> anyhow::Result<bool> {
        self.line = parser.line() + u64::from(self.half_line);
        let (mut bytes, mut fields) = (0, 0);
        loop {
            let input = text.peek().context("it cannot be read")?;
            let (result, consumed, wrote, ended) =
                parser.read_record(input, &mut self.bytes[bytes..], &mut self.ends[fields..]);
            self.half_line = consumed > 0 && input[consumed - 1] == b'\r';
            text.consume(consumed);
            bytes += wrote;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.bytes.len() >= TABLE_ROW_MAX_BYTES => bail!(
                    "line {} begins a row of more than {TABLE_ROW_MAX_BYTES} bytes; is a quote not closed?",
                    self.line
                ),
                ReadRecordResult::OutputFull => self.bytes.resize(2 * self.bytes.len(), 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= TABLE_MAX_COLUMNS => bail!(
                    "line {} has more than {TABLE_MAX_COLUMNS} values",
                    self.line
                ),
                ReadRecordResult::OutputEndsFull => {
                    let more = (2 * self.ends.len()).min(TABLE_MAX_COLUMNS);
                    self.ends.resize(more, 0);
                }
                ReadRecordResult::Record => {
                    self.fields = fields;
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
            }
        }
    }

    fn field(&self, nth: usize) -> anyhow::Result<&str> {
        let begin = match nth {
            0 => 0,
            nth => self.ends[nth - 1],
        };
        let field = &self.bytes[begin..self.ends[nth]];
        std::str::from_utf8(field).ok().context("it is no UTF-8")
    }
}
