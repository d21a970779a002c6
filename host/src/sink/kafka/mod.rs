//! Placeholder.
use std::sync::Arc;

use super::error::{Failure, SinkError};
use crate::{config::KafkaTopic, dead_letter::DeadLetter, event::Scored, kafka::Group};

pub const KIND: &str = "kafka";

/// What can be said of it without a connection.
pub(super) fn check(_topic: &KafkaTopic, _pipeline: &str) -> Result<(), SinkError> {
    Ok(())
}

/// Placeholder.
#[derive(Debug)]
pub struct KafkaSink {
    pipeline: String,
}

impl KafkaSink {
    pub(super) fn open(_topic: &KafkaTopic, pipeline: &str) -> Result<Self, SinkError> {
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
pub struct Transactions {
    pipeline: String,
}

/// What a pipeline's transactions write to.
#[derive(Debug)]
pub struct TransactionTopics<'c> {
    /// All of one cluster; each outcome goes to each of them.
    pub outcomes: Vec<&'c KafkaTopic>,
    pub dead: &'c KafkaTopic,
}

impl Transactions {
    /// `server` is this gateway's name: its transactions' id must be its own.
    pub fn open(
        _topics: &TransactionTopics<'_>,
        _group: Arc<Group>,
        pipeline: &str,
        _server: &str,
    ) -> Result<Self, SinkError> {
        Ok(Self {
            pipeline: pipeline.into(),
        })
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

fn not_built(pipeline: &str) -> SinkError {
    SinkError::Permanent(Failure {
        sink: KIND,
        pipeline: pipeline.to_owned(),
        detail: "is not built yet".into(),
    })
}
