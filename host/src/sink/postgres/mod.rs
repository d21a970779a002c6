//! Placeholder.
use super::{
    error::{Failure, SinkError},
    ledger::Claim,
};
use crate::{config::PostgresTable, dead_letter::DeadLetter, event::Scored, lane::Stream};

pub const KIND: &str = "postgres";

/// What can be said of it without a connection.
pub(super) fn check(_table: &PostgresTable, _pipeline: &str) -> Result<(), SinkError> {
    Ok(())
}

/// Placeholder.
#[derive(Debug)]
pub struct PostgresSink {
    pipeline: String,
}

impl PostgresSink {
    pub(super) async fn open(_table: &PostgresTable, pipeline: &str) -> Result<Self, SinkError> {
        Ok(Self {
            pipeline: pipeline.into(),
        })
    }

    pub(super) async fn write(&self, _scored: &[Scored]) -> Result<(), SinkError> {
        Err(not_built(&self.pipeline))
    }

    pub(super) async fn close(self) {}
}

/// Placeholder.
#[derive(Debug)]
pub struct ExactPostgres {
    pipeline: String,
}

impl ExactPostgres {
    /// `dead` is a table of the same database.
    pub async fn open(
        _table: &PostgresTable,
        _dead: &str,
        pipeline: &str,
    ) -> Result<Self, SinkError> {
        Ok(Self {
            pipeline: pipeline.into(),
        })
    }

    /// Its source's side; `owner` is this gateway's name.
    pub fn ledger(&self, _owner: &str) -> PostgresLedger {
        PostgresLedger {
            pipeline: self.pipeline.clone(),
        }
    }

    pub(super) async fn write(
        &self,
        _scored: &[Scored],
        _dead: &[DeadLetter],
    ) -> Result<(), SinkError> {
        Err(not_built(&self.pipeline))
    }

    pub(super) async fn close(self) {}
}

/// Placeholder.
#[derive(Debug)]
pub struct PostgresLedger {
    pipeline: String,
}

impl PostgresLedger {
    pub(super) async fn claim(
        &self,
        _stream: &Stream,
        _partition: i32,
    ) -> Result<Claim, SinkError> {
        Err(not_built(&self.pipeline))
    }
}

fn not_built(pipeline: &str) -> SinkError {
    SinkError::Permanent(Failure {
        sink: KIND,
        pipeline: pipeline.to_owned(),
        detail: "is not built yet".into(),
    })
}
