//! The scores table, and the numbered steps that bring a file to the form that this version writes.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection as _, sqlite::SqliteConnection};

use super::trouble::Trouble;
use crate::clock::now_ms;

/// Which steps each scores table of this file has had: its name is the user's, and a file may hold several.
const MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS scoregate_migrations (
    table_name TEXT NOT NULL COLLATE NOCASE, -- as SQLite compares names of tables
    version INTEGER NOT NULL,
    applied_at_ms INTEGER NOT NULL,          -- milliseconds since 1970-01-01 UTC
    PRIMARY KEY (table_name, version)
)";

/// Step N brings version N to N + 1; `{table}` is the quoted name. A step that was published is never edited. SQLite keeps the comments:
/// whoever asks for the schema reads them. Not `WITHOUT ROWID`: measured, it is no faster, its file is a seventh smaller with short
/// outputs, and SQLite advises against it for rows above a twentieth of a page.
const STEPS: &[&str] = &["CREATE TABLE {table} (
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

/// A table's name as SQL writes it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Refuses names that SQLite or this module keeps for itself.
pub fn check_name(table: &str) -> Result<(), Trouble> {
    let lower = table.to_ascii_lowercase();
    if table.is_empty()
        || table.contains('\0')
        || lower.starts_with("sqlite_")
        || lower.starts_with("scoregate_")
    {
        return Err(Trouble::permanent(format!(
            "`{}` cannot name the scores table: give a name that is not empty and does not begin with `sqlite_` or `scoregate_`",
            table.escape_debug()
        )));
    }
    Ok(())
}

/// Applies the steps that the table lacks. Whoever else opens the file waits for its end, so each step is applied once.
pub async fn migrate(
    connection: &mut SqliteConnection,
    path: &Path,
    table: &str,
) -> Result<(), Trouble> {
    let trouble = |error: sqlx::Error| Trouble::of(&error, path, table);
    let mut transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(trouble)?;
    sqlx::query(MIGRATIONS)
        .execute(&mut *transaction)
        .await
        .map_err(trouble)?;
    let recorded: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM scoregate_migrations WHERE table_name = ?")
            .bind(table)
            .fetch_one(&mut *transaction)
            .await
            .map_err(trouble)?;
    let kind: Option<String> =
        sqlx::query_scalar("SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE")
            .bind(table)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(trouble)?;

    let latest = STEPS.len() as i64;
    let version = match (recorded, kind) {
        (Some(version), _) if version > latest => {
            return Err(Trouble::permanent(format!(
                "table `{table}` of {} has schema version {version}, made by a newer scoregate; this one knows versions up to {latest}: \
                 use the newer one or another table",
                path.display()
            )));
        }
        (Some(version), Some(kind)) if kind == "table" => version,
        (_, Some(kind)) => {
            return Err(Trouble::permanent(format!(
                "{} has a {kind} `{table}` that scoregate did not make: name another table",
                path.display()
            )));
        }
        // Somebody dropped it, or it never was.
        (_, None) => 0,
    };
    for (step, version) in STEPS.iter().zip(1..).skip(version as usize) {
        let sql = step.replace("{table}", &quoted(table));
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *transaction)
            .await
            .map_err(trouble)?;
        sqlx::query("INSERT OR REPLACE INTO scoregate_migrations (table_name, version, applied_at_ms) VALUES (?, ?, ?)")
            .bind(table)
            .bind(version)
            .bind(now_ms() as i64)
            .execute(&mut *transaction)
            .await
            .map_err(trouble)?;
    }
    transaction.commit().await.map_err(trouble)
}
