//! Placeholder.
use super::super::error::{Failure, SinkError};
use crate::dead_letter::DeadLetter;

const KIND: &str = "sqlite";

/// Placeholder.
#[derive(Debug)]
pub struct SqliteDeadLetters {
    pipeline: String,
}

impl SqliteDeadLetters {
    pub(super) async fn open(
        _path: &std::path::Path,
        _table: &str,
        pipeline: &str,
    ) -> Result<Self, SinkError> {
        Ok(Self {
            pipeline: pipeline.into(),
        })
    }

    pub(super) async fn write(&self, _dead: &[DeadLetter]) -> Result<(), SinkError> {
        Err(not_built(&self.pipeline))
    }

    pub(super) async fn close(self) {}
}

fn not_built(pipeline: &str) -> SinkError {
    SinkError::Permanent(Failure {
        sink: KIND,
        pipeline: pipeline.to_owned(),
        detail: "is not built yet".into(),
    })
}
