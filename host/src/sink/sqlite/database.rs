//! A database file that is open for writing.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions as _,
    sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous},
};

use super::{
    schema::{self, Table},
    trouble,
};
use crate::sink::trouble::Trouble;

/// How long a write waits for another writer of the same file.
pub const BUSY_MAX_MS: u64 = 5_000;
/// What the write-ahead log is cut back to once readers let it; while one of them holds it, it grows.
const LOG_KEPT_MAX_BYTES: u64 = 64 << 20;
/// Insert statements of different lengths, each of up to 150 kB.
const STATEMENTS_MAX_COUNT: usize = 32;

#[derive(Debug)]
pub struct Database {
    pub connection: SqliteConnection,
    /// The file's device and number: its identity whatever its name.
    identity: (u64, u64),
}

impl Database {
    /// Opens the file with a write-ahead log and tables that are up to date.
    pub async fn open(path: &Path, tables: &[Table]) -> Result<Self, Trouble> {
        prepare(path)?;
        let mut connection = connect(path)
            .await
            .map_err(|error| trouble::of(&error, path, ""))?;
        write_ahead_log(&mut connection, path).await?;
        for table in tables {
            schema::migrate(&mut connection, path, table).await?;
        }
        let identity = identity(path)
            .map_err(|error| Trouble::Temporary(format!("{}: {error}", path.display())))?;
        Ok(Self {
            connection,
            identity,
        })
    }

    /// Whether this is still the file that others find at `path`.
    pub fn is_at(&self, path: &Path) -> bool {
        identity(path).is_ok_and(|identity| identity == self.identity)
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Makes the folder, and names what SQLite would call `unable to open database file`.
fn prepare(path: &Path) -> Result<(), Trouble> {
    if path.is_dir() {
        return Err(Trouble::Permanent(format!(
            "{} is a folder: name a file in it",
            path.display()
        )));
    }
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    fs::create_dir_all(folder).map_err(|error| {
        Trouble::Permanent(format!(
            "cannot make the folder {} for the database: {error}",
            folder.display()
        ))
    })
}

async fn connect(path: &Path) -> sqlx::Result<SqliteConnection> {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(Duration::from_millis(BUSY_MAX_MS))
        // An answer means durable: each commit is on disk before it returns.
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", LOG_KEPT_MAX_BYTES.to_string())
        .statement_cache_capacity(STATEMENTS_MAX_COUNT)
        .disable_statement_logging()
        .connect()
        .await
}

/// Switches a new file to a write-ahead log: readers and the writer do not wait for each other. SQLite does not wait for its lock here by
/// itself, however long its busy timeout, where two writers do this at once.
async fn write_ahead_log(connection: &mut SqliteConnection, path: &Path) -> Result<(), Trouble> {
    let started = Instant::now();
    loop {
        let mode = sqlx::query_scalar::<_, String>("PRAGMA journal_mode = WAL")
            .fetch_one(&mut *connection)
            .await;
        let trouble = match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {
                return Err(Trouble::Permanent(format!(
                    "{} cannot have a write-ahead log: its file system gives no shared memory; use a local disk",
                    path.display()
                )));
            }
            Err(error) => trouble::of(&error, path, ""),
        };
        if !trouble.is_temporary() || started.elapsed() > Duration::from_millis(BUSY_MAX_MS) {
            return Err(trouble);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
