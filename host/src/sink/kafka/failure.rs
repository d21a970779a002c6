//! Failures of the sinks that write to topics, as the pipeline reads them.

use super::KIND;
use crate::sink::error::{Failure, RefusedRow, SinkError};

pub fn temporary(pipeline: &str, detail: impl Into<String>) -> SinkError {
    SinkError::Temporary(failure(pipeline, detail))
}

pub fn permanent(pipeline: &str, detail: impl Into<String>) -> SinkError {
    SinkError::Permanent(failure(pipeline, detail))
}

pub fn closed(pipeline: &str, detail: impl Into<String>) -> SinkError {
    SinkError::Closed(failure(pipeline, detail))
}

/// Rows that `topics` will never take.
pub fn rows(pipeline: &str, topics: &str, mut refused: Vec<RefusedRow>) -> SinkError {
    refused.sort_by_key(|refused| refused.row);
    refused.dedup_by_key(|refused| refused.row);
    let detail = format!("{} records can never be written to {topics}", refused.len());
    SinkError::Rows(failure(pipeline, detail), refused)
}

/// A record that is larger than what may be written to `topic`.
pub fn too_large(row: usize, topic: &str) -> RefusedRow {
    RefusedRow {
        row,
        reason: format!("the record is larger than what topic `{topic}` takes"),
    }
}

/// A record that the broker finds invalid whenever it comes, as one without a key in a compacted topic.
pub fn invalid(row: usize, topic: &str, why: impl std::fmt::Display) -> RefusedRow {
    RefusedRow {
        row,
        reason: format!("topic `{topic}` does not take the record: {why}"),
    }
}

fn failure(pipeline: &str, detail: impl Into<String>) -> Failure {
    Failure {
        sink: KIND,
        pipeline: pipeline.to_owned(),
        detail: detail.into(),
    }
}
