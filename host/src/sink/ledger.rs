//! Who owns a partition, and where it is read on, where a database keeps that beside the outcomes.

use super::{error::SinkError, postgres::PostgresLedger, sqlite::SqliteLedger};
use crate::lane::Stream;

/// A partition that is this gateway's until somebody else claims it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Larger than that of any owner before: rows of an earlier owner are refused from now on.
    pub epoch: i64,
    /// Where to read on; none where nothing of the partition was ever delivered.
    pub next: Option<i64>,
}

/// The database's side of a source.
#[derive(Debug)]
pub enum Ledger {
    Postgres(PostgresLedger),
    Sqlite(SqliteLedger),
}

impl Ledger {
    /// Makes the partition this gateway's own.
    pub async fn claim(&self, stream: &Stream, partition: i32) -> Result<Claim, SinkError> {
        match self {
            Ledger::Postgres(ledger) => ledger.claim(stream, partition).await,
            Ledger::Sqlite(ledger) => ledger.claim(stream, partition).await,
        }
    }
}
