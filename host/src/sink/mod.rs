//! Where outcomes go. A sink that has taken rows keeps them: only then is their source acknowledged.

pub(crate) mod columns;
pub mod dead;
pub mod error;
pub mod exact;
pub mod kafka;
pub mod ledger;
pub mod postgres;
mod rows;
pub mod sqlite;
pub mod stdout;
#[cfg(test)]
mod testing;
pub(crate) mod trouble;

pub use dead::{DeadLetters, FileDeadLetters};
pub use error::{RefusedRow, SinkError};
pub use exact::ExactSink;
pub use kafka::{KafkaSink, TransactionTopics, Transactions};
pub use ledger::{Claim, Ledger};
pub use postgres::{ExactPostgres, PostgresSink};
pub use sqlite::{ExactSqlite, SqliteSink};
pub use stdout::StdoutSink;

use crate::{config, event::Scored};

/// One sink of one pipeline.
#[derive(Debug)]
pub enum Sink {
    Sqlite(SqliteSink),
    Stdout(StdoutSink),
    Postgres(PostgresSink),
    Kafka(KafkaSink),
}

impl Sink {
    /// Opens what the configuration names, for the pipeline of that name. A server that is away at the moment is no error: rows wait for it.
    pub async fn open(config: &config::Sink, pipeline: &str) -> Result<Sink, SinkError> {
        match config {
            config::Sink::Sqlite { path, table } => SqliteSink::open(path, table, pipeline)
                .await
                .map(Sink::Sqlite),
            config::Sink::Stdout => StdoutSink::open(pipeline).map(Sink::Stdout),
            config::Sink::Postgres(table) => PostgresSink::open(table, pipeline)
                .await
                .map(Sink::Postgres),
            config::Sink::Kafka(topic) => KafkaSink::open(topic, pipeline).map(Sink::Kafka),
        }
    }

    /// What can be said of a sink without opening it or making anything.
    pub fn check(config: &config::Sink, pipeline: &str) -> Result<(), SinkError> {
        match config {
            config::Sink::Sqlite { path, .. } => sqlite::check(path, pipeline),
            config::Sink::Stdout => Ok(()),
            config::Sink::Postgres(table) => postgres::check(table, pipeline),
            config::Sink::Kafka(topic) => kafka::check(topic, pipeline),
        }
    }

    /// The kind's name, as in the configuration and in metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Sink::Sqlite(_) => sqlite::KIND,
            Sink::Stdout(_) => stdout::KIND,
            Sink::Postgres(_) => postgres::KIND,
            Sink::Kafka(_) => kafka::KIND,
        }
    }

    /// Takes all rows or, on an error, acknowledges none. It is safe to call again with the same rows: a database holds each
    /// `(pipeline, event_id)` once, the first that came; a topic and standard output may show a row twice. A call that is dropped before it
    /// ends acknowledged nothing and harms no later call.
    pub async fn write(&self, scored: &[Scored]) -> Result<(), SinkError> {
        if scored.is_empty() {
            return Ok(());
        }
        match self {
            Sink::Sqlite(sink) => sink.write(scored).await,
            Sink::Stdout(sink) => sink.write(scored).await,
            Sink::Postgres(sink) => sink.write(scored).await,
            Sink::Kafka(sink) => sink.write(scored).await,
        }
    }

    /// Waits for a write under way and lets go of what was opened.
    pub async fn close(self) {
        match self {
            Sink::Sqlite(sink) => sink.close().await,
            Sink::Stdout(_) => {}
            Sink::Postgres(sink) => sink.close().await,
            Sink::Kafka(sink) => sink.close().await,
        }
    }
}
