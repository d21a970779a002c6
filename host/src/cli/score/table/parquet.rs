//! Columns of numbers and of booleans in Parquet, a row group after the other and of that a batch of rows at a time.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use anyhow::{Context as _, bail};
use parquet::{
    basic::{ConvertedType, LogicalType, Type},
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::DataType,
    errors::ParquetError,
    file::reader::{FileReader as _, SerializedFileReader},
    schema::types::ColumnDescriptor,
};

use super::{Columns, Portion, Take, Value};
use crate::limits::{TABLE_FOOTER_MAX_BYTES, TABLE_MAX_COLUMNS};

/// See the module.
pub struct Parquet {
    file: SerializedFileReader<File>,
    columns: Columns,
    selected: Vec<usize>,
    /// Of the selected ones, the readers of the row group that is read now, and its rows that are left.
    readers: Vec<ColumnReader>,
    left: usize,
    next_group: usize,
    portion: Portion,
    /// A batch of each selected column.
    cells: Vec<Vec<Value<'static>>>,
}

impl Parquet {
    /// Reads the file's description.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let mut file = File::open(path).context("it cannot be read")?;
        check_end(&mut file)?;
        let file = SerializedFileReader::new(file).map_err(told)?;
        let metadata = file.metadata().file_metadata();
        let columns = metadata.schema_descr().columns();
        if columns.len() > TABLE_MAX_COLUMNS {
            bail!(
                "it has {} columns; the limit is {TABLE_MAX_COLUMNS}",
                columns.len()
            );
        }
        let names = columns.iter().map(|column| column.path().string());
        let columns = Columns::Named(names.collect());
        let total = u64::try_from(metadata.num_rows()).ok();
        Ok(Self {
            file,
            columns,
            selected: Vec::new(),
            readers: Vec::new(),
            left: 0,
            next_group: 0,
            portion: Portion { done: 0, total },
            cells: Vec::new(),
        })
    }

    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    pub fn portion(&self) -> Portion {
        self.portion
    }

    /// Refuses columns whose values are no numbers.
    pub fn select(&mut self, places: Vec<usize>) -> anyhow::Result<()> {
        let schema = self.file.metadata().file_metadata().schema_descr();
        for &place in &places {
            if let Some(what) = other_than_numbers(&schema.columns()[place]) {
                bail!(
                    "{} holds {what}; expected numbers or booleans",
                    self.columns.told(place)
                );
            }
        }
        self.cells = vec![Vec::new(); places.len()];
        self.selected = places;
        Ok(())
    }

    pub fn read(&mut self, rows_max: usize, take: &mut Take<'_>) -> anyhow::Result<usize> {
        while self.left == 0 {
            if self.next_group == self.file.num_row_groups() {
                return Ok(0);
            }
            self.next_group()?;
        }
        let rows = rows_max.min(self.left);
        let schema = self.file.metadata().file_metadata().schema_descr();
        for (nth, &place) in self.selected.iter().enumerate() {
            let column = &schema.columns()[place];
            read_cells(&mut self.readers[nth], column, rows, &mut self.cells[nth])
                .with_context(|| self.columns.told(place))?;
        }
        for row in 0..rows {
            for (nth, cells) in self.cells.iter().enumerate() {
                if let Err(clause) = take(nth, cells[row]) {
                    let told = self.columns.told(self.selected[nth]);
                    bail!("row {}: {told} {clause}", self.portion.done + row as u64);
                }
            }
        }
        self.left -= rows;
        self.portion.done += rows as u64;
        Ok(rows)
    }

    fn next_group(&mut self) -> anyhow::Result<()> {
        let group = self.file.get_row_group(self.next_group).map_err(told)?;
        let rows = group.metadata().num_rows();
        self.left = usize::try_from(rows)
            .ok()
            .with_context(|| format!("row group {} claims {rows} rows", self.next_group))?;
        let readers = self
            .selected
            .iter()
            .map(|&place| group.get_column_reader(place));
        self.readers = readers.collect::<Result<_, _>>().map_err(told)?;
        self.next_group += 1;
        Ok(())
    }
}

/// A file's last bytes say how long its description is: it is held in memory as a whole.
fn check_end(file: &mut File) -> anyhow::Result<()> {
    const END_BYTES: u64 = 8;
    let damaged = "it is damaged or truncated: it does not end as a Parquet file does";
    let length = file.metadata().context("it cannot be read")?.len();
    let mut end = [0; END_BYTES as usize];
    let read = length
        .checked_sub(END_BYTES)
        .map(|at| file.seek(SeekFrom::Start(at)))
        .map(|_| file.read_exact(&mut end));
    let (footer, magic) = end.split_at(4);
    if !matches!(read, Some(Ok(()))) || !matches!(magic, b"PAR1" | b"PARE") {
        bail!("{damaged}");
    }
    let bytes = u64::from(u32::from_le_bytes(footer.try_into().unwrap_or_default()));
    if bytes > TABLE_FOOTER_MAX_BYTES {
        bail!("its description has {bytes} bytes; the limit is {TABLE_FOOTER_MAX_BYTES}");
    }
    Ok(())
}

