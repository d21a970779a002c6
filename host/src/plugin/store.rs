//! The store: every release that ever served, by its digest, and when it was made active. An outcome names its releases by digest;
//! here are the bytes behind it.
//!
//! Releases are files (`releases/<hex>.wasm`), their records rows of an embedded SQLite database (`store.db`). A file is complete before
//! its record is written, so a crash between the two leaves at most a file that nobody mentions.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use thiserror::Error;

use super::release::Release;
use crate::{clock::now_ms, file};

/// How long another gateway on the same folder may hold the database.
const BUSY_MAX: Duration = Duration::from_secs(5);

/// Steps of the schema; the database's `user_version` counts those that were taken.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE releases (
        digest      TEXT PRIMARY KEY,   -- sha256:<hex>; the file is releases/<hex>.wasm
        kind        TEXT NOT NULL,      -- adapter or model
        name        TEXT NOT NULL,      -- the plugin's own name and version
        version     TEXT NOT NULL,
        size_bytes  INTEGER NOT NULL,
        added_at_ms INTEGER NOT NULL    -- milliseconds since the Unix epoch
    );
    -- Append-only: the last row of a slot is its active release.
    CREATE TABLE activations (
        sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
        slot        TEXT NOT NULL,
        digest      TEXT NOT NULL REFERENCES releases (digest),
        at_ms       INTEGER NOT NULL
    );
"];

/// An open store.
pub struct Store {
    releases: PathBuf,
    database: SqliteConnection,
}

/// Why the store cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the store's folder {path} cannot be used: {cause}", path = .path.display())]
    Folder { path: PathBuf, cause: io::Error },
    #[error("the store's database {path} cannot be used: {cause}", path = .path.display())]
    Database { path: PathBuf, cause: sqlx::Error },
    #[error(
        "the store's database {path} was written by a newer version of scoregate (its schema is {found}, this one knows {known})",
        path = .path.display(),
        known = MIGRATIONS.len()
    )]
    Newer { path: PathBuf, found: i64 },
    #[error("the release {path} cannot be kept: {cause}", path = .path.display())]
    Release { path: PathBuf, cause: io::Error },
}

impl Store {
    /// Opens the store in a folder; makes both where they are missing.
    pub async fn open(dir: &Path) -> Result<Self, StoreError> {
        let releases = dir.join("releases");
        fs::create_dir_all(&releases).map_err(|cause| StoreError::Folder {
            path: dir.to_owned(),
            cause,
        })?;
        let path = dir.join("store.db");
        let failed = |cause| StoreError::Database {
            path: path.clone(),
            cause,
        };
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_MAX);
        let mut database = SqliteConnection::connect_with(&options)
            .await
            .map_err(failed)?;
        let version = migrate(&mut database).await.map_err(failed)?;
        if version > MIGRATIONS.len() as i64 {
            return Err(StoreError::Newer {
                path,
                found: version,
            });
        }
        Ok(Self { releases, database })
    }

    /// Records that a release is about to serve its slot. What is recorded already costs no write.
    pub async fn activate(
        &mut self,
        release: &Release,
        component: &[u8],
    ) -> Result<(), StoreError> {
        let parts = release.parts();
        let path = self
            .releases
            .join(format!("{}.wasm", parts.name.digest.hex()));
        keep(&path, component).map_err(|cause| StoreError::Release { path, cause })?;
        self.record(release)
            .await
            .map_err(|cause| StoreError::Database {
                path: self.releases.with_file_name("store.db"),
                cause,
            })
    }

    async fn record(&mut self, release: &Release) -> Result<(), sqlx::Error> {
        let parts = release.parts();
        let (digest, now_ms) = (parts.name.digest.to_string(), now_ms() as i64);
        let active: Option<String> = sqlx::query_scalar(
            "SELECT digest FROM activations WHERE slot = ? ORDER BY sequence DESC LIMIT 1",
        )
        .bind(&*parts.name.slot)
        .fetch_optional(&mut self.database)
        .await?;
        if active.as_deref() == Some(&digest) {
            return Ok(());
        }
        let mut transaction = self.database.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(&digest)
            .bind(release.kind().to_string())
            .bind(&parts.info.name)
            .bind(&parts.info.version)
            .bind(parts.size_bytes as i64)
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO activations (slot, digest, at_ms) VALUES (?, ?, ?)")
            .bind(&*parts.name.slot)
            .bind(&digest)
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}

