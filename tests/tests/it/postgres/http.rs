//! A caller's event in a table: the answer comes after the row, and each event is one row.

use std::{sync::Arc, time::Duration};

use scoregate_tests::{
    client::Reply, gateway::Gateway, payments, servers::eventually_async, streams,
};
use sqlx::Connection as _;

use super::{connect, count, database, row};

const SOON: Duration = Duration::from_secs(60);
const HTTP: &str = "[[pipelines.fraud.sources]]\nkind = \"http\"\n";

fn gateway(url: &str) -> Gateway {
    let config = streams::with_ends(&format!("{HTTP}{}", streams::postgres_sink(url)));
    Gateway::start(Arc::new(streams::folder(&config)))
}

async fn score(gateway: &Gateway, id: &str, event: &'static str) -> Reply {
    let (mut client, path) = (gateway.client(), "/pipelines/fraud/score");
    let headers = [("idempotency-key", id)];
    client.send("POST", path, &headers, event.into()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answered_event_is_in_the_table_once_however_often_it_is_sent() {
    let url = database();
    let gateway = gateway(&url);
    let event = payments::heldout()[0].json;
    let first = score(&gateway, "pay-1", event).await;
    assert_eq!(first.status, 200, "{first:?}");
    let of_table: (String, String, Option<f64>, String) = row(
        &url,
        "SELECT event_id, decision, score, output FROM scores WHERE pipeline = 'fraud'",
    )
    .await;
    let answer = first.json();
    let output: serde_json::Value = serde_json::from_str(&of_table.3).expect("JSON");
    assert_eq!(answer["event_id"], *of_table.0);
    assert_eq!(answer["decision"], *of_table.1);
    assert_eq!(answer["score"].as_f64(), of_table.2);
    assert_eq!(answer["output"], output);

    let again = score(&gateway, "pay-1", event).await;
    assert_eq!((again.status, again.json()), (200, answer));
    assert_eq!(count(&url).await, 1);
    assert_eq!(score(&gateway, "pay-2", event).await.status, 200);
    assert_eq!(count(&url).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_answered_before_the_row_is_there() {
    let url = database();
    let gateway = Arc::new(gateway(&url));
    let event = payments::heldout()[0].json;
    assert_eq!(score(&gateway, "pay-1", event).await.status, 200);
    let mut holder = connect(&url).await;
    let mut locked = holder.begin().await.unwrap();
    sqlx::query("LOCK TABLE scores IN SHARE MODE")
        .execute(&mut *locked)
        .await
        .unwrap();
    let asked = tokio::spawn({
        let gateway = gateway.clone();
        async move { score(&gateway, "pay-2", event).await }
    });
    let waits = async || {
        let waiting: (i64,) = row(
            &url,
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'scores'::regclass \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        .await;
        waiting.0 > 0
    };
    eventually_async(SOON, "a row that waits for the lock", waits).await;
    assert!(!asked.is_finished(), "answered without a row");
    locked.commit().await.unwrap();
    assert_eq!(asked.await.unwrap().status, 200);
    assert_eq!(count(&url).await, 2);
}
