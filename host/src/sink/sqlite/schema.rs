//! The gateway's tables, and the numbered steps that bring a file to the form that this version writes.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection as _, sqlite::SqliteConnection};

use super::trouble;
use crate::{clock::now_ms, sink::trouble::Trouble};

/// Which steps each table of this file has had: its name is the user's, and a file may hold several.
const MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS scoregate_migrations (
    table_name TEXT NOT NULL COLLATE NOCASE, -- as SQLite compares names of tables
    version INTEGER NOT NULL,
    applied_at_ms INTEGER NOT NULL,          -- milliseconds since 1970-01-01 UTC
    PRIMARY KEY (table_name, version)
)";

/// Step N brings version N to N + 1; `{}` is the quoted name. A step that was published is never edited. SQLite keeps the comments:
/// whoever asks for the schema reads them. Not `WITHOUT ROWID`: measured, it is no faster, its file is a seventh smaller with short
/// outputs, and SQLite advises against it for rows above a twentieth of a page.
const SCORES: &[&str] = &["CREATE TABLE {table} (
    -- One row for each event of a pipeline: the first outcome stays, a repeated event changes nothing.
    pipeline       TEXT    NOT NULL, -- the pipeline that scored it
    event_id       TEXT    NOT NULL, -- Idempotency-Key of the request, topic/partition/offset, or a UUIDv7
    event_key      TEXT,             -- what orders events, such as a card; a BLOB where it is no text
    decision       TEXT,             -- the adapter's word, such as 'approve'
    score          REAL,             -- NULL where there is none, and for NaN, which SQLite cannot hold
    output         TEXT,             -- what the adapter wrote, usually JSON; a BLOB where it is no text
    route          TEXT,             -- where the adapter sent it; NULL for the default
    adapter_digest TEXT    NOT NULL, -- the adapter's release, sha256:<hex>
    model_digest   TEXT    NOT NULL, -- the model's release, sha256:<hex>
    event_time_ms  INTEGER NOT NULL, -- when it happened, milliseconds since 1970-01-01 UTC
    scored_at_ms   INTEGER NOT NULL, -- when it was scored, likewise
    PRIMARY KEY (pipeline, event_id)
)"];

const DEAD_LETTERS: &[&str] = &["CREATE TABLE {table} (
    -- One row for each event that has no outcome; a later failure of the same event replaces the reason.
    pipeline       TEXT    NOT NULL,
    event_id       TEXT    NOT NULL,
    event_key      BLOB,
    payload        BLOB,             -- as it came; NULL for a record without a value
    headers        TEXT    NOT NULL, -- an array of [name, value]: a string, null, or {\"base64\": ...} where it is no text
    event_time_ms  INTEGER NOT NULL, -- when it happened, milliseconds since 1970-01-01 UTC
    error          TEXT    NOT NULL, -- why it has no outcome, in one sentence
    fault          TEXT    NOT NULL, -- rejected, trap, deadline, memory, malformed or undeliverable
    origin         TEXT    NOT NULL, -- where it came from, such as kafka:payments/3/1042
    adapter        TEXT    NOT NULL, -- the adapter's release, name@sha256:<hex>
    model          TEXT    NOT NULL, -- the model's release, likewise
    dead_at_ms     INTEGER NOT NULL,
    retried_at_ms  INTEGER,          -- when it was last sent again; NULL again where that failed too
    PRIMARY KEY (pipeline, event_id)
)"];

const OFFSETS: &[&str] = &["CREATE TABLE {table} (
    -- Where each partition is read on: written in the transaction that holds its outcomes, by the owner of the epoch alone.
    pipeline       TEXT    NOT NULL,
    consumer_group TEXT    NOT NULL,
    topic          TEXT    NOT NULL,
    partition      INTEGER NOT NULL,
    next_offset    INTEGER,          -- the first record that is not dealt with; NULL where none ever was
    epoch          INTEGER NOT NULL, -- counts the owners: rows of an earlier one are refused
    owner          TEXT    NOT NULL, -- the gateway that claimed it last
    updated_at_ms  INTEGER NOT NULL, -- milliseconds since 1970-01-01 UTC
    PRIMARY KEY (pipeline, consumer_group, topic, partition)
)"];

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Scores,
    DeadLetters,
    Offsets,
}

