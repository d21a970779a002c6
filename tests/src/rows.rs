//! Rows of the scores table, read back from the SQLite file.

use std::path::Path;

use sqlx::{ConnectOptions as _, Row as _, sqlite::SqliteConnectOptions};

/// A row of `scores`.
#[derive(Debug, PartialEq)]
pub struct ScoreRow {
    pub pipeline: String,
    pub event_id: String,
    pub event_key: Option<String>,
    pub decision: Option<String>,
    pub score: Option<f64>,
    pub output: Option<String>,
    pub adapter_digest: String,
    pub model_digest: String,
    pub event_time_ms: i64,
    pub scored_at_ms: i64,
}

/// All rows, by event id.
pub async fn read(path: &Path) -> Vec<ScoreRow> {
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .connect()
        .await
        .expect("the database opens");
    let rows = sqlx::query("SELECT * FROM scores ORDER BY pipeline, event_id")
        .fetch_all(&mut connection)
        .await
        .expect("the scores table is there");
    rows.iter()
        .map(|row| ScoreRow {
            pipeline: row.get("pipeline"),
            event_id: row.get("event_id"),
            event_key: row.get("event_key"),
            decision: row.get("decision"),
            score: row.get("score"),
            output: row.get("output"),
            adapter_digest: row.get("adapter_digest"),
            model_digest: row.get("model_digest"),
            event_time_ms: row.get("event_time_ms"),
            scored_at_ms: row.get("scored_at_ms"),
        })
        .collect()
}
