//! Where events go that have no outcome and that nobody waits for.

mod file;
mod kafka;
mod letter;
mod postgres;
mod sqlite;

use std::path::Path;

pub use file::FileDeadLetters;
pub use kafka::KafkaDeadLetters;
pub use letter::{Filter, Letter, Order};
pub use postgres::PostgresDeadLetters;
pub use sqlite::SqliteDeadLetters;

use super::error::SinkError;
use crate::{config, dead_letter::DeadLetter};

/// The dead letters of one pipeline.
#[derive(Debug)]
pub enum DeadLetters {
    File(FileDeadLetters),
    Kafka(KafkaDeadLetters),
    Postgres(PostgresDeadLetters),
    Sqlite(SqliteDeadLetters),
}

impl DeadLetters {
    /// Opens what the configuration names. What it can never take, such as a record over its topic's limit, goes into `last_resort`, a file.
    pub async fn open(
        config: &config::DeadLetter,
        pipeline: &str,
        last_resort: &Path,
    ) -> Result<Self, SinkError> {
        let _ = last_resort;
        match config {
            config::DeadLetter::File { path } => {
                FileDeadLetters::open(path, pipeline).await.map(Self::File)
            }
            config::DeadLetter::Kafka(topic) => {
                KafkaDeadLetters::open(topic, pipeline).map(Self::Kafka)
            }
            config::DeadLetter::Postgres(table) => PostgresDeadLetters::open(table, pipeline)
                .await
                .map(Self::Postgres),
            config::DeadLetter::Sqlite { path, table } => {
                SqliteDeadLetters::open(path, table, pipeline)
                    .await
                    .map(Self::Sqlite)
            }
        }
    }

    /// The kind's name, as in the configuration and in metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Kafka(_) => super::kafka::KIND,
            Self::Postgres(_) => super::postgres::KIND,
            Self::Sqlite(_) => super::sqlite::KIND,
        }
    }

    /// Takes all of them or, on an error, acknowledges none. A database holds each `(pipeline, event_id)` once.
    pub async fn write(&self, dead: &[DeadLetter]) -> Result<(), SinkError> {
        if dead.is_empty() {
            return Ok(());
        }
        match self {
            Self::File(sink) => sink.write(dead).await,
            Self::Kafka(sink) => sink.write(dead).await,
            Self::Postgres(sink) => sink.write(dead).await,
            Self::Sqlite(sink) => sink.write(dead).await,
        }
    }

    /// Waits for a write under way and lets go of what was opened.
    pub async fn close(self) {
        match self {
            Self::File(sink) => sink.close().await,
            Self::Kafka(sink) => sink.close().await,
            Self::Postgres(sink) => sink.close().await,
            Self::Sqlite(sink) => sink.close().await,
        }
    }
}
