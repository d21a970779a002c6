//! What goes wrong around the file: each a clear error, nothing half written, and the next write works where it can.

use std::{fs, path::Path, sync::Arc, time::Duration};

use sqlx::AssertSqlSafe;

use super::{
    SqliteSink,
    tests::{connect, count},
};
use crate::sink::{
    SinkError,
    testing::{batch, scored},
};

async fn run(path: &Path, sql: &str) {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    sql.execute(&mut connect(path).await).await.unwrap();
}

/// Sets something on the sink's own connection.
async fn pragma(sink: &SqliteSink, pragma: &str) {
    let mut database = sink.file.database.lock().await;
    let connection = &mut database.as_mut().unwrap().connection;
    let pragma = sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA {pragma}")));
    pragma.execute(connection).await.unwrap();
}

fn says(error: &SinkError, temporary: bool, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.is_temporary(), temporary, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is missing in: {text}");
    }
    let state = if temporary {
        "at the moment: it is busy or cannot be reached"
    } else {
        "until an operator has put it right"
    };
    assert_eq!(
        error.for_caller(),
        format!("the sink sqlite of pipeline `fraud` does not take rows {state}")
    );
}

/// A path in the folder, a table, and words of the refusal.
const REFUSED: [(&str, &str, [&str; 2]); 10] = [
    (
        "folder",
        "scores",
        ["folder is a folder", "name a file in it"],
    ),
    (
        "text",
        "scores",
        ["is not an SQLite database", "name another file"],
    ),
    ("text/x.db", "scores", ["cannot make the folder", "text"]),
    (
        "/proc/none/x.db",
        "scores",
        ["cannot make the folder", "/proc/none"],
    ),
    (
        "foreign",
        "scores",
        [
            "a table `scores` that scoregate did not make",
            "name another",
        ],
    ),
    (
        "foreign",
        "SEEN",
        ["a view `SEEN` that scoregate did not make", "name another"],
    ),
    ("newer", "scores", ["schema version 7", "versions up to 1"]),
    ("new", "", ["cannot name a table", "not empty"]),
    ("new", "SQLITE_x", ["`SQLITE_x` cannot name", "`sqlite_`"]),
    (
        "new",
        "scoregate_migrations",
        ["cannot name a table", "`scoregate_`"],
    ),
];

#[tokio::test]
async fn what_cannot_be_opened_is_refused_with_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(
        at("text"),
        "no database at all, but long enough to be read as one",
    )
    .unwrap();
    fs::create_dir(at("folder")).unwrap();
    run_new(
        &at("foreign"),
        "CREATE TABLE scores (id); CREATE VIEW seen AS SELECT 1",
    )
    .await;
    drop(
        SqliteSink::open(&at("newer"), "scores", "fraud")
            .await
            .unwrap(),
    );
    run(&at("newer"), "UPDATE scoregate_migrations SET version = 7").await;
    for (path, table, words) in REFUSED {
        let error = SqliteSink::open(&at(path), table, "fraud")
            .await
            .unwrap_err();
        says(&error, false, &words);
    }
}

async fn run_new(path: &Path, sql: &str) {
    fs::File::create(path).unwrap();
    run(path, sql).await;
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_named_and_none_of_the_rows_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    // Root may write any file: the connection is told what the file's mode would tell others.
    pragma(&sink, "query_only = ON").await;
    let error = sink.write(&[scored("e")]).await.unwrap_err();
    says(
        &error,
        false,
        &["scores.db cannot be written", "owner and mode"],
    );
    assert_eq!(count(&path).await, 0);
}

#[tokio::test]
async fn a_dropped_table_is_a_clear_error_and_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    sink.write(&[scored("1")]).await.unwrap();
    run(&path, "DROP TABLE scores").await;
    let error = sink.write(&[scored("2")]).await.unwrap_err();
    says(&error, true, &["table `scores`", "somebody dropped it"]);
    sink.write(&[scored("2")]).await.unwrap();
    assert_eq!(count(&path).await, 1);
}

#[tokio::test]
async fn a_file_locked_for_too_long_is_temporary() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    let mut other = connect(&path).await;
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    for rows in [1, 100] {
        pragma(&sink, "busy_timeout = 50").await;
        let rows = batch((0..rows).map(|n| n.to_string()));
        let error = sink.write(&rows).await.unwrap_err();
        says(&error, true, &["locked by another program"]);
        // A sink whose write failed opens the file anew, and that waits as well: let it.
        sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
        assert_eq!(count(&path).await, 0);
        *sink.file.database.lock().await = Some(sink.file.reopened().await.unwrap());
        sqlx::raw_sql("BEGIN IMMEDIATE")
            .execute(&mut other)
            .await
            .unwrap();
    }
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    sink.write(&batch((0..100).map(|n| n.to_string())))
        .await
        .unwrap();
    assert_eq!(count(&path).await, 100);
}

#[tokio::test]
async fn a_write_waits_for_another_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    let mut other = connect(&path).await;
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let rows = [scored("e")];
    let mut write = Box::pin(sink.write(&rows));
    let early = tokio::time::timeout(Duration::from_millis(100), &mut write).await;
    assert!(early.is_err(), "it cannot be written yet");
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    write.await.unwrap();
    assert_eq!(count(&path).await, 1);
}

#[tokio::test]
async fn a_full_disk_rolls_back_and_the_same_rows_are_taken_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    sink.write(&[scored("before")]).await.unwrap();
    for size in [60, 500] {
        let before = count(&path).await;
        // It holds for this connection alone: the one that is opened after the failure has room again.
        pragma(&sink, "max_page_count = 1").await;
        let mut rows = batch((0..size).map(|n| format!("{size}-{n}")));
        for row in &mut rows {
            row.outcome.payload = vec![b'x'; 2_000];
        }
        let error = sink.write(&rows).await.unwrap_err();
        says(&error, true, &["cannot grow", "full"]);
        assert_eq!(count(&path).await, before, "all or none");
        sink.write(&rows).await.unwrap();
        assert_eq!(count(&path).await, before + size);
    }
}

#[tokio::test]
async fn rows_are_not_acknowledged_into_a_file_that_nobody_finds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = SqliteSink::open(&path, "scores", "fraud").await.unwrap();
    let aside = folder.path().join("aside.db");
    fs::rename(&path, &aside).unwrap();
    let error = sink.write(&[scored("e")]).await.unwrap_err();
    says(
        &error,
        false,
        &["moved, deleted or replaced", "put it back"],
    );
    fs::rename(&aside, &path).unwrap();
    sink.write(&[scored("e")]).await.unwrap();
    assert_eq!(count(&path).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_write_harms_no_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let sink = Arc::new(SqliteSink::open(&path, "scores", "fraud").await.unwrap());
    let rows = batch((0..500).map(|n| n.to_string()));
    for dropped in 0..60 {
        let patience = Duration::from_micros(dropped * 100);
        let _ = tokio::time::timeout(patience, sink.write(&rows)).await;
        sink.write(&[scored(&format!("after-{dropped}"))])
            .await
            .unwrap();
    }
    sink.write(&rows).await.unwrap();
    assert_eq!(count(&path).await, 560);
}
