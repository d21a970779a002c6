//! What went wrong in a database, before it is known whose trouble it is.

use super::error::{Failure, RefusedRow, SinkError};

/// See the module; each text is one sentence for the operator.
#[derive(Debug)]
pub enum Trouble {
    Temporary(String),
    Permanent(String),
    /// Certain rows can never be taken.
    Rows(String, Vec<RefusedRow>),
    /// Somebody else owns a lane.
    Closed(String),
}

impl Trouble {
    pub fn is_temporary(&self) -> bool {
        matches!(self, Trouble::Temporary(_))
    }

    pub fn detail(&self) -> &str {
        match self {
            Trouble::Temporary(detail)
            | Trouble::Permanent(detail)
            | Trouble::Rows(detail, _)
            | Trouble::Closed(detail) => detail,
        }
    }

    pub fn into_error(self, sink: &'static str, pipeline: &str) -> SinkError {
        let failure = |detail| Failure {
            sink,
            pipeline: pipeline.into(),
            detail,
        };
        match self {
            Trouble::Temporary(detail) => SinkError::Temporary(failure(detail)),
            Trouble::Permanent(detail) => SinkError::Permanent(failure(detail)),
            Trouble::Rows(detail, rows) => SinkError::Rows(failure(detail), rows),
            Trouble::Closed(detail) => SinkError::Closed(failure(detail)),
        }
    }
}
