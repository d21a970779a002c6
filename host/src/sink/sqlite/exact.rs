//! Placeholder.
use std::path::Path;

use super::KIND;
use crate::{
    dead_letter::DeadLetter,
    event::Scored,
    lane::Stream,
    sink::{
        error::{Failure, SinkError},
        ledger::Claim,
    },
};

/// Placeholder.
#[derive(Debug)]
pub struct ExactSqlite {
    pipeline: String,
}

impl ExactSqlite {
    /// `dead` is a table of the same file.
    pub async fn open(
        _path: &Path,
        _table: &str,
        _dead: &str,
        pipeline: &str,
    ) -> Result<Self, SinkError> {
        Ok(Self {
            pipeline: pipeline.into(),
        })
    }

    /// Its source's side; `owner` is this gateway's name.
    pub fn ledger(&self, _owner: &str) -> SqliteLedger {
        SqliteLedger {
            pipeline: self.pipeline.clone(),
        }
    }

    pub(in crate::sink) async fn write(
        &self,
        _scored: &[Scored],
        _dead: &[DeadLetter],
    ) -> Result<(), SinkError> {
        Err(not_built(&self.pipeline))
    }

    pub(in crate::sink) async fn close(self) {}
}

/// Placeholder.
#[derive(Debug)]
pub struct SqliteLedger {
    pipeline: String,
}

impl SqliteLedger {
    pub(in crate::sink) async fn claim(
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
