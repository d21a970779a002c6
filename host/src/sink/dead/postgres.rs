//! Dead letters in a PostgreSQL table: beside the outcomes' code, as one transaction may hold both.

pub use crate::sink::postgres::PostgresDeadLetters;
