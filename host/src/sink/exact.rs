//! Sinks that take outcomes, dead letters and the place in the stream together or not at all.

use super::{error::SinkError, kafka::Transactions, postgres::ExactPostgres, sqlite::ExactSqlite};
use crate::{dead_letter::DeadLetter, event::Scored};

/// The one sink of a pipeline that delivers exactly once.
#[derive(Debug)]
pub enum ExactSink {
    Kafka(Transactions),
    Postgres(ExactPostgres),
    Sqlite(ExactSqlite),
}

impl ExactSink {
    /// The kind's name, as in the configuration and in metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            ExactSink::Kafka(_) => super::kafka::KIND,
            ExactSink::Postgres(_) => super::postgres::KIND,
            ExactSink::Sqlite(_) => super::sqlite::KIND,
        }
    }

    /// Gets ready for the first write. What cannot be done now is done with that.
    pub async fn prepare(&self) {
        match self {
            ExactSink::Kafka(sink) => sink.prepare().await,
            ExactSink::Postgres(_) | ExactSink::Sqlite(_) => {}
        }
    }

    /// Takes all of it, and moves each lane of these events to the end of its last one; or, on an error, none of it. It is safe to call again
    /// with the same events: what was taken before, although its answer got lost, is not taken twice.
    ///
    /// # Errors
    /// [`SinkError::Closed`] where a lane is closed, as it is by this call where it turns out that somebody else owns it: the events of
    /// open lanes are worth another call. [`SinkError::Rows`] counts `scored` first and `dead` after it.
    pub async fn write(&self, scored: &[Scored], dead: &[DeadLetter]) -> Result<(), SinkError> {
        if scored.is_empty() && dead.is_empty() {
            return Ok(());
        }
        match self {
            ExactSink::Kafka(sink) => sink.write(scored, dead).await,
            ExactSink::Postgres(sink) => sink.write(scored, dead).await,
            ExactSink::Sqlite(sink) => sink.write(scored, dead).await,
        }
    }

    /// Waits for a write under way and lets go of what was opened.
    pub async fn close(self) {
        match self {
            ExactSink::Kafka(sink) => sink.close().await,
            ExactSink::Postgres(sink) => sink.close().await,
            ExactSink::Sqlite(sink) => sink.close().await,
        }
    }
}
