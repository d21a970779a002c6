//! Rows into the scores table.

use std::sync::Arc;

use sqlx::{
    Arguments as _, AssertSqlSafe, Connection as _, Encode, Sqlite,
    sqlite::{SqliteArguments, SqliteConnection},
};

use super::schema;
use crate::{
    event::{Releases, Scored},
    release::ReleaseName,
};

/// Rows of one statement. Measured: 128 and 256 gain nothing that shows, and one `json_each` of all rows takes four times as long.
const STATEMENT_MAX_ROWS: usize = 64;
const COLUMNS: &str = "pipeline, event_id, event_key, decision, score, output, route, adapter_digest, model_digest, event_time_ms, scored_at_ms";
const ROW: &str = "(?,?,?,?,?,?,?,?,?,?,?)";
const COLUMNS_COUNT: usize = 11;

/// Inserts rows of one pipeline into one table.
#[derive(Debug)]
pub struct Insert {
    table: String,
    pipeline: Arc<str>,
}

impl Insert {
    pub fn new(table: &str, pipeline: &str) -> Self {
        Self {
            table: schema::quoted(table),
            pipeline: pipeline.into(),
        }
    }

    /// All rows or none; a row that the table has already stays as it is.
    pub async fn rows(
        &self,
        connection: &mut SqliteConnection,
        scored: &[Scored],
    ) -> sqlx::Result<()> {
        if scored.len() <= STATEMENT_MAX_ROWS {
            // One statement is a transaction of its own: two errands to the connection's thread less.
            return self.statement(connection, scored).await;
        }
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for rows in scored.chunks(STATEMENT_MAX_ROWS) {
            self.statement(&mut transaction, rows).await?;
        }
        transaction.commit().await
    }

    async fn statement(
        &self,
        connection: &mut SqliteConnection,
        rows: &[Scored],
    ) -> sqlx::Result<()> {
        let mut arguments = SqliteArguments::default();
        arguments.reserve(rows.len() * COLUMNS_COUNT, 0);
        let mut digests = Digests::default();
        for scored in rows {
            self.bind(&mut arguments, scored, &mut digests)?;
        }
        sqlx::query_with(AssertSqlSafe(self.sql(rows.len())), arguments)
            .execute(connection)
            .await?;
        Ok(())
    }

    fn sql(&self, rows: usize) -> String {
        let rows = vec![ROW; rows].join(",");
        format!(
            "INSERT INTO {} ({COLUMNS}) VALUES {rows} ON CONFLICT (pipeline, event_id) DO NOTHING",
            self.table
        )
    }

    fn bind<'r>(
        &self,
        arguments: &mut SqliteArguments,
        scored: &'r Scored,
        digests: &mut Digests<'r>,
    ) -> sqlx::Result<()> {
        let Scored {
            event,
            outcome,
            releases,
            scored_at_ms,
        } = scored;
        let (adapter, model) = digests.of(releases);
        bind(arguments, Arc::clone(&self.pipeline))?;
        bind(arguments, event.id.as_str())?;
        bind_bytes(arguments, event.key.as_deref())?;
        bind(arguments, outcome.decision.as_deref())?;
        bind(arguments, outcome.score)?;
        bind_bytes(
            arguments,
            Some(outcome.payload.as_slice()).filter(|payload| !payload.is_empty()),
        )?;
        bind(arguments, outcome.route.as_deref())?;
        bind(arguments, adapter)?;
        bind(arguments, model)?;
        bind(
            arguments,
            i64::try_from(event.timestamp_ms).unwrap_or(i64::MAX),
        )?;
        bind(arguments, i64::try_from(*scored_at_ms).unwrap_or(i64::MAX))
    }
}

/// The texts of the releases that the last row had: rows of one batch share them.
#[derive(Default)]
struct Digests<'r>(Option<(&'r Arc<Releases>, Arc<str>, Arc<str>)>);

impl<'r> Digests<'r> {
    fn of(&mut self, releases: &'r Arc<Releases>) -> (Arc<str>, Arc<str>) {
        match &self.0 {
            Some((last, adapter, model)) if Arc::ptr_eq(last, releases) => {
                (Arc::clone(adapter), Arc::clone(model))
            }
            _ => {
                let text = |name: &ReleaseName| Arc::<str>::from(name.digest.to_string());
                let (adapter, model) = (text(&releases.adapter), text(&releases.model));
                self.0 = Some((releases, Arc::clone(&adapter), Arc::clone(&model)));
                (adapter, model)
            }
        }
    }
}

fn bind<'v>(
    arguments: &mut SqliteArguments,
    value: impl Encode<'v, Sqlite> + sqlx::Type<Sqlite>,
) -> sqlx::Result<()> {
    arguments.add(value).map_err(sqlx::Error::Encode)
}

/// Text where it is text, so that a person can read it. SQLite's functions end a text at NUL: such bytes are better a BLOB.
fn bind_bytes(arguments: &mut SqliteArguments, bytes: Option<&[u8]>) -> sqlx::Result<()> {
    let text = bytes
        .filter(|bytes| !bytes.contains(&0))
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    match text {
        Some(text) => bind(arguments, text),
        None => bind(arguments, bytes),
    }
}
