//! Letters in a database's table.

use std::sync::Arc;

use scoregate_tests::{
    folder::Folder,
    gateway::Gateway,
    servers::{
        Kafka, Postgres, eventually,
        records::{NewRecord, produce, read_committed},
    },
    streams,
};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use super::{WAIT_MAX, dead_letters, listed};

const OUTBOX: &str = include_str!("../../../../sdk/sql/outbox.sql");

/// Lists, shows and sends again the one letter that there is, and says what its payload, key and header are.
#[track_caller]
fn sent_again_once(folder: &Folder, origin: &str) {
    let list = listed(folder);
    assert_eq!(list["counts"], json!({ "rejected": 1 }));
    let letter = &list["letters"][0];
    assert_eq!(letter["origin"], origin);
    assert_eq!(letter["key"], "card-7");
    assert_eq!(
        letter["headers"],
        json!([{ "name": "trace", "value": "7" }])
    );
    let id = letter["id"].as_str().unwrap();
    let shown = dead_letters(folder, &["show", id, "--payload"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (Some(0), "no payment"));
    let shown = dead_letters(folder, &["show", id]).stdout;
    for word in [origin, "rejected", "card-7", "trace: 7", "no payment"] {
        assert!(shown.contains(word), "`{word}` is missing in: {shown}");
    }
    let unknown = dead_letters(folder, &["show", "none"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("has no dead letter `none`"));

    let all = ["retry", "--all", "--fault", "rejected"];
    let retried = dead_letters(folder, &all);
    assert_eq!(
        (retried.code, retried.stdout.trim()),
        (Some(0), "1 sent again, 0 not"),
        "{}",
        retried.stderr
    );
    assert_eq!(
        dead_letters(folder, &all).stdout.trim(),
        "0 sent again, 0 not"
    );
    assert_eq!(listed(folder)["letters"], json!([]));
    let retried = dead_letters(folder, &["list", "--retried", "--output", "json"]);
    let retried: Value = serde_json::from_str(&retried.stdout).unwrap();
    assert_eq!(retried["letters"][0]["id"], id);
    assert!(retried["letters"][0]["retried_at_ms"].is_u64(), "{retried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_in_postgres_goes_back_into_the_outbox_it_came_from() {
    let url = Postgres::shared().fresh_database();
    let mut database = PgConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(OUTBOX).execute(&mut database).await.unwrap();
    let poison = "INSERT INTO outbox (event_key, payload, headers) VALUES ('card-7', 'no payment', '{\"trace\": \"7\"}')";
    sqlx::query(poison).execute(&mut database).await.unwrap();
    let folder = Arc::new(streams::folder(&streams::outbox_to_postgres(
        &url, 30_000, 100,
    )));
    let mut gateway = Gateway::start(folder.clone());
    eventually(WAIT_MAX, || listed(&folder)["counts"]["rejected"] == 1);
    gateway.terminate();
    assert!(gateway.wait(WAIT_MAX).success(), "{}", gateway.log());

    sent_again_once(&folder, "postgres:outbox/1");
    let rows: Vec<(i64, Vec<u8>, Vec<u8>, Value)> = {
        let rows =
            "SELECT id, convert_to(event_key::text, 'UTF8'), payload, headers::text FROM outbox";
        let rows: Vec<(i64, Vec<u8>, Vec<u8>, String)> =
            sqlx::query_as(rows).fetch_all(&mut database).await.unwrap();
        rows.into_iter()
            .map(|(id, key, payload, headers)| {
                (id, key, payload, serde_json::from_str(&headers).unwrap())
            })
            .collect()
    };
    let headers = json!([["trace", "7"], ["scoregate-retry", "1"]]);
    let again = (2, b"card-7".to_vec(), b"no payment".to_vec(), headers);
    assert_eq!(rows, [again]);

    // It is as bad as it was: the gateway makes a second letter of it, which is open.
    gateway.restart();
    eventually(WAIT_MAX, || listed(&folder)["counts"]["rejected"] == 1);
    assert_eq!(listed(&folder)["letters"][0]["origin"], "postgres:outbox/2");
}

#[test]
fn a_letter_in_sqlite_goes_back_into_the_topic_it_came_from() {
    let kafka = Kafka::shared();
    let input = kafka.fresh_topic("in", 2);
    let poison = NewRecord {
        partition: Some(1),
        headers: vec![("trace".into(), b"7".to_vec())],
        ..NewRecord::keyed("card-7", "no payment")
    };
    produce(&kafka.client(), &input, [poison]);
    let config = streams::kafka_to_sqlite(kafka.brokers(), &input, &input, "exactly-once");
    let folder = Arc::new(streams::folder(&config));
    let mut gateway = Gateway::start(folder.clone());
    eventually(WAIT_MAX, || listed(&folder)["counts"]["rejected"] == 1);
    gateway.terminate();
    assert!(gateway.wait(WAIT_MAX).success(), "{}", gateway.log());

    sent_again_once(&folder, &format!("kafka:{input}/1/0"));
    let read = read_committed(&kafka.client(), &input);
    assert_eq!((read.len(), read[1].partition), (2, 1));
    assert_eq!(
        (&read[1].key, &read[1].value),
        (&read[0].key, &read[0].value)
    );
    assert_eq!(read[1].header("scoregate-retry"), Some(&b"1"[..]));
}
