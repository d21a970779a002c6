//! Why a sink did not take rows: one text for the operator's log, another that a caller may read.

use std::fmt;

/// A sink did not take rows; none of the call's rows is acknowledged. Written out, it is for the operator: it names files and causes.
#[derive(Debug)]
pub enum SinkError {
    /// Busy, full, or an input or output error: the same rows may be taken a moment later.
    Temporary(Failure),
    /// It stays so until somebody does something about it.
    Permanent(Failure),
    /// Of these rows alone it is certain that they will never be taken, as they are too large; the others may be.
    Rows(Failure, Vec<RefusedRow>),
    /// A lane of these events was closed meanwhile: they are not this gateway's any more. The others may be taken.
    Closed(Failure),
}

/// A row that a sink will never take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// Its place in the call.
    pub row: usize,
    /// One sentence, which a dead letter may hold.
    pub reason: String,
}

/// Which sink failed, and how.
#[derive(Debug)]
pub struct Failure {
    /// Its kind, as in the configuration.
    pub sink: &'static str,
    pub pipeline: String,
    /// One sentence for the operator.
    pub detail: String,
}

impl SinkError {
    /// Whether trying again is worth it.
    pub fn is_temporary(&self) -> bool {
        matches!(self, SinkError::Temporary(_))
    }

    /// What a caller may read: which sink, and whether it passes by itself; no file, no cause.
    pub fn for_caller(&self) -> String {
        let Failure { sink, pipeline, .. } = self.failure();
        let state = match self {
            SinkError::Temporary(_) | SinkError::Closed(_) => {
                "does not take rows at the moment: it is busy or cannot be reached"
            }
            SinkError::Permanent(_) => "does not take rows until an operator has put it right",
            SinkError::Rows(..) => "can never take this outcome: another try will not help",
        };
        format!("the sink {sink} of pipeline `{pipeline}` {state}")
    }

    fn failure(&self) -> &Failure {
        match self {
            SinkError::Temporary(failure)
            | SinkError::Permanent(failure)
            | SinkError::Rows(failure, _)
            | SinkError::Closed(failure) => failure,
        }
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = self.failure();
        write!(
            f,
            "sink {} of pipeline `{}`: {}",
            failure.sink, failure.pipeline, failure.detail
        )
    }
}

impl std::error::Error for SinkError {}
