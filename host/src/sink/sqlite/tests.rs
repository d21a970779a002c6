//! The sink on real files.

use std::{collections::HashSet, path::Path, sync::Arc};

use bytes::Bytes;
use sqlx::{
    ConnectOptions as _, Row as _,
    sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow},
};

use super::SqliteSink;
use crate::{
    release::Digest,
    sink::testing::{batch, scored},
};

pub async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path);
    options.connect().await.unwrap()
}

pub async fn count(path: &Path) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM scores");
    count.fetch_one(&mut connect(path).await).await.unwrap()
}

pub async fn ids(path: &Path) -> HashSet<String> {
    let ids = sqlx::query_scalar("SELECT event_id FROM scores");
    let ids: Vec<String> = ids.fetch_all(&mut connect(path).await).await.unwrap();
    ids.into_iter().collect()
}

async fn row(path: &Path, id: &str) -> SqliteRow {
    let row =
        sqlx::query("SELECT *, typeof(output), typeof(event_key) FROM scores WHERE event_id = ?");
    row.bind(id)
        .fetch_one(&mut connect(path).await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_row_holds_everything_of_an_outcome_in_words_a_person_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder/scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    let mut written = scored("e-1");
    written.outcome.score = Some(0.1 + 0.2);
    written.outcome.route = Some("review".into());
    sink.write(&[written]).await.unwrap();

    let row = row(&path, "e-1").await;
    let text = |column| row.get::<String, &str>(column);
    assert_eq!(text("pipeline"), "fraud");
    assert_eq!(text("event_key"), "card-7");
    assert_eq!(text("decision"), "decline");
    assert_eq!(row.get::<f64, _>("score"), 0.1 + 0.2);
    assert_eq!(text("output").as_bytes(), scored("").outcome.payload);
    assert_eq!(text("typeof(output)"), "text");
    assert_eq!(text("route"), "review");
    assert_eq!(text("adapter_digest"), Digest::of(b"adapter").to_string());
    assert_eq!(text("model_digest"), Digest::of(b"model").to_string());
    assert_eq!(row.get::<i64, _>("event_time_ms"), 1_700_000_000_000);
    assert_eq!(row.get::<i64, _>("scored_at_ms"), 1_700_000_000_005);
}

#[tokio::test]
async fn what_is_missing_is_null_and_what_is_no_text_is_a_blob() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    let mut empty = scored("empty");
    empty.outcome = Default::default();
    empty.event.key = None;
    empty.event.timestamp_ms = u64::MAX;
    let mut bytes = scored("bytes");
    bytes.outcome.payload = b"\xff\x00".to_vec();
    bytes.event.key = Some(Bytes::from_static(b"a\0b"));
    bytes.outcome.score = Some(f64::NEG_INFINITY);
    let mut nan = scored("nan");
    nan.outcome.score = Some(f64::NAN);
    sink.write(&[empty, bytes, nan]).await.unwrap();

    let empty = row(&path, "empty").await;
    for column in ["event_key", "decision", "output", "route"] {
        assert_eq!(empty.get::<Option<String>, _>(column), None, "{column}");
    }
    assert_eq!(empty.get::<Option<f64>, _>("score"), None);
    assert_eq!(empty.get::<i64, _>("event_time_ms"), i64::MAX);
    let bytes = row(&path, "bytes").await;
    assert_eq!(bytes.get::<String, _>("typeof(output)"), "blob");
    assert_eq!(bytes.get::<Vec<u8>, _>("output"), b"\xff\x00");
    assert_eq!(bytes.get::<Vec<u8>, _>("event_key"), b"a\0b");
    assert_eq!(bytes.get::<f64, _>("score"), f64::NEG_INFINITY);
    assert_eq!(row(&path, "nan").await.get::<Option<f64>, _>("score"), None);
}

