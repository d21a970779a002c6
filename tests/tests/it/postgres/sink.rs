//! The scores table.

use std::time::Duration;

use scoregate::{event::Outcome, sink::SinkError};
use scoregate_tests::servers::Postgres;
use sqlx::Connection as _;

use super::{batch, connect, count, database, open, row, run, says, scored, table};

#[tokio::test(flavor = "multi_thread")]
async fn a_row_holds_everything_of_an_outcome_in_words_a_person_reads() {
    let url = database();
    let sink = open(&url).await.unwrap();
    sink.write(&[scored("e-1")]).await.unwrap();
    let words: (String, String, String, String, f64) = row(
        &url,
        "SELECT pipeline, event_key, decision, output, score FROM scores WHERE event_id = 'e-1'",
    )
    .await;
    assert_eq!(
        (&*words.0, &*words.1, &*words.2),
        ("fraud", "card-7", "decline")
    );
    assert_eq!(words.3, r#"{ "why": "amount","b":1, "b":2}"#);
    assert_eq!(words.4, 0.1 + 0.2);
    let rest: (bool, bool, String, String) = row(
        &url,
        "SELECT event_time = '2023-11-14 22:13:20.123+00' AND scored_at = '2023-11-14 22:13:20.456+00', \
         route IS NULL AND event_key_bytes IS NULL AND output_bytes IS NULL, adapter_digest, model_digest FROM scores",
    )
    .await;
    assert!(rest.0 && rest.1);
    let of = |bytes: &[u8]| scoregate::release::Digest::of(bytes).to_string();
    assert_eq!((rest.2, rest.3), (of(b"adapter"), of(b"model")));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_an_event_holds_keeps_its_row_out() {
    let url = database();
    let sink = open(&url).await.unwrap();
    let mut bytes = scored("bytes");
    bytes.event.key = Some((&b"\xff\0"[..]).into());
    bytes.outcome.payload = b"a\0b".to_vec();
    bytes.event.timestamp_ms = u64::MAX;
    bytes.outcome.score = Some(f64::NAN);
    let mut empty = scored("empty");
    empty.event.key = None;
    empty.outcome = Outcome::default();
    empty.scored_at_ms = 0;
    let mut large = scored("large");
    large.outcome.payload = vec![b'x'; 9 << 20];
    sink.write(&[bytes, empty, large]).await.unwrap();
    let (held,): (bool,) = row(
        &url,
        "SELECT event_key IS NULL AND event_key_bytes = '\\xff00' AND output IS NULL AND output_bytes = '\\x610062' \
         AND score = 'NaN' AND extract(year FROM event_time) = 9999 FROM scores WHERE event_id = 'bytes'",
    )
    .await;
    assert!(held);
    let (held,): (bool,) = row(
        &url,
        "SELECT event_key IS NULL AND event_key_bytes IS NULL AND decision IS NULL AND score IS NULL AND output IS NULL \
         AND output_bytes IS NULL AND scored_at = 'epoch' FROM scores WHERE event_id = 'empty'",
    )
    .await;
    assert!(held);
    let (length,): (i32,) = row(
        &url,
        "SELECT length(output) FROM scores WHERE event_id = 'large'",
    )
    .await;
    assert_eq!(length, 9 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_event_changes_nothing() {
    let url = database();
    let sink = open(&url).await.unwrap();
    sink.write(&batch(0..2_500)).await.unwrap();
    let mut again = batch(1_000..3_000);
    again.extend(batch(2_900..3_100));
    for scored in &mut again {
        scored.outcome.decision = Some("later".into());
    }
    sink.write(&again).await.unwrap();
    let counts: (i64, i64) = row(
        &url,
        "SELECT count(*), count(*) FILTER (WHERE decision = 'later') FROM scores",
    )
    .await;
    assert_eq!(counts, (3_100, 600));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_can_never_be_taken_are_named_and_none_of_the_call_is_there() {
    let url = database();
    let sink = open(&url).await.unwrap();
    let mut rows = batch(0..2_500);
    rows[7].outcome.decision = Some("de\0cline".into());
    let random = |nth: u64| format!("{:x}", nth.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    // More than PostgreSQL's index can hold, compressed or not.
    rows[1_200].event.id = (1..2_000).map(random).collect();
    rows[2_499].outcome.route = Some("\0".into());
    let Err(SinkError::Rows(_, refused)) = sink.write(&rows).await else {
        panic!("rows are refused");
    };
    let places: Vec<_> = refused.iter().map(|refused| refused.row).collect();
    assert_eq!(places, [7, 1_200, 2_499]);
    assert!(refused[0].reason.contains("0x00"), "{refused:?}");
    assert!(refused[1].reason.contains("index"), "{refused:?}");
    assert_eq!(count(&url).await, 0);
    for place in places.into_iter().rev() {
        rows.remove(place);
    }
    sink.write(&rows).await.unwrap();
    assert_eq!(count(&url).await, 2_497);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_at_the_start_is_said() {
    let url = database();
    let wrong = |from: &str, to: &str| url.replace(from, to);
    for (url, words) in [
        (
            wrong("only-for", "0nly-for"),
            ["refuses user `test`", "password"],
        ),
        (wrong("/fresh_", "/none_"), ["does not exist", "none_"]),
        (
            wrong("//test:", "//nobody:"),
            ["refuses user `nobody`", "pg_hba"],
        ),
        (format!("{url}?sslmode=require"), ["TLS", "sslmode"]),
    ] {
        says(&open(&url).await.unwrap_err(), false, &words);
    }
    run(&url, "CREATE TABLE scores (a int)").await;
    let foreign = open(&url).await.unwrap_err();
    says(
        &foreign,
        false,
        &["`scores` that scoregate did not make", "name another"],
    );
    let config = scoregate::config::Sink::Postgres(table(&url, "scoregate_x"));
    let kept = scoregate::sink::Sink::open(&config, "fraud").await;
    says(&kept.unwrap_err(), false, &["`scoregate_x` cannot name"]);
    run(
        &url,
        "CREATE ROLE reader LOGIN PASSWORD 'only-for-tests'; DROP TABLE scores",
    )
    .await;
    let poor = wrong("//test:", "//reader:");
    let poor = open(&poor).await.unwrap_err();
    says(&poor, false, &["`reader` lacks a permission", "grant"]);
    run(&url, "DROP ROLE reader").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gateways_that_start_at_once_make_one_table() {
    let url = database();
    let mut tasks = tokio::task::JoinSet::new();
    for nth in 0..8 {
        let url = url.clone();
        tasks.spawn(async move {
            let sink = open(&url).await.unwrap();
            sink.write(&batch(nth * 10..nth * 10 + 20)).await.unwrap();
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    assert_eq!(count(&url).await, 90);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_dropped_is_made_anew() {
    let url = database();
    let sink = open(&url).await.unwrap();
    sink.write(&batch(0..3)).await.unwrap();
    run(&url, "DROP TABLE scores").await;
    let gone = sink.write(&batch(0..3)).await.unwrap_err();
    says(&gone, true, &["`scores` is gone"]);
    sink.write(&batch(0..3)).await.unwrap();
    assert_eq!(count(&url).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_server_is_waited_for() {
    let url = database();
    let sink = open(&url).await.unwrap();
    // As a standby would say; connections that are open keep their setting.
    run(&url, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$; \
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scoregate' AND datname = current_database()").await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let refused = sink.write(&batch(0..3)).await.unwrap_err();
    says(&refused, true, &["read-only", "standby"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_dropped_half_way_harms_no_later_call() {
    let url = database();
    let sink = open(&url).await.unwrap();
    let mut other = connect(&url).await;
    let mut lock = other.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE scores")
        .execute(&mut *lock)
        .await
        .unwrap();
    for _ in 0..5 {
        let rows = batch(0..10);
        let cut = tokio::time::timeout(Duration::from_millis(50), sink.write(&rows)).await;
        assert!(cut.is_err(), "the table is locked");
    }
    lock.rollback().await.unwrap();
    sink.write(&batch(0..20)).await.unwrap();
    assert_eq!(count(&url).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_wait_for_a_server_that_is_away_and_none_is_lost() {
    let server = Postgres::start();
    let url = server.fresh_database();
    server.stop_immediate();
    let sink = open(&url).await.expect("a server that is away is no error");
    let away = sink.write(&batch(0..1)).await.unwrap_err();
    says(&away, true, &["cannot be reached", "127.0.0.1"]);
    server.restart();
    let mut writes = 0;
    for round in 0..4 {
        for nth in 0..10 {
            let first = (round * 10 + nth) * 100;
            while let Err(error) = sink.write(&batch(first..first + 100)).await {
                assert!(error.is_temporary(), "{error}");
                writes += 1;
                if server.pid().is_none() {
                    server.restart();
                }
            }
            if nth == 5 {
                server.stop_immediate();
            }
        }
    }
    assert!(writes >= 4, "each stop is noticed");
    assert_eq!(count(&url).await, 4_000);
}

/// Prints rows a second.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn speed() {
    for size in [1, 100, 1_000, 4_096] {
        let url = database();
        let sink = open(&url).await.unwrap();
        let groups: Vec<_> = (0..(100_000 / size).min(1_000))
            .map(|nth| batch(nth * size..(nth + 1) * size))
            .collect();
        let started = std::time::Instant::now();
        for group in &groups {
            sink.write(group).await.unwrap();
        }
        let rows = (groups.len() * size) as f64;
        let seconds = started.elapsed().as_secs_f64();
        println!("groups of {size}: {:.0} rows/s", rows / seconds);
    }
}
