//! No table serves two ends.

use std::path::Path;

use super::super::{
    DatabaseUrl, DeadLetter, Sink, Source,
    ends::{Ends, Placed},
    reader::Reader,
};

/// A database as far as a configuration tells it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Database<'e> {
    Postgres(&'e str),
    Sqlite(&'e Path),
}

impl<'e> Database<'e> {
    pub(super) fn postgres(url: &'e DatabaseUrl) -> Self {
        // Both schemes are one.
        let address = url.0.split_once("://").map_or("", |(_, address)| address);
        Self::Postgres(address)
    }

    /// Whether the file leaves out where it is.
    pub(super) fn is_unknown(&self) -> bool {
        match self {
            Self::Postgres(address) => address.is_empty(),
            Self::Sqlite(path) => path.as_os_str().is_empty(),
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
            Self::Sqlite(_) => "sqlite",
        }
    }

    /// The key that says where it is.
    pub(super) fn key(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "url",
            Self::Sqlite(_) => "path",
        }
    }
}

pub(super) fn database_of_sink(sink: &Sink) -> Option<Database<'_>> {
    match sink {
        Sink::Postgres(table) => Some(Database::postgres(&table.url)),
        Sink::Sqlite { path, .. } => Some(Database::Sqlite(path)),
        Sink::Stdout | Sink::Kafka(_) => None,
    }
}

pub(super) fn database_of_dead_letters(dead: &DeadLetter) -> Option<Database<'_>> {
    match dead {
        DeadLetter::Postgres(table) => Some(Database::postgres(&table.url)),
        DeadLetter::Sqlite { path, .. } => Some(Database::Sqlite(path)),
        DeadLetter::Kafka(_) | DeadLetter::File { .. } => None,
    }
}

/// What a table is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Outcomes,
    DeadLetters,
    Outbox,
}

impl Use {
    fn holds(self) -> &'static str {
        match self {
            Self::Outcomes => "the outcomes",
            Self::DeadLetters => "the dead letters",
            Self::Outbox => "the events",
        }
    }
}

struct Used<'e> {
    purpose: Use,
    database: Database<'e>,
    table: &'e str,
    title: &'e str,
    span: std::ops::Range<usize>,
}

impl Used<'_> {
    fn is_table_of(&self, other: &Self) -> bool {
        let same_name = match self.database {
            // The gateway quotes names, and to PostgreSQL quoted ones differ by case.
            Database::Postgres(_) => self.table == other.table,
            Database::Sqlite(_) => self.table.eq_ignore_ascii_case(other.table),
        };
        let known = !self.database.is_unknown() && !self.table.is_empty();
        known && same_name && self.database == other.database
    }
}

/// Pipelines may share a table for one purpose, whose rows name their pipeline; for two purposes its columns cannot be right.
pub(super) fn check(reader: &Reader<'_>, pipelines: &[Ends]) {
    let mut known: Vec<Used<'_>> = Vec::new();
    for used in pipelines.iter().flat_map(used) {
        let other = known
            .iter()
            .find(|other| other.purpose != used.purpose && used.is_table_of(other));
        if let Some(other) = other {
            let message = format!(
                "`table` in {} is that of {}, which holds {}; {} need a table of their own",
                used.title,
                other.title,
                other.purpose.holds(),
                used.purpose.holds()
            );
            reader.problem(used.span.clone(), message);
        }
        known.push(used);
    }
}

fn used(ends: &Ends) -> Vec<Used<'_>> {
    let outboxes = ends.sources.iter().filter_map(|end| match &end.value {
        Source::Postgres(outbox) => {
            let database = Database::postgres(&outbox.url);
            Some(at(end, Use::Outbox, database, &outbox.table))
        }
        _ => None,
    });
    let sinks = ends.sinks.iter().filter_map(|end| {
        let table = match &end.value {
            Sink::Postgres(table) => &table.table,
            Sink::Sqlite { table, .. } => table,
            Sink::Stdout | Sink::Kafka(_) => return None,
        };
        Some(at(end, Use::Outcomes, database_of_sink(&end.value)?, table))
    });
    let dead = ends.dead_letter.iter().filter_map(|end| {
        let table = match &end.value {
            DeadLetter::Postgres(table) => &table.table,
            DeadLetter::Sqlite { table, .. } => table,
            DeadLetter::Kafka(_) | DeadLetter::File { .. } => return None,
        };
        let database = database_of_dead_letters(&end.value)?;
        Some(at(end, Use::DeadLetters, database, table))
    });
    outboxes.chain(sinks).chain(dead).collect()
}

fn at<'e, T>(end: &'e Placed<T>, purpose: Use, database: Database<'e>, table: &'e str) -> Used<'e> {
    Used {
        purpose,
        database,
        table,
        title: &end.title,
        span: end.at("table"),
    }
}
