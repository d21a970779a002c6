//! A JSON object a line, or a list a line: the first line says which.

use std::{collections::HashMap, fmt};

use anyhow::{Context as _, anyhow, bail};
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Columns, Portion, Take, Text, Value};
use crate::limits::{TABLE_MAX_COLUMNS, TABLE_ROW_MAX_BYTES};

/// See the module.
pub struct Ndjson {
    text: Text,
    columns: Columns,
    /// Place in a row's values of each name that is wanted.
    places: HashMap<String, usize>,
    selected: Vec<usize>,
    line: Vec<u8>,
    /// Of the file.
    lines: u64,
    /// `line` is the first, which was read to learn the columns.
    is_first: bool,
    row: u64,
    values: Vec<Option<Cell>>,
}

/// A value that a line holds.
enum Cell {
    Missing,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    /// A list or an object.
    Nested,
}

impl Ndjson {
    /// Reads the first line, for its columns.
    pub fn open(text: Text) -> anyhow::Result<Self> {
        let mut table = Self {
            text,
            columns: Columns::Counted(0),
            places: HashMap::new(),
            selected: Vec::new(),
            line: Vec::new(),
            lines: 0,
            is_first: false,
            row: 0,
            values: Vec::new(),
        };
        if !table.next_line()? {
            bail!("it is empty; expected a JSON object or list a line");
        }
        table.is_first = true;
        let first: serde_json::Value = serde_json::from_slice(&table.line)
            .map_err(json)
            .with_context(|| table.place())?;
        table.columns = match first {
            serde_json::Value::Object(object) => {
                Columns::Named(object.into_iter().map(|(name, _)| name).collect())
            }
            serde_json::Value::Array(list) => Columns::Counted(list.len()),
            _ => bail!("{}: it is no object and no list", table.place()),
        };
        Ok(table)
    }

    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    pub fn select(&mut self, places: Vec<usize>) {
        if let Columns::Named(names) = &self.columns {
            let wanted = places.iter().enumerate();
            self.places = wanted
                .map(|(nth, &place)| (names[place].clone(), nth))
                .collect();
        }
        self.selected = places;
    }

    pub fn portion(&self) -> Portion {
        self.text.portion()
    }

    pub fn read(&mut self, rows_max: usize, take: &mut Take<'_>) -> anyhow::Result<usize> {
        for rows in 0..rows_max {
            let is_there = std::mem::take(&mut self.is_first) || self.next_line()?;
            if !is_there {
                return Ok(rows);
            }
            self.hand_on(take).with_context(|| self.place())?;
            self.row += 1;
        }
        Ok(rows_max)
    }

    /// Goes to the next line that is not empty; `false` at the end.
    fn next_line(&mut self) -> anyhow::Result<bool> {
        loop {
            let read = self.text.line(&mut self.line, TABLE_ROW_MAX_BYTES);
            if !read.context("it cannot be read")? {
                return Ok(false);
            }
            self.lines += 1;
            if self.line.len() > TABLE_ROW_MAX_BYTES {
                bail!(
                    "{}: it is longer than {TABLE_ROW_MAX_BYTES} bytes",
                    self.place()
                );
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    fn place(&self) -> String {
        format!("line {} (row {})", self.lines, self.row)
    }

    fn hand_on(&mut self, take: &mut Take<'_>) -> anyhow::Result<()> {
        self.values.clear();
        let mut reader = serde_json::Deserializer::from_slice(&self.line);
        match &self.columns {
            Columns::Named(_) => {
                self.values.resize_with(self.selected.len(), || None);
                reader.deserialize_map(Object {
                    places: &self.places,
                    values: &mut self.values,
                })
            }
            Columns::Counted(_) => reader.deserialize_seq(List(&mut self.values)),
        }
        .and_then(|()| reader.end())
        .map_err(json)?;
        if let Columns::Counted(count) = self.columns
            && count != self.values.len()
        {
            bail!(
                "it has {} values; the first line has {count}",
                self.values.len()
            );
        }
        for (nth, &place) in self.selected.iter().enumerate() {
            let at = match &self.columns {
                Columns::Named(_) => nth,
                Columns::Counted(_) => place,
            };
            let told = || self.columns.told(place);
            let Some(cell) = &self.values[at] else {
                bail!(
                    "it lacks the {}; write `null` where a value is missing",
                    told()
                );
            };
            let value = cell
                .value()
                .ok_or_else(|| anyhow!("{} is a list or an object", told()))?;
            take(nth, value).map_err(|clause| anyhow!("{} {clause}", told()))?;
        }
        Ok(())
    }
}

/// The place is a line of its own; what serde_json counts would be one of one line.
fn json(error: serde_json::Error) -> anyhow::Error {
    let text = error.to_string();
    let clause = text.split(" at line ").next().unwrap_or_default();
    anyhow!(
        "it is not one JSON object or list: {clause} at character {}",
        error.column()
    )
}

impl Cell {
    /// None for what is no value.
    fn value(&self) -> Option<Value<'_>> {
        Some(match self {
            Cell::Missing => Value::Missing,
            Cell::Bool(value) => Value::Bool(*value),
            Cell::Integer(value) => Value::Integer(*value),
            Cell::Float(value) => Value::Float(*value),
            Cell::Text(value) => Value::Text(value),
            Cell::Nested => return None,
        })
    }
}

/// Takes the wanted values out of an object.
struct Object<'v> {
    places: &'v HashMap<String, usize>,
    values: &'v mut [Option<Cell>],
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, as in the first line")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match self.places.get(name.as_ref()) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(&place) => {
                    let cell = map.next_value()?;
                    if self.values[place].replace(cell).is_some() {
                        let text = format!("`{name}` is there twice");
                        return Err(serde::de::Error::custom(text));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Takes all values of a list.
struct List<'v>(&'v mut Vec<Option<Cell>>);

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, as in the first line")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(cell) = list.next_element()? {
            if self.0.len() == TABLE_MAX_COLUMNS {
                let text = format!("more than {TABLE_MAX_COLUMNS} values");
                return Err(serde::de::Error::custom(text));
            }
            self.0.push(Some(cell));
        }
        Ok(())
    }
}

impl<'de> serde::Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

/// Takes whatever there is.
struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Missing)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        Ok(Cell::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(Cell::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
        Ok(Cell::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Cell, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Nested)
    }
}
