//! Where events go that have no outcome and that nobody waits for.

mod append;
mod archive;
mod file;
mod kafka;
mod last_resort;
mod letter;
pub mod line;
mod postgres;
pub(super) mod row;
mod sqlite;
mod topic;

use std::path::Path;

pub use archive::Archive;
pub use file::FileDeadLetters;
pub use kafka::KafkaDeadLetters;
pub use last_resort::LastResort;
pub use letter::{Filter, Letter, Order};
pub use postgres::PostgresDeadLetters;
pub use sqlite::SqliteDeadLetters;
pub use topic::TopicLetters;

use super::error::SinkError;
use crate::{config, dead_letter::DeadLetter};

/// The dead letters of one pipeline.
#[derive(Debug)]
pub struct DeadLetters {
    keeper: Keeper,
    last_resort: LastResort,
}

/// What keeps them.
#[derive(Debug)]
enum Keeper {
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
        Ok(Self {
            keeper: Keeper::open(config, pipeline).await?,
            last_resort: LastResort::new(last_resort, pipeline),
        })
    }

    /// What can be said of it without opening it or making anything.
    pub fn check(config: &config::DeadLetter, pipeline: &str) -> Result<(), SinkError> {
        match config {
            config::DeadLetter::File { .. } => Ok(()),
            config::DeadLetter::Kafka(topic) => super::kafka::check(topic, pipeline),
            config::DeadLetter::Postgres(table) => super::postgres::check(table, pipeline),
            config::DeadLetter::Sqlite { path, .. } => super::sqlite::check(path, pipeline),
        }
    }

    /// The kind's name, as in the configuration and in metrics.
    pub fn kind(&self) -> &'static str {
        match &self.keeper {
            Keeper::File(_) => file::KIND,
            Keeper::Kafka(_) => super::kafka::KIND,
            Keeper::Postgres(_) => super::postgres::KIND,
            Keeper::Sqlite(_) => super::sqlite::KIND,
        }
    }

    /// Takes all of them or, on an error, acknowledges none. A database holds each `(pipeline, event_id)` once; a topic and a file may show
    /// one twice. It never fails with [`SinkError::Rows`]: what its keeper refuses for ever is in the file of last resort on Ok.
    pub async fn write(&self, dead: &[DeadLetter]) -> Result<(), SinkError> {
        let mut refused = Vec::new();
        let mut rest = std::borrow::Cow::Borrowed(dead);
        while !rest.is_empty() {
            match self.keeper.write(&rest).await {
                Ok(()) => break,
                Err(SinkError::Rows(_, rows)) if !rows.is_empty() => {
                    rest = last_resort::part(rest.into_owned(), &rows, &mut refused).into();
                }
                Err(error) => return Err(error),
            }
        }
        // Last, so that another try because of the others does not repeat them.
        self.last_resort.write(&refused).await
    }

    /// Waits for a write under way and lets go of what was opened.
    pub async fn close(self) {
        match self.keeper {
            Keeper::File(sink) => sink.close().await,
            Keeper::Kafka(sink) => sink.close().await,
            Keeper::Postgres(sink) => sink.close().await,
            Keeper::Sqlite(sink) => sink.close().await,
        }
    }
}

impl Keeper {
    async fn open(config: &config::DeadLetter, pipeline: &str) -> Result<Self, SinkError> {
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

    async fn write(&self, dead: &[DeadLetter]) -> Result<(), SinkError> {
        match self {
            Self::File(sink) => sink.write(dead).await,
            Self::Kafka(sink) => sink.write(dead).await,
            Self::Postgres(sink) => sink.write(dead).await,
            Self::Sqlite(sink) => sink.write(dead).await,
        }
    }
}
