//! How far each followed file was dealt with: `positions.db` in the store's folder, which survives restarts.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    Connection as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
};
use thiserror::Error;
use tokio::sync::Mutex;

use super::identity::{Fingerprint, Identity};

/// How long another gateway on the same folder may hold the database.
const BUSY_MAX: Duration = Duration::from_secs(5);
/// What this version's `user_version` is.
const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = "
    -- A row for each file of a path that is not dealt with to its end: the one at the path, and before it those that were rotated away.
    CREATE TABLE positions (
        pipeline          TEXT NOT NULL,
        path              TEXT NOT NULL,
        incarnation       INTEGER NOT NULL, -- larger than that of any file of the path before; a part of its events' ids
        device            INTEGER NOT NULL,
        inode             INTEGER NOT NULL,
        offset            INTEGER NOT NULL, -- where to read on
        fingerprint       TEXT NOT NULL,    -- BLAKE3 of the file's first bytes
        fingerprint_bytes INTEGER NOT NULL, -- how many
        PRIMARY KEY (pipeline, path, incarnation)
    );
    PRAGMA user_version = 1;
";

/// See the module. All file sources of a gateway share it.
#[derive(Debug)]
pub struct Positions {
    path: PathBuf,
    database: Mutex<SqliteConnection>,
}

/// Why places cannot be kept.
#[derive(Debug, Error)]
pub enum PositionsError {
    #[error("the store's folder {path} cannot be used: {cause}", path = .path.display())]
    Folder {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("the database of files' positions {path} cannot be used: {cause}", path = .path.display())]
    Database { path: PathBuf, cause: sqlx::Error },
    #[error(
        "the database of files' positions {path} was written by a newer version of scoregate (its schema is {found}, this one knows {SCHEMA_VERSION})",
        path = .path.display()
    )]
    Newer { path: PathBuf, found: i64 },
}

/// How far one file was dealt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub incarnation: i64,
    pub identity: Identity,
    pub offset: i64,
    pub fingerprint: Fingerprint,
}

impl Positions {
    /// Opens the database in the store's folder; makes both where they are missing.
    pub async fn open(store: &Path) -> Result<Self, PositionsError> {
        fs::create_dir_all(store).map_err(|cause| PositionsError::Folder {
            path: store.to_owned(),
            cause,
        })?;
        let path = store.join("positions.db");
        let failed = |cause| PositionsError::Database {
            path: path.clone(),
            cause,
        };
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_MAX);
        let mut database = SqliteConnection::connect_with(&options)
            .await
            .map_err(failed)?;
        let found = migrate(&mut database).await.map_err(failed)?;
        if found > SCHEMA_VERSION {
            return Err(PositionsError::Newer { path, found });
        }
        Ok(Self {
            path,
            database: Mutex::new(database),
        })
    }

    /// The files of a path that are not dealt with, the oldest first.
    pub async fn load(&self, pipeline: &str, path: &str) -> Result<Vec<Place>, PositionsError> {
        let select = "SELECT incarnation, device, inode, offset, fingerprint, fingerprint_bytes FROM positions
            WHERE pipeline = ? AND path = ? ORDER BY incarnation";
        let mut database = self.database.lock().await;
        let rows = sqlx::query(select)
            .bind(pipeline)
            .bind(path)
            .fetch_all(&mut *database)
            .await
            .map_err(|cause| self.failed(cause))?;
        let places = rows.iter().map(place).collect::<sqlx::Result<_>>();
        places.map_err(|cause| self.failed(cause))
    }

    /// Keeps the places given, and forgets all files of the path that are older than them.
    pub async fn keep(
        &self,
        pipeline: &str,
        path: &str,
        places: &[Place],
    ) -> Result<(), PositionsError> {
        let Some(oldest) = places.iter().map(|place| place.incarnation).min() else {
            return Ok(());
        };
        let mut database = self.database.lock().await;
        let kept = async {
            let mut transaction = database.begin_with("BEGIN IMMEDIATE").await?;
            let delete =
                "DELETE FROM positions WHERE pipeline = ? AND path = ? AND incarnation < ?";
            sqlx::query(delete)
                .bind(pipeline)
                .bind(path)
                .bind(oldest)
                .execute(&mut *transaction)
                .await?;
            for place in places {
                let insert = "INSERT OR REPLACE INTO positions
                    (pipeline, path, incarnation, device, inode, offset, fingerprint, fingerprint_bytes)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
                sqlx::query(insert)
                    .bind(pipeline)
                    .bind(path)
                    .bind(place.incarnation)
                    .bind(place.identity.device as i64)
                    .bind(place.identity.inode as i64)
                    .bind(place.offset)
                    .bind(&place.fingerprint.hash)
                    .bind(place.fingerprint.bytes as i64)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await
        };
        kept.await.map_err(|cause| self.failed(cause))
    }

    fn failed(&self, cause: sqlx::Error) -> PositionsError {
        PositionsError::Database {
            path: self.path.clone(),
            cause,
        }
    }
}

async fn migrate(database: &mut SqliteConnection) -> sqlx::Result<i64> {
    let mut transaction = database.begin_with("BEGIN IMMEDIATE").await?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *transaction)
        .await?;
    if found == 0 {
        sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(found)
}

fn place(row: &SqliteRow) -> sqlx::Result<Place> {
    Ok(Place {
        incarnation: row.try_get("incarnation")?,
        identity: Identity {
            device: row.try_get::<i64, _>("device")? as u64,
            inode: row.try_get::<i64, _>("inode")? as u64,
        },
        offset: row.try_get("offset")?,
        fingerprint: Fingerprint {
            hash: row.try_get("fingerprint")?,
            bytes: row.try_get::<i64, _>("fingerprint_bytes")? as usize,
        },
    })
}