/// The library's words without its prefix.
fn told(error: ParquetError) -> anyhow::Error {
    let text = error.to_string();
    let text = text
        .strip_prefix("Parquet error: ")
        .map_or_else(|| text.clone(), str::to_owned);
    if text.contains("Disabled feature") {
        return anyhow::anyhow!(
            "it is compressed by a codec that is not read ({text}); write it with snappy, zstd, or none"
        );
    }
    anyhow::anyhow!("it cannot be read: {text}")
}

/// What a column holds if it is neither numbers nor booleans, one a row.
fn other_than_numbers(column: &ColumnDescriptor) -> Option<String> {
    if column.max_rep_level() > 0 {
        return Some("lists".to_owned());
    }
    let physical = column.physical_type();
    match physical {
        Type::BOOLEAN | Type::INT32 | Type::INT64 | Type::FLOAT | Type::DOUBLE => {}
        Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY | Type::INT96 => {
            let other = column.logical_type_ref();
            return Some(other.map_or_else(|| physical.to_string(), |other| format!("{other:?}")));
        }
    }
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Integer(_)), _) => None,
        (Some(other), _) => Some(format!("{other:?}")),
        (
            None,
            ConvertedType::NONE
            | ConvertedType::INT_8
            | ConvertedType::INT_16
            | ConvertedType::INT_32
            | ConvertedType::INT_64
            | ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64,
        ) => None,
        (None, other) => Some(other.to_string()),
    }
}

fn is_unsigned(column: &ColumnDescriptor) -> bool {
    match column.logical_type_ref() {
        Some(LogicalType::Integer(integer)) => !integer.is_signed,
        _ => matches!(
            column.converted_type(),
            ConvertedType::UINT_8
                | ConvertedType::UINT_16
                | ConvertedType::UINT_32
                | ConvertedType::UINT_64
        ),
    }
}

/// The next rows of a column.
fn read_cells(
    reader: &mut ColumnReader,
    column: &ColumnDescriptor,
    rows: usize,
    cells: &mut Vec<Value<'static>>,
) -> anyhow::Result<()> {
    let levels = column.max_def_level();
    let unsigned = is_unsigned(column);
    cells.clear();
    match reader {
        ColumnReader::BoolColumnReader(reader) => fill(reader, levels, rows, cells, Value::Bool),
        ColumnReader::Int32ColumnReader(reader) if unsigned => {
            fill(reader, levels, rows, cells, |value| {
                Value::Integer(value.cast_unsigned().into())
            })
        }
        ColumnReader::Int32ColumnReader(reader) => fill(reader, levels, rows, cells, |value| {
            Value::Integer(value.into())
        }),
        ColumnReader::Int64ColumnReader(reader) if unsigned => {
            fill(reader, levels, rows, cells, |value| {
                Value::Integer(value.cast_unsigned().into())
            })
        }
        ColumnReader::Int64ColumnReader(reader) => fill(reader, levels, rows, cells, |value| {
            Value::Integer(value.into())
        }),
        ColumnReader::FloatColumnReader(reader) => fill(reader, levels, rows, cells, |value| {
            Value::Float(value.into())
        }),
        ColumnReader::DoubleColumnReader(reader) => fill(reader, levels, rows, cells, Value::Float),
        ColumnReader::Int96ColumnReader(_)
        | ColumnReader::ByteArrayColumnReader(_)
        | ColumnReader::FixedLenByteArrayColumnReader(_) => bail!("it holds no numbers"),
    }
}

/// A value that is there has the highest definition level; any other is missing, at whatever depth.
fn fill<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    level_max: i16,
    rows: usize,
    cells: &mut Vec<Value<'static>>,
    value: impl Fn(T::T) -> Value<'static>,
) -> anyhow::Result<()> {
    let (mut levels, mut values) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    let wanted = (level_max > 0).then_some(&mut levels);
    let read = reader.read_records(rows, wanted, None, &mut values);
    let (records, ..) = read.map_err(told)?;
    let mut values = values.into_iter();
    if level_max == 0 {
        cells.extend(values.map(value));
    } else {
        let there = |level| {
            if level == level_max {
                values.next().map(&value)
            } else {
                Some(Value::Missing)
            }
        };
        cells.extend(levels.into_iter().map_while(there));
    }
    if records != rows || cells.len() != rows {
        bail!("it ends before its row group does: the file is damaged");
    }
    Ok(())
}
