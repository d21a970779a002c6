//! What every outcome promises: both digests, the same for the same event, an id and a key of its own.

use std::sync::Arc;

use bytes::Bytes;
use scoregate::release::Digest;
use scoregate_tests::{
    client::NDJSON, folder::Folder, gateway::Gateway, payments, plugins, rows, shared::Shared,
};
use serde_json::{Value, json};

static GATEWAY: Shared = Shared::new();

const HOSTILE: &str = r#"
[plugins.adapter]
file = "adapter.wasm"
call_deadline_ms = 2000
[plugins.model]
file = "model.wasm"
call_deadline_ms = 2000
[pipelines.keyed]
adapter = "adapter"
model = "model"
key = "/card"
sources = [{ kind = "http" }]
"#;

fn gateway() -> Arc<Gateway> {
    GATEWAY.get(|| {
        let folder = Folder::fraud(HOSTILE);
        folder.write("adapter.wasm", plugins::hostile_adapter());
        folder.write("model.wasm", plugins::hostile_model());
        Gateway::start(Arc::new(folder))
    })
}

fn payment() -> &'static str {
    payments::heldout()[0].json
}

#[tokio::test]
async fn every_outcome_carries_both_digests() {
    let gateway = gateway();
    let release = json!({
        "adapter": format!("payments@{}", Digest::of(plugins::payments())),
        "model": format!("fraud@{}", Digest::of(plugins::fraud())),
    });
    let mut client = gateway.client();
    let lines: Vec<_> = payments::ndjson().lines().take(200).collect();
    let answers = client.score_lines("fraud", lines.join("\n")).await.lines();
    assert_eq!(answers.len(), 200);
    for answer in answers.iter().filter(|answer| answer["error"].is_null()) {
        assert_eq!(answer["release"], release);
    }
    for row in rows::read(&gateway.database()).await {
        assert_eq!(
            row.adapter_digest,
            Digest::of(plugins::payments()).to_string()
        );
        assert_eq!(row.model_digest, Digest::of(plugins::fraud()).to_string());
    }
}

#[tokio::test]
async fn the_answer_has_the_documented_form() {
    let gateway = gateway();
    let reply = gateway.client().score("fraud", payment()).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let answer = reply.json();
    let keys: Vec<_> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(keys.len(), 5, "{answer}");
    for key in ["event_id", "score", "decision", "output", "release"] {
        assert!(answer.get(key).is_some(), "no {key}: {answer}");
    }
    assert_eq!(answer["decision"], "approve");
    assert_eq!(answer["output"]["payment_id"], "pay_224f2964");
}

#[tokio::test]
async fn the_same_events_give_the_same_outcomes_in_any_batch() {
    let without_id = |mut answer: Value| {
        answer
            .as_object_mut()
            .expect("an object")
            .remove("event_id");
        answer
    };
    let gateway = gateway();
    let mut client = gateway.client();
    let events: Vec<&str> = payments::ndjson().lines().step_by(20).collect();
    let together = client.score_lines("fraud", events.join("\n")).await.lines();
    let again = client.score_lines("fraud", events.join("\n")).await.lines();
    for ((event, first), second) in events.iter().zip(together).zip(again) {
        if first["error"].is_string() {
            assert_eq!(first, second);
            continue;
        }
        let first = without_id(first);
        assert_eq!(first, without_id(second));
        let alone = client.score("fraud", *event).await.json();
        assert_eq!(first, without_id(alone));
    }
}

#[tokio::test]
async fn an_event_without_an_id_gets_a_uuid_of_version_7() {
    let gateway = gateway();
    let answer = gateway.client().score("fraud", payment()).await.json();
    let id = answer["event_id"].as_str().expect("an id");
    let id = uuid::Uuid::parse_str(id).expect("a UUID");
    assert_eq!(id.get_version_num(), 7);
}

#[tokio::test]
async fn the_same_id_twice_is_one_row_and_one_form_of_answer() {
    let gateway = gateway();
    let mut client = gateway.client();
    let path = "/pipelines/fraud/score";
    let id = [("idempotency-key", "twice")];
    let first = client.send("POST", path, &id, Bytes::from(payment())).await;
    let second = client.send("POST", path, &id, Bytes::from(payment())).await;
    assert_eq!((first.status, &first.body), (200, &second.body));
    assert_eq!(first.json()["event_id"], "twice");
    let lines = Bytes::from(format!(
        "{}\n\n{}\n",
        payment(),
        payments::heldout()[1].json
    ));
    let headers = [id[0], NDJSON];
    for _ in 0..2 {
        let answers = client
            .send("POST", path, &headers, lines.clone())
            .await
            .lines();
        let ids: Vec<_> = answers.iter().map(|answer| &answer["event_id"]).collect();
        assert_eq!(ids, ["twice-0", "twice-1"]);
    }
    let rows = rows::read(&gateway.database()).await;
    for id in ["twice", "twice-0", "twice-1"] {
        let rows: Vec<_> = rows.iter().filter(|row| row.event_id == id).collect();
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(
            (&*rows[0].pipeline, &rows[0].decision),
            ("fraud", &Some("approve".into()))
        );
        assert!(rows[0].score.is_some());
    }
}

#[tokio::test]
async fn the_key_is_the_callers_or_what_the_pointer_finds_or_the_id() {
    let gateway = gateway();
    let mut client = gateway.client();
    let path = "/pipelines/keyed/score";
    let id = ("idempotency-key", "k1");
    for (headers, event, key) in [
        (&[("scoregate-key", "mine"), id][..], "key", "mine"),
        (&[id], "key", "k1"),
    ] {
        let reply = client.send("POST", path, headers, Bytes::from(event)).await;
        assert_eq!(reply.json()["output"], key, "{reply:?}");
    }
    let reply = client.score("fraud", payment()).await;
    let id = reply.json()["event_id"].as_str().expect("an id").to_owned();
    let rows = rows::read(&gateway.database()).await;
    let row = rows.iter().find(|row| row.event_id == id).expect("a row");
    assert_eq!(row.event_key.as_deref(), Some("card_00743"));
}

#[tokio::test]
async fn an_adapter_sees_the_headers_that_it_asked_for_and_no_other() {
    let gateway = gateway();
    let mut client = gateway.client();
    let path = "/pipelines/keyed/score";
    for (headers, seen) in [
        (
            &[("X-MARK", "blue"), ("x-other", "red")][..],
            json!("x-mark=blue"),
        ),
        (
            &[("x-other", "red"), ("authorization", "secret")],
            Value::Null,
        ),
    ] {
        let reply = client
            .send("POST", path, headers, Bytes::from("header"))
            .await;
        assert_eq!(reply.json()["output"], seen, "{reply:?}");
    }
}
