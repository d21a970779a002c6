//! `--against`: scores held against those that were expected, row by row.

use anyhow::bail;

use super::{
    apart::Apart,
    element::Elements,
    given::Given,
    place::Place,
    plan::did_you_mean,
    table::{Columns, Table},
    value::push,
};
use crate::tensor::{Datatype, Tensor};

/// See the module.
pub struct Against {
    table: Table,
    ulps_max: u64,
    /// The columns that are compared, in the order in which the table hands them on.
    compared: Vec<Compared>,
    pub outputs: Vec<Found>,
    /// Outputs that nothing is expected of.
    pub not_compared: Vec<String>,
    pub rows: u64,
    /// Rows that were scored beyond the last expected one.
    pub unexpected_rows: u64,
    /// Rows that were expected beyond the last one scored.
    pub lacking_rows: u64,
}

/// A column of an output, and the expected values of the rows at hand.
struct Compared {
    output: usize,
    /// Among the output's columns.
    column: usize,
    datatype: Datatype,
    expected: Tensor,
}

/// What was found of an output.
pub struct Found {
    pub name: String,
    pub bit_equal_rows: u64,
    /// Rows that differ by more than was allowed.
    pub over_rows: u64,
    pub largest_difference: Option<Worst>,
    pub largest_ulps: Option<Worst>,
}

/// The first row of those that differ most.
#[derive(Clone)]
pub struct Worst {
    pub row: u64,
    pub column: String,
    pub apart: Apart,
    pub expected: String,
    pub got: String,
}

impl Against {
    pub fn open(place: &Place, ulps_max: u64) -> anyhow::Result<Self> {
        Ok(Self {
            table: Table::open(place, None)?,
            ulps_max,
            compared: Vec::new(),
            outputs: Vec::new(),
            not_compared: Vec::new(),
            rows: 0,
            unexpected_rows: 0,
            lacking_rows: 0,
        })
    }

    /// Finds the expected column of each given one: by name, or the only one of the only one.
    pub fn begin(&mut self, given: &Given) -> anyhow::Result<()> {
        let names = match self.table.columns() {
            Columns::Named(names) => names.clone(),
            Columns::Counted(count) => vec![String::new(); *count],
        };
        let is_only = names.len() == 1 && given.columns().count() == 1;
        let mut places = Vec::new();
        for output in &given.outputs {
            for (column, name) in output.columns.iter().enumerate() {
                let place = names.iter().position(|expected| expected == name);
                let Some(place) = place.or(is_only.then_some(0)) else {
                    self.not_compared.push(name.clone());
                    continue;
                };
                if self
                    .outputs
                    .last()
                    .is_none_or(|last| last.name != output.name)
                {
                    self.outputs.push(Found::new(&output.name));
                }
                self.compared.push(Compared {
                    output: self.outputs.len() - 1,
                    column,
                    datatype: output.datatype,
                    expected: Tensor::default(),
                });
                places.push(place);
            }
        }
        if places.is_empty() {
            let wanted = &self.not_compared;
            bail!(
                "it has no column named as an output; the model gives {}{}",
                super::text::names(wanted),
                wanted
                    .first()
                    .map_or_else(String::new, |name| did_you_mean(name, &names))
            );
        }
        self.table.select(places)
    }

    /// Holds the outputs of so many rows against what was expected of them.
    pub fn take(&mut self, given: &Given, outputs: &[Tensor], rows: usize) -> anyhow::Result<()> {
        let expected_rows = self.read(rows)?;
        self.unexpected_rows += (rows - expected_rows) as u64;
        for nth in 0..self.outputs.len() {
            let found = &mut self.outputs[nth];
            let place = given.outputs.iter().position(|o| o.name == found.name);
            let place = place.unwrap_or_default();
            let output = &given.outputs[place];
            let of_output = |compared: &&Compared| compared.output == nth;
            let mut columns: Vec<_> = self
                .compared
                .iter()
                .filter(of_output)
                .map(|compared| {
                    let expected = Elements::of(&compared.expected, compared.datatype);
                    (compared.column, expected)
                })
                .collect();
            let mut got = Elements::of(&outputs[place], output.datatype);
            for row in 0..expected_rows as u64 {
                let mut most = 0;
                let mut columns = columns.iter_mut().peekable();
                for (nth, name) in output.columns.iter().enumerate() {
                    let Some(got) = got.next() else { break };
                    let Some((_, expected)) = columns.next_if(|(column, _)| *column == nth) else {
                        continue;
                    };
                    let Some(expected) = expected.next() else {
                        break;
                    };
                    let apart = Apart::of(expected, got);
                    most = most.max(apart.ulps);
                    found.differ(apart, || Worst {
                        row: self.rows + row,
                        column: name.clone(),
                        apart,
                        expected: expected.to_string(),
                        got: got.to_string(),
                    });
                }
                found.bit_equal_rows += u64::from(most == 0);
                found.over_rows += u64::from(most > self.ulps_max);
            }
        }
        self.rows += expected_rows as u64;
        Ok(())
    }

    /// The expected values of the next rows, and how many rows there are.
    fn read(&mut self, rows: usize) -> anyhow::Result<usize> {
        for compared in &mut self.compared {
            compared.expected.data.clear();
        }
        let mut there = 0;
        while there < rows {
            let compared = &mut self.compared;
            let read = self.table.read(rows - there, &mut |nth, value| {
                let Compared {
                    datatype, expected, ..
                } = &mut compared[nth];
                push(value, *datatype, &mut expected.data)
            })?;
            if read == 0 {
                break;
            }
            there += read;
        }
        Ok(there)
    }

    /// Counts what was expected beyond the last row.
    pub fn end(&mut self) -> anyhow::Result<()> {
        const ROWS_AT_ONCE: usize = 1_024;
        self.table.select(Vec::new())?;
        loop {
            match self.table.read(ROWS_AT_ONCE, &mut |_, _| Ok(()))? {
                0 => return Ok(()),
                rows => self.lacking_rows += rows as u64,
            }
        }
    }

    /// Whether all rows are there and within what was allowed.
    pub fn is_same(&self) -> bool {
        let over = self.outputs.iter().any(|found| found.over_rows > 0);
        !over && self.unexpected_rows == 0 && self.lacking_rows == 0
    }
}

impl Found {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            bit_equal_rows: 0,
            over_rows: 0,
            largest_difference: None,
            largest_ulps: None,
        }
    }

    fn differ(&mut self, apart: Apart, worst: impl Fn() -> Worst) {
        if apart.ulps == 0 {
            return;
        }
        let largest = |so_far: &Option<Worst>, than: fn(&Apart, &Apart) -> bool| {
            so_far
                .as_ref()
                .is_none_or(|worst| than(&apart, &worst.apart))
        };
        if largest(&self.largest_difference, |a, b| a.difference > b.difference) {
            self.largest_difference = Some(worst());
        }
        if largest(&self.largest_ulps, |a, b| a.ulps > b.ulps) {
            self.largest_ulps = Some(worst());
        }
    }
}
