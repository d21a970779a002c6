//! The dead letters of a pipeline, as an operator's command reads them back.

use super::{
    super::error::SinkError, FileDeadLetters, Filter, Letter, PostgresDeadLetters,
    SqliteDeadLetters, topic::TopicLetters,
};
use crate::{config, dead_letter::Cause};

/// See the module.
pub enum Archive {
    File(FileDeadLetters),
    Postgres(PostgresDeadLetters),
    Sqlite(SqliteDeadLetters),
    Topic(TopicLetters),
}

impl Archive {
    /// Opens what the configuration names; `None` where it is a file that no letter has made yet.
    pub async fn open(
        config: &config::DeadLetter,
        pipeline: &str,
    ) -> Result<Option<Self>, SinkError> {
        Ok(Some(match config {
            config::DeadLetter::File { path } | config::DeadLetter::Sqlite { path, .. }
                if !path.exists() =>
            {
                return Ok(None);
            }
            config::DeadLetter::File { path } => Self::File(FileDeadLetters::new(path, pipeline)),
            config::DeadLetter::Sqlite { path, table } => {
                Self::Sqlite(SqliteDeadLetters::open(path, table, pipeline).await?)
            }
            config::DeadLetter::Postgres(table) => {
                Self::Postgres(PostgresDeadLetters::open(table, pipeline).await?)
            }
            config::DeadLetter::Kafka(topic) => Self::Topic(TopicLetters::open(topic, pipeline)?),
        }))
    }

    /// The letters asked for.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Letter>, SinkError> {
        match self {
            Self::File(letters) => letters.list(filter).await,
            Self::Postgres(letters) => letters.list(filter).await,
            Self::Sqlite(letters) => letters.list(filter).await,
            Self::Topic(letters) => letters.list(filter).await.map(|(letters, _)| letters),
        }
    }

    /// How many there are of each cause, the filter's place and limit aside.
    pub async fn counts(&self, filter: &Filter) -> Result<Vec<(Cause, u64)>, SinkError> {
        match self {
            Self::File(letters) => letters.counts(filter).await,
            Self::Postgres(letters) => letters.counts(filter).await,
            Self::Sqlite(letters) => letters.counts(filter).await,
            Self::Topic(letters) => letters.list(filter).await.map(|(_, counts)| counts),
        }
    }

    /// The letter of that id.
    pub async fn get(&self, id: &str) -> Result<Option<Letter>, SinkError> {
        match self {
            Self::File(letters) => letters.get(id).await,
            Self::Postgres(letters) => letters.get(id).await,
            Self::Sqlite(letters) => letters.get(id).await,
            Self::Topic(letters) => letters.get(id).await,
        }
    }

    /// Says that the letter was sent again. A topic cannot: it keeps only how far all were ([`TopicLetters::commit`]).
    pub async fn mark_retried(&self, id: &str, at_ms: u64) -> Result<(), SinkError> {
        match self {
            Self::File(letters) => letters.mark_retried(id, at_ms).await,
            Self::Postgres(letters) => letters.mark_retried(id, at_ms).await,
            Self::Sqlite(letters) => letters.mark_retried(id, at_ms).await,
            Self::Topic(_) => Ok(()),
        }
    }
}
