//! One pipeline's hold on a database file. It has one connection: SQLite takes one writer at a time anyway, and others (of this process or
//! another) wait their turn for [`super::database::BUSY_MAX_MS`].

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use sqlx::{Connection as _, sqlite::SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

use super::{
    database::Database,
    rows::{self, STATEMENT_MAX_ROWS},
    schema::Table,
    trouble,
};
use crate::{
    failpoint,
    sink::{rows::Rows, trouble::Trouble},
};

/// See the module.
#[derive(Debug)]
pub struct File {
    pub path: PathBuf,
    pub pipeline: Arc<str>,
    tables: Vec<Table>,
    /// None after a failure or a call that was dropped half way: the next one opens the file anew, whatever state the last one was in.
    pub database: Mutex<Option<Database>>,
}

/// The open file, for one call. Dropped, it is closed: SQLite then rolls back what was not committed.
pub struct Lent<'f> {
    database: Database,
    slot: MutexGuard<'f, Option<Database>>,
}

impl File {
    /// Opens the file, makes it, its folder and its tables where they are missing, and brings older tables up to date.
    pub async fn open(path: &Path, tables: Vec<Table>, pipeline: &str) -> Result<Self, Trouble> {
        let path = std::path::absolute(path)
            .map_err(|error| Trouble::Permanent(format!("{}: {error}", path.display())))?;
        let database = Database::open(&path, &tables).await?;
        Ok(Self {
            path,
            pipeline: pipeline.into(),
            tables,
            database: Mutex::new(Some(database)),
        })
    }

    pub async fn lend(&self) -> Result<Lent<'_>, Trouble> {
        let mut slot = self.database.lock().await;
        // Rows in a file that nobody finds any more would be lost. It is not opened anew here: SQLite's write-ahead log has the path's
        // name too, and two databases must never share one (https://sqlite.org/howtocorrupt.html, section 4.3).
        if slot
            .as_ref()
            .is_some_and(|database| !database.is_at(&self.path))
        {
            return Err(Trouble::Permanent(format!(
                "{} was moved, deleted or replaced while in use: put it back, or start the gateway again to begin a new one",
                self.path.display()
            )));
        }
        let database = match slot.take() {
            Some(database) => database,
            None => self.reopened().await?,
        };
        Ok(Lent { database, slot })
    }

    /// Writes rows to one table, in a transaction of their own.
    pub async fn write(&self, table: &Table, rows: Rows<'_>) -> Result<(), Trouble> {
        let mut lent = self.lend().await?;
        let trouble = |error: sqlx::Error| self.trouble(&error, table);
        if rows.len() <= STATEMENT_MAX_ROWS {
            // One statement is a transaction of its own: two errands to the connection's thread less. Its commit has no moment before it.
            failpoint::at("database.rows-written");
            self.insert(lent.connection(), table, rows).await?;
        } else {
            let begin = lent.connection().begin_with("BEGIN IMMEDIATE").await;
            let mut transaction = begin.map_err(trouble)?;
            self.insert(&mut transaction, table, rows).await?;
            failpoint::at("database.rows-written");
            transaction.commit().await.map_err(trouble)?;
        }
        failpoint::at("database.committed");
        lent.give_back();
        Ok(())
    }

    pub async fn insert(
        &self,
        connection: &mut SqliteConnection,
        table: &Table,
        rows: Rows<'_>,
    ) -> Result<(), Trouble> {
        rows::insert(connection, table, &self.pipeline, rows)
            .await
            .map_err(|error| self.trouble(&error, table))
    }

    pub fn trouble(&self, error: &sqlx::Error, table: &Table) -> Trouble {
        trouble::of(error, &self.path, &table.name)
    }

    pub async fn reopened(&self) -> Result<Database, Trouble> {
        Database::open(&self.path, &self.tables).await
    }

    /// Moves what is in the write-ahead log into the file, as far as readers let it, and closes the file.
    pub async fn close(&self) {
        let Some(mut database) = self.database.lock().await.take() else {
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

impl Lent<'_> {
    pub fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.database.connection
    }

    /// The call ended well: the next one may have the connection.
    pub fn give_back(mut self) {
        *self.slot = Some(self.database);
    }
}
