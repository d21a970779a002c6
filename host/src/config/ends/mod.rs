//! The ends of a pipeline: `[[pipelines.NAME.sources]]`, `[[pipelines.NAME.sinks]]` and `[pipelines.NAME.dead_letter]`.

pub(super) mod database;
mod dead_letter;
mod kafka;
mod librdkafka;
mod sinks;
mod sources;

use std::ops::Range;

use super::{
    DeadLetter, Sink, Source,
    names::did_you_mean,
    table::{Bounds, Table},
    text::quoted,
};
use crate::limits;

pub(super) use librdkafka::decides_login;

/// What a pipeline's file says of its ends. A value that is missing or wrong is empty in it: nobody gets that, but what else is wrong is told too.
pub(super) struct Ends {
    pub(super) sources: Vec<Placed<Source>>,
    pub(super) sinks: Vec<Placed<Sink>>,
    pub(super) dead_letter: Option<Placed<DeadLetter>>,
    /// Whether each end is of a known kind: of one that is not it cannot be said what it lacks.
    pub(super) whole: bool,
}

/// An end and where it stands in the file.
#[derive(Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    /// Its header: `[[pipelines.fraud.sinks]]`.
    pub(super) title: String,
    pub(super) span: Range<usize>,
    keys: Vec<(&'static str, Range<usize>)>,
}

impl<T> Placed<T> {
    fn new(value: T, table: &Table<'_>) -> Self {
        Self {
            value,
            title: table.title(),
            span: table.span(),
            keys: table.places(),
        }
    }

    /// Where a key's value stands, or the header where the file leaves the key out.
    pub(super) fn at(&self, key: &str) -> Range<usize> {
        let place = self.keys.iter().find(|(name, _)| *name == key);
        place.map_or(self.span.clone(), |(_, span)| span.clone())
    }
}

/// Reads all ends of a pipeline.
pub(super) fn read(pipeline: &mut Table<'_>) -> Ends {
    let mut whole = true;
    let sources = sources::read(pipeline, &mut whole);
    let sinks = sinks::read(pipeline, &mut whole);
    let dead_letter = dead_letter::read(pipeline, &mut whole);
    Ends {
        sources,
        sinks,
        dead_letter,
        whole,
    }
}

const CONNECTIONS: Bounds = Bounds {
    min: 1,
    max: limits::POSTGRES_CONNECTIONS_CEILING_COUNT as u64,
    default: limits::POSTGRES_CONNECTIONS_MAX_COUNT as u64,
    unit: "connections",
};

/// A list's tables, each read as the kind that it says it is.
fn list<T: PartialEq>(
    pipeline: &mut Table<'_>,
    key: &'static str,
    whole: &mut bool,
    read: impl Fn(&mut Table<'_>) -> Option<T>,
) -> Vec<Placed<T>> {
    let mut ends: Vec<Placed<T>> = Vec::new();
    let (tables, readable) = pipeline.list(key);
    *whole &= readable;
    for mut table in tables {
        // Of another kind nothing else is looked at: its keys are its own.
        let Some(value) = read(&mut table) else {
            *whole = false;
            continue;
        };
        // The same twice is a slip of copying.
        if ends.iter().any(|end| end.value == value) {
            let message = format!("{} repeats an earlier one of this pipeline", table.title());
            table.reader.problem(table.span(), message);
        }
        ends.push(Placed::new(value, &table));
        table.finish(&[]);
    }
    ends
}

/// One of the kinds that there are.
fn kind(table: &mut Table<'_>, what: &str, kinds: &'static [&'static str]) -> Option<&'static str> {
    let expected = format!("one of `{}`", kinds.join("`, `"));
    let kind = table.required_string("kind", &expected)?;
    if let Some(known) = kinds.iter().find(|known| **known == kind.value) {
        return Some(known);
    }
    let otherwise = || format!("; it must be {expected}");
    let hint = if kind.substituted {
        otherwise()
    } else {
        did_you_mean(&kind.value, kinds.iter().copied(), otherwise)
    };
    let message = format!("there is no {what} of kind {}{hint}", quoted(&kind.written));
    table.reader.problem(kind.span, message);
    None
}
