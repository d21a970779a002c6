//! The operators' listener: what runs, how it fares, and metrics.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use scoregate::limits;
use scoregate_tests::{folder::Folder, gateway::Gateway, payments, plugins};
use serde_json::json;

const HOSTILE: &str = r#"
[plugins.adapter]
file = "adapter.wasm"
[plugins.model]
file = "model.wasm"
[pipelines.bad]
adapter = "adapter"
model = "model"
breaker_max_faults = 2
sources = [{ kind = "http" }]
"#;

fn start() -> Gateway {
    let folder = Folder::fraud(HOSTILE);
    folder.write("adapter.wasm", plugins::hostile_adapter());
    folder.write("model.wasm", plugins::hostile_model());
    Gateway::start(Arc::new(folder))
}

#[tokio::test]
async fn slots_and_pipelines_show_what_runs_and_count_what_went_wrong() {
    let gateway = start();
    let mut client = gateway.client();
    for word in ["trap", "trap"] {
        assert_eq!(client.score("bad", word).await.status, 500);
    }
    let mut operator = gateway.admin_client();
    let slots = operator.get("/v1/plugins").await.json();
    let names: Vec<_> = slots["plugins"]
        .as_array()
        .expect("slots")
        .iter()
        .map(|slot| &slot["name"])
        .collect();
    assert_eq!(names, ["adapter", "fraud", "model", "payments"]);
    let adapter = operator.get("/v1/plugins/adapter").await.json();
    let active = &adapter["active"];
    assert_eq!(
        (&active["kind"], &active["name"]),
        (&json!("adapter"), &json!("hostile-adapter")),
        "{adapter}"
    );
    // The first event met an instance that might have been touched before, and was given a second, fresh one.
    assert_eq!(
        active["faults"],
        json!({ "trap": 3, "deadline": 0, "memory": 0, "malformed": 0 })
    );
    assert_eq!(active["contract"]["headers"], json!(["x-mark"]));
    let fraud = operator.get("/v1/plugins/fraud").await.json();
    assert_eq!(
        fraud["active"]["signature"]["outputs"][0]["name"], "margin",
        "{fraud}"
    );
    let bad = operator.get("/v1/pipelines/bad").await.json();
    assert_eq!(
        (&bad["name"], &bad["state"]),
        (&json!("bad"), &json!("suspended")),
        "{bad}"
    );
    let good = operator.get("/v1/pipelines/fraud").await.json();
    assert_eq!(good["state"], "serving", "{good}");
    for path in [
        "/v1/plugins/nobody",
        "/v1/pipelines/nobody",
        "/pipelines/fraud/score",
        "/v2",
        "/",
    ] {
        assert_eq!(operator.get(path).await.status, 404, "{path}");
    }
    assert_eq!(operator.post("/v1/plugins", "x").await.status, 405);
}

#[tokio::test]
async fn metrics_count_events_by_what_became_of_them() {
    let gateway = start();
    let mut client = gateway.client();
    client.score("fraud", payments::heldout()[0].json).await;
    client.score("fraud", "{").await;
    client.score("bad", "trap").await;
    client.score("bad", "model-invalid").await;
    let metrics = gateway.admin_client().get("/metrics").await;
    assert_eq!(metrics.status, 200);
    let text = String::from_utf8(metrics.body.to_vec()).expect("text");
    for (pipeline, result, count) in [
        ("fraud", "scored", 1),
        ("fraud", "rejected", 1),
        ("bad", "fault", 1),
        ("bad", "invalid_input", 1),
    ] {
        let line = text.lines().find(|line| {
            line.starts_with("scoregate_events_total{")
                && line.contains(&format!("pipeline=\"{pipeline}\""))
                && line.contains(&format!("result=\"{result}\""))
        });
        let line = line.unwrap_or_else(|| panic!("no {pipeline} {result}:\n{text}"));
        assert!(line.ends_with(&format!(" {count}")), "{line}");
    }
    // Every metric is explained, and begins with the product's name.
    for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
        let name = line.split(' ').nth(2).expect("a name");
        assert!(name.starts_with("scoregate_"), "{name}");
        assert!(
            text.contains(&format!("# HELP {name} ")),
            "{name} has no HELP"
        );
    }
}

#[tokio::test]
async fn health_is_told_on_both_listeners() {
    let gateway = start();
    let mut operator = gateway.admin_client();
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(operator.get(path).await.status, 200, "{path}");
    }
    let mut client = gateway.client();
    for path in ["/v2/health/live", "/v2/health/ready"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_pipeline_at_rest_has_no_thread_and_wakes_with_the_next_event() {
    let gateway = start();
    let mut client = gateway.client();
    let mut operator = gateway.admin_client();
    client.score("bad", "good 1").await;
    let alive = |status: serde_json::Value| status["workers_alive"].as_u64().expect("a count");
    assert_eq!(alive(operator.get("/v1/pipelines/bad").await.json()), 1);
    let deadline = Instant::now() + Duration::from_millis(2 * limits::WORKER_IDLE_MAX_MS);
    while alive(operator.get("/v1/pipelines/bad").await.json()) > 0 {
        assert!(Instant::now() < deadline, "a thread without work lives on");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // The instance waited for the next thread.
    assert_eq!(client.score("bad", "state 0").await.json()["output"], 1);
}