/// Brings the schema up to date and returns the database's version. Two gateways that open at once take turns.
async fn migrate(database: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let current: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *database)
        .await?;
    if current >= MIGRATIONS.len() as i64 {
        return Ok(current);
    }
    let mut transaction = database.begin_with("BEGIN IMMEDIATE").await?;
    let current: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *transaction)
        .await?;
    for step in MIGRATIONS.iter().skip(current as usize) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
    }
    let version = current.max(MIGRATIONS.len() as i64);
    let stamp = format!("PRAGMA user_version = {version}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(stamp))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(version)
}

/// Writes a release's file, unless it is there whole: its name says what it holds, but an earlier disk may have lost its end.
fn keep(path: &Path, component: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|file| file.len() == component.len() as u64) {
        return Ok(());
    }
    file::replace(path, component)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plugin::{Engine, Settings},
        telemetry::Telemetry,
    };

    fn release() -> (Release, Vec<u8>) {
        let model = include_bytes!("../../../plugins/fraud/fraud.json");
        let options = scoregate_compiler::Options {
            outputs: None,
            name: "fraud".into(),
            version: "7".into(),
        };
        let component = scoregate_compiler::compile(model, &options)
            .unwrap()
            .component;
        let settings = Settings {
            slot: "fraud".into(),
            config_json: "{}".into(),
            memory_max_bytes: 64 << 20,
            call_deadline_ms: 1_000,
            result_max_bytes: 1 << 20,
        };
        let engine = Engine::new().unwrap();
        let release = Release::load(&engine, None, &Telemetry::new(), settings, &component);
        (release.unwrap(), component)
    }

    #[tokio::test]
    async fn a_digest_leads_back_to_its_bytes_and_to_when_it_served() {
        let dir = tempfile::tempdir().unwrap();
        let (release, component) = release();
        for _ in 0..2 {
            let mut store = Store::open(dir.path()).await.unwrap();
            store.activate(&release, &component).await.unwrap();
        }
        let mut store = Store::open(dir.path()).await.unwrap();
        let rows: Vec<(String, String, String, String, i64)> = sqlx::query_as(
            "SELECT slot, kind, version, digest, size_bytes FROM activations JOIN releases USING (digest)",
        )
        .fetch_all(&mut store.database)
        .await
        .unwrap();
        let digest = release.parts().name.digest;
        let expected = (
            "fraud".into(),
            "model".into(),
            "7".into(),
            digest.to_string(),
        );
        let (slot, kind, version, named, size) = rows[0].clone();
        assert_eq!(
            rows.len(),
            1,
            "a start with the same release is no activation"
        );
        assert_eq!((slot, kind, version, named), expected);
        assert_eq!(size, component.len() as i64);
        let file = dir.path().join(format!("releases/{}.wasm", digest.hex()));
        assert_eq!(fs::read(&file).unwrap(), component);
        // A file that lost its end is written anew.
        fs::write(&file, &component[..100]).unwrap();
        store.activate(&release, &component).await.unwrap();
        assert_eq!(fs::read(&file).unwrap(), component);
    }

    #[tokio::test]
    async fn a_newer_store_and_what_is_no_store_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).await.unwrap();
        let newer = sqlx::raw_sql("PRAGMA user_version = 9");
        newer.execute(&mut store.database).await.unwrap();
        drop(store);
        let error = Store::open(dir.path()).await.err().unwrap().to_string();
        assert!(error.contains("newer version of scoregate"), "{error}");

        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("store.db"), "no database".repeat(100)).unwrap();
        let error = Store::open(dir.path()).await.err().unwrap().to_string();
        assert!(error.contains("store.db cannot be used"), "{error}");
    }
}
