//! SQLite's errors in the operator's words, and which of them pass by themselves.

use std::path::Path;

use crate::sink::trouble::Trouble;

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

/// Names an error of the database at `path`.
pub fn of(error: &sqlx::Error, path: &Path, table: &str) -> Trouble {
    let path = path.display();
    let Some(database) = error.as_database_error() else {
        // Input and output, or a connection whose thread has ended: the next write opens a new one.
        return Trouble::Temporary(format!("{path}: {error}"));
    };
    let code: i32 = database
        .code()
        .and_then(|code| code.parse().ok())
        .unwrap_or_default();
    let message = database.message();
    let said = format!("(SQLite {code}: {message})");
    match code & 0xff {
        code::BUSY | code::LOCKED | code::PROTOCOL => {
            Trouble::Temporary(format!("{path} is locked by another program {said}"))
        }
        code::FULL => Trouble::Temporary(format!(
            "{path} cannot grow: the disk or the database's quota is full {said}"
        )),
        code::IOERR | code::NOMEM => {
            Trouble::Temporary(format!("{path} cannot be read or written {said}"))
        }
        code::CANTOPEN => Trouble::Temporary(format!(
            "{path} cannot be opened: check that its folder can be written {said}"
        )),
        code::ERROR if message.starts_with("no such table") => Trouble::Temporary(format!(
            "table `{table}` of {path} is gone: somebody dropped it; the next write makes it anew {said}"
        )),
        code::READONLY => Trouble::Permanent(format!(
            "{path} cannot be written: check its owner and mode {said}"
        )),
        code::NOTADB => Trouble::Permanent(format!(
            "{path} is not an SQLite database: name another file {said}"
        )),
        code::CORRUPT => Trouble::Permanent(format!(
            "{path} is damaged: restore it from a backup or name another file {said}"
        )),
        _ => Trouble::Permanent(format!(
            "{path}, table `{table}`: {message} (SQLite {code})"
        )),
    }
}
