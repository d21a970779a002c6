//! Dead letters in an SQLite table: beside the outcomes' code, as one transaction may hold both.

pub use crate::sink::sqlite::SqliteDeadLetters;
