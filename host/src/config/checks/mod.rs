//! What must hold between the ends of a pipeline, and between pipelines: a combination that cannot keep its promise is refused, and why.

mod exactly_once;
mod files;
mod shares;
mod tables;
mod topics;

use super::{
    Source,
    ends::{Ends, Placed},
    reader::Reader,
    table::Table,
};

/// What must hold within a pipeline.
pub(super) fn pipeline(table: &Table<'_>, ends: &Ends) {
    let reader = table.reader;
    let mut sources = ends.sources.iter();
    let stream = sources.find(|source| source.value != Source::Http);
    if ends.whole {
        match stream {
            Some(stream) => complete(table, ends, stream),
            None => idle_dead_letter(reader, ends),
        }
    }
    topics::check(reader, ends);
    exactly_once::check(reader, ends);
}

/// What must hold between all of them.
pub(super) fn across(reader: &Reader<'_>, pipelines: &[Ends]) {
    shares::check(reader, pipelines);
    tables::check(reader, pipelines);
    files::check(reader, pipelines);
}

/// A stream's events must come to an end, a good one or a bad one.
fn complete(table: &Table<'_>, ends: &Ends, stream: &Placed<Source>) {
    let kind = stream.value.kind();
    if ends.sinks.is_empty() {
        let message = format!(
            "{} reads a stream, of kind `{kind}`, but has no sink: its outcomes would be lost; it needs a table [[{}]]",
            table.title(),
            table.path_of("sinks")
        );
        table.reader.problem(stream.span.clone(), message);
    }
    if ends.dead_letter.is_none() {
        let message = format!(
            "{} reads a stream, of kind `{kind}`, but has no place for events without an outcome: nobody waits for their answer, so they would be lost; it needs a table [{}]",
            table.title(),
            table.path_of("dead_letter")
        );
        table.reader.problem(stream.span.clone(), message);
    }
}

fn idle_dead_letter(reader: &Reader<'_>, ends: &Ends) {
    if let Some(dead) = &ends.dead_letter {
        let message = format!(
            "{} stands in a pipeline that reads no stream: who sends an event over HTTP is told in the answer why it has no outcome",
            dead.title
        );
        reader.problem(dead.span.clone(), message);
    }
}
