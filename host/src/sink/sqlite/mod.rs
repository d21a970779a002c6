//! Outcomes and dead letters in an SQLite file, durable before anybody is told, and there the place in a topic beside them.
//!
//! The table, as `sqlite3 scores.db ".schema scores"` shows it, stands in [`schema`]. To look at it:
//! `sqlite3 scores.db "SELECT decision, count(*), avg(score) FROM scores GROUP BY decision"`.

#[cfg(test)]
mod crash;
pub(crate) mod database;
mod exact;
#[cfg(test)]
mod failures;
pub(crate) mod file;
mod letters;
mod rows;
pub mod schema;
#[cfg(test)]
mod tests;
pub(crate) mod trouble;

pub use exact::{ExactSqlite, SqliteLedger};
pub use letters::SqliteDeadLetters;

use std::path::Path;

use self::{
    file::File,
    schema::{Kind, Table},
};
use super::{error::SinkError, rows::Rows, trouble::Trouble};
use crate::event::Scored;

pub const KIND: &str = "sqlite";

/// Whether the file could be there: it is no folder, and its folder is one or can become one.
pub(super) fn check(path: &Path, pipeline: &str) -> Result<(), SinkError> {
    let wrong = |reason: &str| {
        let trouble = Trouble::Permanent(format!("{}: {reason}", path.display()));
        Err(trouble.into_error(KIND, pipeline))
    };
    if path.is_dir() {
        return wrong("is a folder, not a database file");
    }
    match path.ancestors().skip(1).find(|folder| folder.exists()) {
        Some(folder) if !folder.is_dir() => wrong("its folder is a file"),
        _ => Ok(()),
    }
}

/// One pipeline's writer to one table.
#[derive(Debug)]
pub struct SqliteSink {
    file: File,
    table: Table,
}

impl SqliteSink {
    /// Opens the file, makes it, its folder and its table where they are missing, and brings an older table up to date.
    pub(super) async fn open(path: &Path, table: &str, pipeline: &str) -> Result<Self, SinkError> {
        let open = async {
            let table = Table::new(Kind::Scores, table)?;
            let file = File::open(path, vec![table.clone()], pipeline).await?;
            Ok(Self { file, table })
        };
        open.await
            .map_err(|trouble: Trouble| trouble.into_error(KIND, pipeline))
    }

    /// Inserts all rows in one transaction; on Ok they survive the end of the process and of the machine.
    pub(super) async fn write(&self, scored: &[Scored]) -> Result<(), SinkError> {
        let written = self.file.write(&self.table, Rows::Scored(scored)).await;
        written.map_err(|trouble| trouble.into_error(KIND, &self.file.pipeline))
    }

    /// Moves what is in the write-ahead log into the file, as far as readers let it, and closes the file.
    pub(super) async fn close(self) {
        self.file.close().await;
    }
}