impl Kind {
    fn steps(self) -> &'static [&'static str] {
        match self {
            Kind::Scores => SCORES,
            Kind::DeadLetters => DEAD_LETTERS,
            Kind::Offsets => OFFSETS,
        }
    }

    /// A column that no other kind has.
    fn mark(self) -> &'static str {
        match self {
            Kind::Scores => "scored_at_ms",
            Kind::DeadLetters => "dead_at_ms",
            Kind::Offsets => "next_offset",
        }
    }
}

/// A table of the gateway's.
#[derive(Clone, Debug)]
pub struct Table {
    pub kind: Kind,
    pub name: String,
}

impl Table {
    /// A table of the user's name.
    pub fn new(kind: Kind, name: &str) -> Result<Self, Trouble> {
        check_name(name)?;
        Ok(Self {
            kind,
            name: name.into(),
        })
    }

    /// Where partitions are read on.
    pub fn offsets() -> Self {
        Self {
            kind: Kind::Offsets,
            name: "scoregate_offsets".into(),
        }
    }

    pub fn quoted(&self) -> String {
        quoted(&self.name)
    }
}

/// A table's name as SQL writes it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Refuses names that SQLite or this module keeps for itself.
fn check_name(table: &str) -> Result<(), Trouble> {
    let lower = table.to_ascii_lowercase();
    if table.is_empty()
        || table.contains('\0')
        || lower.starts_with("sqlite_")
        || lower.starts_with("scoregate_")
    {
        return Err(Trouble::Permanent(format!(
            "`{}` cannot name a table: give a name that is not empty and does not begin with `sqlite_` or `scoregate_`",
            table.escape_debug()
        )));
    }
    Ok(())
}

/// Applies the steps that the table lacks. Whoever else opens the file waits for its end, so each step is applied once.
pub async fn migrate(
    connection: &mut SqliteConnection,
    path: &Path,
    table: &Table,
) -> Result<(), Trouble> {
    let trouble = |error: sqlx::Error| trouble::of(&error, path, &table.name);
    let mut transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(trouble)?;
    sqlx::query(MIGRATIONS)
        .execute(&mut *transaction)
        .await
        .map_err(trouble)?;
    let version = version(&mut transaction, path, table).await?;
    for (step, version) in table.kind.steps().iter().zip(1..).skip(version as usize) {
        let sql = step.replace("{table}", &table.quoted());
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *transaction)
            .await
            .map_err(trouble)?;
        sqlx::query("INSERT OR REPLACE INTO scoregate_migrations (table_name, version, applied_at_ms) VALUES (?, ?, ?)")
            .bind(&table.name)
            .bind(version)
            .bind(now_ms() as i64)
            .execute(&mut *transaction)
            .await
            .map_err(trouble)?;
    }
    transaction.commit().await.map_err(trouble)
}

/// How many steps the table has had; 0 where it is not there.
async fn version(
    connection: &mut SqliteConnection,
    path: &Path,
    table: &Table,
) -> Result<i64, Trouble> {
    let found: (Option<i64>, Option<String>, bool) = sqlx::query_as(
        "SELECT (SELECT max(version) FROM scoregate_migrations WHERE table_name = ?1), \
         (SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE), \
         EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2)",
    )
    .bind(&table.name)
    .bind(table.kind.mark())
    .fetch_one(connection)
    .await
    .map_err(|error| trouble::of(&error, path, &table.name))?;
    let (name, path) = (&table.name, path.display());
    let latest = table.kind.steps().len() as i64;
    match found {
        (Some(version), _, _) if version > latest => Err(Trouble::Permanent(format!(
            "table `{name}` of {path} has schema version {version}, made by a newer scoregate; this one knows versions up to {latest}: \
             use the newer one or another table"
        ))),
        (Some(version), Some(kind), true) if kind == "table" => Ok(version),
        (Some(_), Some(kind), false) if kind == "table" => Err(Trouble::Permanent(format!(
            "table `{name}` of {path} holds something else of scoregate's: name another table"
        ))),
        (_, Some(kind), _) => Err(Trouble::Permanent(format!(
            "{path} has a {kind} `{name}` that scoregate did not make: name another table"
        ))),
        // Somebody dropped it, or it never was.
        (_, None, _) => Ok(0),
    }
}
