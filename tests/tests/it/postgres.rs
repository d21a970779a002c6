//! What the gateway keeps in a PostgreSQL database, on a real one.

mod exact;
mod http;
mod letters;
mod outbox;
mod sink;

use std::sync::Arc;

use bytes::Bytes;
use scoregate::{
    config::{self, DatabaseUrl, PostgresTable},
    event::{Event, Origin, Outcome, Releases, Scored},
    release::{Digest, ReleaseName},
    sink::{Sink, SinkError},
};
use scoregate_tests::servers::Postgres;
use sqlx::{Connection as _, FromRow, PgConnection, postgres::PgRow};

/// The pipeline that all of them write as.
const PIPELINE: &str = "fraud";

/// A new database of the server that all tests share.
fn database() -> String {
    Postgres::shared().fresh_database()
}

fn table(url: &str, table: &str) -> PostgresTable {
    PostgresTable {
        url: DatabaseUrl(url.into()),
        table: table.into(),
        connections_max: 2,
    }
}

async fn open(url: &str) -> Result<Sink, SinkError> {
    Sink::open(&config::Sink::Postgres(table(url, "scores")), PIPELINE).await
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("a connection")
}

/// Runs statements.
async fn run(url: &str, sql: &'static str) {
    let run = sqlx::raw_sql(sql).execute(&mut connect(url).await).await;
    run.expect(sql);
}

/// The one row that the statement finds.
async fn row<R>(url: &str, sql: &'static str) -> R
where
    R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let row = sqlx::query_as(sql).fetch_one(&mut connect(url).await).await;
    row.expect(sql)
}

async fn count(url: &str) -> i64 {
    row::<(i64,)>(url, "SELECT count(*) FROM scores").await.0
}

fn releases() -> Arc<Releases> {
    Arc::new(Releases {
        adapter: ReleaseName::new("payments", Digest::of(b"adapter")),
        model: ReleaseName::new("fraud", Digest::of(b"model")),
    })
}

fn event(id: &str) -> Event {
    Event {
        id: id.into(),
        key: Some(Bytes::from_static(b"card-7")),
        payload: Bytes::from_static(b"{\"amount\":7}"),
        timestamp_ms: 1_700_000_000_123,
        headers: Vec::new(),
        origin: Origin::Http,
    }
}

/// A plausible payment's outcome with the id given.
fn scored(id: &str) -> Scored {
    Scored {
        event: event(id),
        outcome: Outcome {
            score: Some(0.1 + 0.2),
            decision: Some("decline".into()),
            payload: br#"{ "why": "amount","b":1, "b":2}"#.to_vec(),
            route: None,
        },
        releases: releases(),
        scored_at_ms: 1_700_000_000_456,
    }
}

fn batch(ids: impl IntoIterator<Item = usize>) -> Vec<Scored> {
    ids.into_iter()
        .map(|id| scored(&format!("e-{id}")))
        .collect()
}

/// Holds the error against words that it must have; none may tell the password.
fn says(error: &SinkError, temporary: bool, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.is_temporary(), temporary, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is missing in: {text}");
    }
    assert!(!text.contains("only-for-tests"), "{text}");
}
