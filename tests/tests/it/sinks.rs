//! The reply waits for the sinks, and what they hold is what the reply said.

use std::sync::Arc;

use scoregate_tests::{
    command,
    folder::{FRAUD, Folder},
    gateway::Gateway,
    payments, plugins, rows,
};
use serde_json::Value;

const BOTH: &str = r#"
[[pipelines.fraud.sinks]]
kind = "stdout"
[pipelines.second]
adapter = "payments"
model = "fraud"
sources = [{ kind = "http" }]
sinks = [{ kind = "sqlite", path = "scores.db" }]
"#;

#[tokio::test]
async fn every_answer_is_in_every_sink_when_it_comes() {
    let gateway = Gateway::start(Arc::new(Folder::fraud(BOTH)));
    let mut client = gateway.client();
    let lines: Vec<&str> = payments::ndjson().lines().take(500).collect();
    let mut answers = client.score_lines("fraud", lines.join("\n")).await.lines();
    answers.retain(|answer| answer["error"].is_null());
    answers.push(client.score("fraud", lines[0]).await.json());
    let printed: Vec<Value> = gateway
        .stdout()
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(printed, answers);

    let rows = rows::read(&gateway.database()).await;
    assert_eq!(rows.len(), answers.len());
    for answer in &answers {
        let row = rows
            .iter()
            .find(|row| answer["event_id"] == *row.event_id)
            .expect("a row");
        assert_eq!(row.pipeline, "fraud");
        assert_eq!(answer["score"].as_f64(), row.score);
        assert_eq!(answer["decision"].as_str(), row.decision.as_deref());
        let output: Value =
            serde_json::from_str(row.output.as_deref().expect("an output")).expect("JSON");
        assert_eq!(answer["output"], output);
        let releases = format!("payments@{} fraud@{}", row.adapter_digest, row.model_digest);
        let release = &answer["release"];
        assert_eq!(
            releases,
            format!(
                "{} {}",
                release["adapter"].as_str().unwrap(),
                release["model"].as_str().unwrap()
            )
        );
        assert!(
            row.event_time_ms > 1_600_000_000_000 && row.scored_at_ms >= row.event_time_ms,
            "{row:?}"
        );
    }
}

#[tokio::test]
async fn two_pipelines_share_a_database_without_meeting() {
    let gateway = Gateway::start(Arc::new(Folder::fraud(BOTH)));
    let mut client = gateway.client();
    let id = [("idempotency-key", "same")];
    for pipeline in ["fraud", "second", "second"] {
        let path = format!("/pipelines/{pipeline}/score");
        let reply = client
            .send("POST", &path, &id, payments::heldout()[0].json.into())
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    let rows = rows::read(&gateway.database()).await;
    let names: Vec<_> = rows
        .iter()
        .map(|row| (&*row.pipeline, &*row.event_id))
        .collect();
    assert_eq!(names, [("fraud", "same"), ("second", "same")]);
}

#[tokio::test]
async fn a_rejected_event_leaves_no_row() {
    let gateway = Gateway::fraud();
    assert_eq!(gateway.client().score("fraud", "{}").await.status, 422);
    assert_eq!(rows::read(&gateway.database()).await, []);
}

#[tokio::test]
async fn a_sink_that_takes_nothing_is_503_and_no_secret_is_told() {
    let gateway = Gateway::fraud();
    let mut client = gateway.client();
    let payment = payments::heldout()[0].json;
    assert_eq!(client.score("fraud", payment).await.status, 200);
    let (here, away) = (gateway.database(), gateway.folder.path("away.db"));
    std::fs::rename(&here, &away).expect("the database is moved away");
    let reply = client.score("fraud", payment).await;
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.header("retry-after").is_some());
    assert!(
        !reply.error().contains("scores.db"),
        "a path is told: {}",
        reply.error()
    );
    std::fs::rename(&away, &here).expect("the database is put back");
    assert_eq!(client.score("fraud", payment).await.status, 200);
    assert_eq!(rows::read(&here).await.len(), 2);
}

#[test]
fn a_database_that_is_none_keeps_the_gateway_from_starting() {
    let folder = Folder::with(FRAUD);
    folder.write("payments.wasm", plugins::payments());
    folder.write("fraud.wasm", plugins::fraud());
    folder.write(
        "scores.db",
        "this is no database, and long enough to be looked at as one ".repeat(100),
    );
    let stderr = command::refused(&folder);
    assert!(
        stderr.contains("pipeline `fraud`") && stderr.contains("scores.db"),
        "{stderr}"
    );
}
