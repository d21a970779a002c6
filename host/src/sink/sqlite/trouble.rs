//! SQLite's errors in the operator's words, and which of them pass by themselves.

use std::path::Path;

use super::KIND;
use crate::sink::error::{Failure, SinkError};

/// Result codes of SQLite, https://sqlite.org/rescode.html: the low byte of an extended one.
mod code {
    pub const ERROR: i32 = 1;
    pub const BUSY: i32 = 5;
    pub const LOCKED: i32 = 6;
    pub const NOMEM: i32 = 7;
    pub const READONLY: i32 = 8;
    pub const IOERR: i32 = 10;
    pub const CORRUPT: i32 = 11;
    pub const FULL: i32 = 13;
    pub const CANTOPEN: i32 = 14;
    pub const PROTOCOL: i32 = 15;
    pub const NOTADB: i32 = 26;
}

/// What went wrong, before it is known whose trouble it is.
#[derive(Debug)]
pub struct Trouble {
    pub temporary: bool,
    detail: String,
}

impl Trouble {
    pub fn temporary(detail: String) -> Self {
        Self {
            temporary: true,
            detail,
        }
    }

    pub fn permanent(detail: String) -> Self {
        Self {
            temporary: false,
            detail,
        }
    }

    /// Names an error of the database at `path`.
    pub fn of(error: &sqlx::Error, path: &Path, table: &str) -> Self {
        let path = path.display();
        let Some(database) = error.as_database_error() else {
            // Input and output, or a connection whose thread has ended: the next write opens a new one.
            return Self::temporary(format!("{path}: {error}"));
        };
        let code: i32 = database
            .code()
            .and_then(|code| code.parse().ok())
            .unwrap_or_default();
        let message = database.message();
        let said = format!("(SQLite {code}: {message})");
        match code & 0xff {
            code::BUSY | code::LOCKED | code::PROTOCOL => {
                Self::temporary(format!("{path} is locked by another program {said}"))
            }
            code::FULL => Self::temporary(format!(
                "{path} cannot grow: the disk or the database's quota is full {said}"
            )),
            code::IOERR | code::NOMEM => {
                Self::temporary(format!("{path} cannot be read or written {said}"))
            }
            code::CANTOPEN => Self::temporary(format!(
                "{path} cannot be opened: check that its folder can be written {said}"
            )),
            code::ERROR if message.starts_with("no such table") => Self::temporary(format!(
                "table `{table}` of {path} is gone: somebody dropped it; the next write makes it anew {said}"
            )),
            code::READONLY => Self::permanent(format!(
                "{path} cannot be written: check its owner and mode {said}"
            )),
            code::NOTADB => Self::permanent(format!(
                "{path} is not an SQLite database: name another file {said}"
            )),
            code::CORRUPT => Self::permanent(format!(
                "{path} is damaged: restore it from a backup or name another file {said}"
            )),
            _ => Self::permanent(format!(
                "{path}, table `{table}`: {message} (SQLite {code})"
            )),
        }
    }

    pub fn into_error(self, pipeline: &str) -> SinkError {
        let failure = Failure {
            sink: KIND,
            pipeline: pipeline.into(),
            detail: self.detail,
        };
        if self.temporary {
            SinkError::Temporary(failure)
        } else {
            SinkError::Permanent(failure)
        }
    }
}
