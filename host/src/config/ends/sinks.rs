//! `[[pipelines.NAME.sinks]]`: what takes a pipeline's outcomes.

use super::{
    super::{Sink, table::Table},
    Placed, database, kafka, kind, list,
};

const KINDS: &[&str] = &["sqlite", "stdout", "postgres", "kafka"];
const SCORES_TABLE: &str = "scores";

/// There may be none.
pub(super) fn read(pipeline: &mut Table<'_>, whole: &mut bool) -> Vec<Placed<Sink>> {
    list(pipeline, "sinks", whole, |table| {
        let sink = match kind(table, "sink", KINDS)? {
            "sqlite" => {
                let (path, table) = database::sqlite(table, SCORES_TABLE);
                Sink::Sqlite { path, table }
            }
            "postgres" => Sink::Postgres(database::postgres(table, SCORES_TABLE)),
            "kafka" => Sink::Kafka(kafka::output(table)),
            _ => Sink::Stdout,
        };
        Some(sink)
    })
}