#[tokio::test]
async fn a_repeated_event_is_one_row_and_the_first_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    let mut second = scored("e-1");
    second.outcome.decision = Some("approve".into());
    sink.write(&[scored("e-1"), second.clone()]).await.unwrap();
    sink.write(&[second]).await.unwrap();
    let many = batch((0..300).map(|n| format!("e-{}", n % 150)));
    sink.write(&many).await.unwrap();
    sink.write(&many).await.unwrap();
    assert_eq!(count(&path).await, 150);
    assert_eq!(
        row(&path, "e-1").await.get::<String, _>("decision"),
        "decline"
    );
    let other = SqliteSink::open(&path, "scores", "churn").await.unwrap();
    other.write(&[scored("e-1")]).await.unwrap();
    assert_eq!(
        count(&path).await,
        151,
        "another pipeline's event of that name is another event"
    );
}

#[tokio::test]
async fn every_size_of_a_batch_is_taken_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    let sizes = (1..=66).chain([127, 128, 129, 4096]);
    let mut total = 0;
    for size in sizes {
        let rows = batch((0..size).map(|n| format!("{size}-{n}")));
        sink.write(&rows).await.unwrap();
        total += size;
    }
    assert_eq!(count(&path).await, total);
}

#[tokio::test]
async fn a_closed_file_holds_every_row_without_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    sink.write(&batch((0..10).map(|n| n.to_string())))
        .await
        .unwrap();
    assert!(folder.path().join("scores.db-wal").exists());
    sink.close().await;
    assert!(!folder.path().join("scores.db-wal").exists());
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    sink.write(&[scored("11")]).await.unwrap();
    assert_eq!(count(&path).await, 11, "it is opened again as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_pipelines_share_a_file_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let opened = ["fraud", "churn"].map(|pipeline| {
        let path = path.clone();
        tokio::spawn(async move { SqliteSink::open(&path, "scores", pipeline).await })
    });
    let mut writers = Vec::new();
    for opening in opened {
        let sink = Arc::new(opening.await.unwrap().unwrap());
        for task in 0..4 {
            let sink = Arc::clone(&sink);
            writers.push(tokio::spawn(async move {
                let rows = batch((0..625).map(|n| format!("{task}-{n}")));
                for rows in rows.chunks(25 + 30 * task) {
                    sink.write(rows).await.unwrap();
                }
            }));
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(count(&path).await, 5_000);
    assert_eq!(ids(&path).await.len(), 2_500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_that_open_a_new_file_at_once_do_not_collide() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let tables = ["scores", "Scores", "other", "a \"b\"; DROP TABLE scores --"];
    let opening: Vec<_> = (0..16)
        .map(|n| {
            let path = path.clone();
            tokio::spawn(async move {
                let sink = SqliteSink::open(&path, tables[n % 4], &format!("p{n}")).await?;
                sink.write(&[scored("e")]).await
            })
        })
        .collect();
    for opening in opening {
        opening.await.unwrap().unwrap();
    }
    assert_eq!(
        count(&path).await,
        8,
        "SQLite compares names of tables without case"
    );
    let migrations = sqlx::query_scalar("SELECT count(*) FROM scoregate_migrations");
    let migrations: i64 = migrations
        .fetch_one(&mut connect(&path).await)
        .await
        .unwrap();
    assert_eq!(migrations, 3, "each table's step was applied once");
}

/// Prints rows a second; `cargo test --release -p scoregate --lib sqlite::tests::speed -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn speed() {
    let folder = tempfile::tempdir().unwrap();
    for size in [1, 8, 64, 256, 1000] {
        let path = folder.path().join(format!("{size}.db"));
        let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
        let total = (size * 400).min(100_000);
        let next = || uuid::Uuid::now_v7().to_string();
        let batches: Vec<_> = (0..total / size)
            .map(|_| batch((0..size).map(|_| next())))
            .collect();
        let started = std::time::Instant::now();
        for rows in &batches {
            sink.write(rows).await.unwrap();
        }
        let seconds = started.elapsed().as_secs_f64();
        let per_write_us = 1e6 * seconds / batches.len() as f64;
        println!(
            "batches of {size}: {:.0} rows/s, {per_write_us:.0} us a write",
            total as f64 / seconds
        );
        sink.close().await;
        println!(
            "  {} bytes a row",
            std::fs::metadata(&path).unwrap().len() / total as u64
        );
    }
}
