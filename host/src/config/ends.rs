//! The two ends of a pipeline: `[[pipelines.NAME.sources]]` and `[[pipelines.NAME.sinks]]`.

use super::{
    Sink, Source,
    names::{did_you_mean, is_table_name},
    reader::Str,
    table::Table,
    text::quoted,
};

const SOURCES: &[&str] = &["http"];
const LATER_SOURCES: &[&str] = &["file", "kafka", "postgres"];
const SINKS: &[&str] = &["sqlite", "stdout"];
const LATER_SINKS: &[&str] = &["kafka", "postgres"];
const SCORES_TABLE: &str = "scores";

/// What feeds a pipeline: at least one.
pub(super) fn sources(pipeline: &mut Table<'_>) -> Vec<Source> {
    let mut sources = Vec::new();
    let tables = pipeline.list("sources");
    if tables.is_empty() {
        let message = format!(
            "{} needs a source: a table [[{}]] with `kind = \"http\"`",
            pipeline.title(),
            pipeline.path_of("sources")
        );
        pipeline
            .reader
            .problem(pipeline.span_of("sources"), message);
    }
    for mut table in tables {
        if kind(&mut table, "source", SOURCES, LATER_SOURCES).is_none() {
            continue;
        }
        push(&mut sources, Source::Http, &table);
        table.finish(&[]);
    }
    sources
}

/// What takes a pipeline's outcomes; there may be none.
pub(super) fn sinks(pipeline: &mut Table<'_>) -> Vec<Sink> {
    let mut sinks = Vec::new();
    for mut table in pipeline.list("sinks") {
        let Some(kind) = kind(&mut table, "sink", SINKS, LATER_SINKS) else {
            continue;
        };
        let sink = if kind == "sqlite" {
            sqlite(&mut table)
        } else {
            Some(Sink::Stdout)
        };
        if let Some(sink) = sink {
            push(&mut sinks, sink, &table);
        }
        table.finish(&[]);
    }
    sinks
}

fn sqlite(table: &mut Table<'_>) -> Option<Sink> {
    let path = table
        .required_string(
            "path",
            "the database's file; it is made where there is none",
        )
        .map(|path| table.path("path", &path));
    let name = match table.value("table") {
        Some(_) => table.string("table").map(|name| table_name(table, name)),
        None => Some(SCORES_TABLE.to_owned()),
    };
    Some(Sink::Sqlite {
        path: path?,
        table: name?,
    })
}

fn table_name(table: &Table<'_>, name: Str) -> String {
    if !is_table_name(&name.value) {
        let message = format!(
            "`table` in {} is {}; it must be 1 to 63 letters (a-z, A-Z), digits and `_`, and begin with no digit",
            table.title(),
            quoted(&name.written)
        );
        table.reader.problem(name.span, message);
    }
    name.value
}

/// One of the kinds that are served. Of another one nothing else is looked at: its keys are its own.
fn kind(
    table: &mut Table<'_>,
    what: &str,
    served: &'static [&'static str],
    later: &[&str],
) -> Option<&'static str> {
    let expected = format!("one of `{}`", served.join("`, `"));
    let kind = table.required_string("kind", &expected)?;
    if let Some(served) = served.iter().find(|served| **served == kind.value) {
        return Some(served);
    }
    let written = quoted(&kind.written);
    let message = if later.contains(&kind.value.as_str()) {
        format!("a {what} of kind {written} is not served by this version, only {expected}")
    } else {
        let otherwise = || format!("; it must be {expected}");
        let hint = if kind.substituted {
            otherwise()
        } else {
            did_you_mean(&kind.value, served.iter().copied(), otherwise)
        };
        format!("there is no {what} of kind {written}{hint}")
    };
    table.reader.problem(kind.span, message);
    None
}

/// Adds what the pipeline does not have yet: the same twice is a slip of copying.
fn push<T: PartialEq>(ends: &mut Vec<T>, end: T, table: &Table<'_>) {
    if ends.contains(&end) {
        let message = format!("{} repeats an earlier one of this pipeline", table.title());
        table.reader.problem(table.span(), message);
    }
    ends.push(end);
}
