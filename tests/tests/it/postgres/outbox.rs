//! An outbox, read by the gateway.

use std::{sync::Arc, time::Duration};

use scoregate::{
    config::{DatabaseUrl, Outbox},
    source::OutboxSource,
};
use scoregate_tests::{
    gateway::Gateway,
    payments,
    servers::{Postgres, eventually_async},
    streams,
};

use super::{connect, count, database, row, run};

const SQL_FILE: &str = include_str!("../../../../sdk/sql/outbox.sql");
const SOON: Duration = Duration::from_secs(60);

fn outbox(url: &str) -> Outbox {
    Outbox {
        url: DatabaseUrl(url.into()),
        table: "outbox".into(),
        lease_ms: 30_000,
        poll_ms: 1_000,
    }
}

fn gateway(url: &str, lease_ms: u64, poll_ms: u64) -> Gateway {
    let config = streams::outbox_to_postgres(url, lease_ms, poll_ms);
    Gateway::start(Arc::new(streams::folder(&config)))
}

/// Puts valid payments into the outbox, numbered from `first` on.
async fn insert(url: &str, seed: u64, count: usize) {
    let lines: Vec<String> = payments::made(seed, count, 50)
        .map(|payment| payment.json)
        .collect();
    let insert = sqlx::query(
        "INSERT INTO outbox (payload) SELECT convert_to(line, 'UTF8') FROM UNNEST($1) AS line",
    );
    insert
        .bind(lines)
        .execute(&mut connect(url).await)
        .await
        .unwrap();
}

async fn left(url: &str) -> i64 {
    row::<(i64,)>(url, "SELECT count(*) FROM outbox").await.0
}

async fn until_empty(url: &str) {
    let empty = async || left(url).await == 0;
    eventually_async(SOON, "an empty outbox", empty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_outbox_is_told_with_the_file_that_makes_one() {
    let url = database();
    let says = async |words: &[&str]| {
        let error = OutboxSource::connect(&outbox(&url)).await.unwrap_err();
        for word in words {
            assert!(error.contains(word), "`{word}` is missing in: {error}");
        }
        assert!(!error.contains("only-for-tests"), "{error}");
    };
    says(&["no table `outbox`", "sdk/sql/outbox.sql"]).await;
    run(&url, "CREATE TABLE outbox (id bigint, payload text)").await;
    says(&["no outbox", "event_key, headers", "sdk/sql/outbox.sql"]).await;
    run(&url, "DROP TABLE outbox").await;
    run(&url, SQL_FILE).await;
    OutboxSource::connect(&outbox(&url)).await.unwrap();
    let wrong = outbox(&url.replace("postgres://", "mysql://"));
    assert!(OutboxSource::check(&wrong).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_woken_scored_and_deleted() {
    let url = database();
    run(&url, SQL_FILE).await;
    // A poll so rare that only the notification can bring it.
    let gateway = gateway(&url, 30_000, 60_000);
    insert(&url, 1, 1).await;
    until_empty(&url).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    insert(&url, 2, 3).await;
    until_empty(&url).await;
    let ids: (i64, bool) = row(
        &url,
        "SELECT count(*), bool_and(event_id LIKE 'outbox/_' AND event_key LIKE 'card%') FROM scores",
    )
    .await;
    assert_eq!(ids, (4, true));
    gateway.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_row_becomes_a_dead_letter_and_holds_nobody_up() {
    let url = database();
    run(&url, SQL_FILE).await;
    run(
        &url,
        r#"INSERT INTO outbox (event_key, payload, headers) VALUES ('card-7', '\xff00', '{"trace": "4bf9"}'), (NULL, NULL, '{}')"#,
    )
    .await;
    insert(&url, 3, 500).await;
    let gateway = gateway(&url, 30_000, 100);
    until_empty(&url).await;
    assert_eq!(count(&url).await, 500);
    let letter: (Vec<u8>, String, String, String) = row(
        &url,
        "SELECT payload, headers::text, origin, fault FROM dead_letters WHERE event_id = 'outbox/1'",
    )
    .await;
    assert_eq!(letter.0, b"\xff\0");
    assert_eq!(
        (&*letter.1, &*letter.2, &*letter.3),
        (r#"[["trace", "4bf9"]]"#, "postgres:outbox/1", "rejected")
    );
    let null: (bool,) = row(
        &url,
        "SELECT payload IS NULL AND event_key IS NULL FROM dead_letters WHERE event_id = 'outbox/2'",
    )
    .await;
    assert!(null.0);
    gateway.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_texts_is_read_as_well() {
    let url = database();
    run(
        &url,
        "CREATE TABLE outbox (id serial PRIMARY KEY, event_key text, payload jsonb, headers json, created_at timestamptz DEFAULT now(), \
         leased_by text, leased_until timestamptz, attempts integer NOT NULL DEFAULT 0)",
    )
    .await;
    let lines: Vec<String> = payments::made(4, 5, 5)
        .map(|payment| payment.json)
        .collect();
    sqlx::query("INSERT INTO outbox (payload) SELECT line::jsonb FROM UNNEST($1) AS line")
        .bind(lines)
        .execute(&mut connect(&url).await)
        .await
        .unwrap();
    let _gateway = gateway(&url, 30_000, 100);
    until_empty(&url).await;
    assert_eq!(count(&url).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_share_an_outbox_and_what_one_leaves_the_other_takes() {
    let url = database();
    run(&url, SQL_FILE).await;
    insert(&url, 5, 4_000).await;
    let mut killed = gateway(&url, 2_000, 100);
    let stopped = gateway(&url, 2_000, 100);
    let begun = async || count(&url).await > 200;
    eventually_async(SOON, "some rows", begun).await;
    killed.kill();
    insert(&url, 6, 1_000).await;
    until_empty(&url).await;
    assert_eq!(count(&url).await, 5_000);
    stopped.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_ends_gives_its_rows_back() {
    let url = database();
    run(&url, SQL_FILE).await;
    insert(&url, 7, 20_000).await;
    let mut gateway = gateway(&url, 600_000, 100);
    let begun = async || count(&url).await > 0;
    eventually_async(SOON, "some rows", begun).await;
    gateway.terminate();
    assert!(gateway.wait(SOON).success());
    let kept: (i64, i64) = row(
        &url,
        "SELECT count(*), count(*) FILTER (WHERE leased_by IS NOT NULL) FROM outbox",
    )
    .await;
    assert_eq!(kept.1, 0, "leases are given back");
    assert_eq!(
        kept.0 + count(&url).await,
        20_000,
        "what was delivered is deleted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_the_server_stops_and_starts() {
    let server = Postgres::start();
    let url = server.fresh_database();
    run(&url, SQL_FILE).await;
    let gateway = gateway(&url, 2_000, 100);
    let mut sent = 0;
    for round in 0..3 {
        insert(&url, 10 + round, 2_000).await;
        sent += 2_000;
        let begun = async || count(&url).await > sent - 2_000;
        eventually_async(SOON, "some rows", begun).await;
        server.stop_immediate();
        tokio::time::sleep(Duration::from_secs(1)).await;
        server.restart();
    }
    until_empty(&url).await;
    assert_eq!(count(&url).await, sent);
    gateway.assert_no_panic();
}
