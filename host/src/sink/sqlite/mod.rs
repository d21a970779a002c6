//! Outcomes in an SQLite file: one row an event, durable before anybody is told.
//!
//! The table, as `sqlite3 scores.db ".schema scores"` shows it, stands in [`schema`]. To look at it:
//! `sqlite3 scores.db "SELECT decision, count(*), avg(score) FROM scores GROUP BY decision"`.

#[cfg(test)]
mod crash;
mod database;
mod exact;
#[cfg(test)]
mod failures;
mod rows;
pub mod schema;
#[cfg(test)]
mod tests;
mod trouble;

pub use exact::{ExactSqlite, SqliteLedger};

use std::path::{Path, PathBuf};

use sqlx::Connection as _;
use tokio::sync::Mutex;

use self::{database::Database, rows::Insert, trouble::Trouble};
use super::error::SinkError;
use crate::event::Scored;

pub const KIND: &str = "sqlite";

/// Whether the file could be there: it is no folder, and its folder is one or can become one.
pub(super) fn check(path: &Path, pipeline: &str) -> Result<(), SinkError> {
    let wrong = |reason: &str| {
        let trouble = Trouble::permanent(format!("{}: {reason}", path.display()));
        Err(trouble.into_error(pipeline))
    };
    if path.is_dir() {
        return wrong("is a folder, not a database file");
    }
    match path.ancestors().skip(1).find(|folder| folder.exists()) {
        Some(folder) if !folder.is_dir() => wrong("its folder is a file"),
        _ => Ok(()),
    }
}

/// One pipeline's writer to one table. It has one connection: SQLite takes one writer at a time anyway, and others (of this process or
/// another) wait their turn for [`database::BUSY_MAX_MS`].
#[derive(Debug)]
pub struct SqliteSink {
    path: PathBuf,
    table: String,
    pipeline: String,
    insert: Insert,
    /// None after a failure or a write that was dropped half way: the next write opens the file anew, whatever state the last one was in.
    database: Mutex<Option<Database>>,
}

impl SqliteSink {
    /// Opens the file, makes it, its folder and its table where they are missing, and brings an older table up to date.
    pub(super) async fn open(path: &Path, table: &str, pipeline: &str) -> Result<Self, SinkError> {
        let refuse = |trouble: Trouble| trouble.into_error(pipeline);
        schema::check_name(table).map_err(refuse)?;
        let path = std::path::absolute(path)
            .map_err(|error| refuse(Trouble::permanent(format!("{}: {error}", path.display()))))?;
        let database = Database::open(&path, table).await.map_err(refuse)?;
        Ok(Self {
            insert: Insert::new(table, pipeline),
            path,
            table: table.into(),
            pipeline: pipeline.into(),
            database: Mutex::new(Some(database)),
        })
    }

    /// Inserts all rows in one transaction; on Ok they survive the end of the process and of the machine.
    pub(super) async fn write(&self, scored: &[Scored]) -> Result<(), SinkError> {
        let mut slot = self.database.lock().await;
        self.write_to(&mut slot, scored)
            .await
            .map_err(|trouble| trouble.into_error(&self.pipeline))
    }

    async fn write_to(
        &self,
        slot: &mut Option<Database>,
        scored: &[Scored],
    ) -> Result<(), Trouble> {
        // Rows in a file that nobody finds any more would be lost. It is not opened anew here: SQLite's write-ahead log has the path's
        // name too, and two databases must never share one (https://sqlite.org/howtocorrupt.html, section 4.3).
        if slot
            .as_ref()
            .is_some_and(|database| !database.is_at(&self.path))
        {
            return Err(Trouble::permanent(format!(
                "{} was moved, deleted or replaced while in use: put it back, or start the gateway again to begin a new one",
                self.path.display()
            )));
        }
        // Taken out, so that a failed or dropped write closes it; SQLite then rolls back what was not committed.
        let mut database = match slot.take() {
            Some(database) => database,
            None => Database::open(&self.path, &self.table).await?,
        };
        let written = self.insert.rows(&mut database.connection, scored).await;
        written.map_err(|error| Trouble::of(&error, &self.path, &self.table))?;
        *slot = Some(database);
        Ok(())
    }

    /// Moves what is in the write-ahead log into the file, as far as readers let it, and closes the file.
    pub(super) async fn close(self) {
        let Some(mut database) = self.database.into_inner() else {
            return;
        };
        let path = self.path.display();
        // Not TRUNCATE: it would wait for readers, and the rows are durable in the log as well.
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
            .execute(&mut database.connection)
            .await
        {
            tracing::warn!(%error, %path, "the write-ahead log stays beside the database");
        }
        if let Err(error) = database.connection.close().await {
            tracing::warn!(%error, %path, "the database was not closed in order");
        }
    }
}
