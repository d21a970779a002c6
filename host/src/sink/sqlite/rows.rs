//! Rows into a table.

use std::sync::Arc;

use sqlx::{
    Arguments as _, AssertSqlSafe, Encode, Sqlite,
    sqlite::{SqliteArguments, SqliteConnection},
};

use super::schema::{Kind, Table};
use crate::{
    dead_letter::DeadLetter,
    event::{Releases, Scored},
    release::ReleaseName,
    sink::{columns, rows::Rows},
};

/// Rows of one statement. Measured: 128 and 256 gain nothing that shows, and one `json_each` of all rows takes four times as long.
pub const STATEMENT_MAX_ROWS: usize = 64;
const SCORES: &str = "pipeline, event_id, event_key, decision, score, output, route, adapter_digest, model_digest, event_time_ms, scored_at_ms";
const SCORES_ROW: &str = "(?,?,?,?,?,?,?,?,?,?,?)";
const DEAD_LETTERS: &str = "pipeline, event_id, event_key, payload, headers, event_time_ms, error, fault, origin, adapter, model, dead_at_ms";
const DEAD_LETTERS_ROW: &str = "(?,?,?,?,?,?,?,?,?,?,?,?)";
const COLUMNS_MAX_COUNT: usize = 12;

/// Inserts all rows, within the transaction that the caller began where they are more than [`STATEMENT_MAX_ROWS`]. An outcome that the
/// table has already stays as it is; a dead letter is replaced by a later one of the same event, and was then never retried.
pub async fn insert(
    connection: &mut SqliteConnection,
    table: &Table,
    pipeline: &Arc<str>,
    rows: Rows<'_>,
) -> sqlx::Result<()> {
    for start in (0..rows.len()).step_by(STATEMENT_MAX_ROWS) {
        let part = rows.part(start..rows.len().min(start + STATEMENT_MAX_ROWS));
        let mut arguments = SqliteArguments::default();
        arguments.reserve(part.len() * COLUMNS_MAX_COUNT, 0);
        match part {
            Rows::Scored(scored) => {
                let mut digests = Digests::default();
                for scored in scored {
                    bind_scored(&mut arguments, scored, pipeline, &mut digests)?;
                }
            }
            Rows::Dead(dead) => {
                for dead in dead {
                    bind_dead(&mut arguments, dead, pipeline)?;
                }
            }
        }
        sqlx::query_with(AssertSqlSafe(sql(table, part.len())), arguments)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn sql(table: &Table, rows: usize) -> String {
    let (columns, row, conflict) = match table.kind {
        Kind::DeadLetters => (
            DEAD_LETTERS,
            DEAD_LETTERS_ROW,
            "UPDATE SET error = excluded.error, fault = excluded.fault, adapter = excluded.adapter, model = excluded.model, \
             dead_at_ms = excluded.dead_at_ms, retried_at_ms = NULL",
        ),
        _ => (SCORES, SCORES_ROW, "NOTHING"),
    };
    let rows = vec![row; rows].join(",");
    format!(
        "INSERT INTO {} ({columns}) VALUES {rows} ON CONFLICT (pipeline, event_id) DO {conflict}",
        table.quoted()
    )
}

fn bind_scored<'r>(
    arguments: &mut SqliteArguments,
    scored: &'r Scored,
    pipeline: &Arc<str>,
    digests: &mut Digests<'r>,
) -> sqlx::Result<()> {
    let Scored {
        event,
        outcome,
        releases,
        scored_at_ms,
    } = scored;
    let (adapter, model) = digests.of(releases);
    bind(arguments, Arc::clone(pipeline))?;
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
    bind(arguments, columns::signed(event.timestamp_ms))?;
    bind(arguments, columns::signed(*scored_at_ms))
}

fn bind_dead(
    arguments: &mut SqliteArguments,
    dead: &DeadLetter,
    pipeline: &Arc<str>,
) -> sqlx::Result<()> {
    let DeadLetter {
        event, releases, ..
    } = dead;
    bind(arguments, Arc::clone(pipeline))?;
    bind(arguments, event.id.as_str())?;
    bind(arguments, event.key.as_deref())?;
    bind(arguments, columns::payload(event))?;
    bind(arguments, columns::headers(&event.headers))?;
    bind(arguments, columns::signed(event.timestamp_ms))?;
    bind(arguments, columns::sentence(&dead.reason))?;
    bind(arguments, dead.cause.name())?;
    bind(arguments, event.origin.to_string())?;
    bind(arguments, releases.adapter.as_str())?;
    bind(arguments, releases.model.as_str())?;
    bind(arguments, columns::signed(dead.dead_at_ms))
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

/// Text where it is text, so that a person can read it.
fn bind_bytes(arguments: &mut SqliteArguments, bytes: Option<&[u8]>) -> sqlx::Result<()> {
    match bytes.and_then(columns::text) {
        Some(text) => bind(arguments, text),
        None => bind(arguments, bytes),
    }
}
