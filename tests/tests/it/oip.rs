//! The Open Inference Protocol: what a model is, and every way to ask it wrongly.

use std::sync::Arc;

use bytes::Bytes;
use scoregate_tests::{gateway::Gateway, payments::FEATURES, shared::Shared};
use serde_json::{Value, json};

static GATEWAY: Shared = Shared::new();

fn gateway() -> Arc<Gateway> {
    GATEWAY.get(Gateway::fraud)
}

const INFER: &str = "/v2/models/fraud/infer";

fn features(rows: usize) -> Value {
    json!({ "name": "features", "datatype": "FP32", "shape": [rows, FEATURES], "data": vec![0.5; rows * FEATURES] })
}

fn with(key: &str, value: Value) -> Value {
    let mut input = features(1);
    input[key] = value;
    json!({ "inputs": [input] })
}

#[tokio::test]
async fn the_server_and_its_models_say_what_they_are() {
    let gateway = gateway();
    let mut client = gateway.client();
    let server = client.get("/v2").await.json();
    assert_eq!(server["extensions"], json!(["binary_tensor_data"]));
    assert!(
        server["name"].is_string() && server["version"].is_string(),
        "{server}"
    );
    assert_eq!(
        client.get("/v2/health/live").await.json(),
        json!({ "live": true })
    );
    assert_eq!(
        client.get("/v2/health/ready").await.json(),
        json!({ "ready": true })
    );
    for base in ["/v2/models/fraud", "/v2/models/fraud/versions/1"] {
        let model = client.get(base).await.json();
        assert_eq!(model["name"], "fraud");
        assert_eq!(model["versions"], json!(["1"]));
        assert_eq!(
            model["inputs"],
            json!([{ "name": "features", "datatype": "FP32", "shape": [-1, FEATURES] }])
        );
        let names: Vec<_> = model["outputs"]
            .as_array()
            .expect("outputs")
            .iter()
            .map(|o| &o["name"])
            .collect();
        assert_eq!(names, ["margin", "probability"]);
        let ready = client.get(&format!("{base}/ready")).await;
        assert_eq!((ready.status, &ready.json()["ready"]), (200, &json!(true)));
    }
}

#[tokio::test]
async fn an_answer_repeats_the_id_and_holds_the_outputs_asked_for() {
    let gateway = gateway();
    let request = json!({
        "id": "question \"7\"", "inputs": [features(3)], "outputs": [{ "name": "probability" }],
        "parameters": { "unknown": [1, 2] },
    });
    let reply = gateway.client().post(INFER, request.to_string()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let answer = reply.json();
    assert_eq!(
        (&answer["id"], &answer["model_name"]),
        (&json!("question \"7\""), &json!("fraud"))
    );
    let outputs = answer["outputs"].as_array().expect("outputs");
    assert_eq!(outputs.len(), 1);
    assert_eq!(
        (&outputs[0]["name"], &outputs[0]["shape"]),
        (&json!("probability"), &json!([3, 1]))
    );
}

/// Requests whose only input has one thing wrong, and a part of the error.
fn wrong_inputs() -> Vec<(String, &'static str)> {
    let wrong = [
        ("name", json!("fatures"), "no input `fatures`"),
        ("datatype", json!("FP64"), "is of FP64, expected FP32"),
        ("datatype", json!("FP31"), "is of FP31, expected FP32"),
        ("datatype", json!(32), "no inference request"),
        ("shape", json!([FEATURES]), "has the shape [15]"),
        ("shape", json!([1, 14]), "has the shape [1, 14]"),
        (
            "shape",
            json!([2, FEATURES]),
            "needs 30 elements, its data has 15",
        ),
        ("shape", json!([-1, FEATURES]), "no inference request"),
        ("shape", json!([u64::MAX, FEATURES]), "overflows"),
        ("shape", json!([u64::MAX / 15, FEATURES]), "`features`"),
        ("shape", json!(vec![1; 100_000]), "has the shape"),
        ("data", json!([1.0]), "needs 15 elements, its data has 1"),
        ("data", json!(vec!["x"; FEATURES]), "`features`"),
        ("data", json!({}), "`features`"),
        ("data", Value::Null, "`features`"),
        (
            "parameters",
            json!({ "binary_data_size": 60 }),
            "Inference-Header-Content-Length",
        ),
    ];
    wrong
        .into_iter()
        .map(|(key, value, part)| (with(key, value).to_string(), part))
        .collect()
}

/// Requests that are wrong as a whole.
fn wrong_requests() -> Vec<(String, &'static str)> {
    let twice = json!({ "inputs": [features(1), features(1)] });
    let odds = json!({ "inputs": [features(1)], "outputs": [{ "name": "odds" }] });
    let deep = format!("{{\"inputs\":[],\"x\":{}", "{\"x\":".repeat(1 << 18));
    vec![
        ("{}".into(), "inputs"),
        (String::new(), "no inference request"),
        ("{".into(), "no inference request"),
        ("[]".into(), "no inference request"),
        ("[".repeat(1 << 20), "no inference request"),
        (deep, "no inference request"),
        ("{\"inputs\":[]}".into(), "needs the input features"),
        (twice.to_string(), "more than once"),
        (odds.to_string(), "no output `odds`"),
    ]
}

#[tokio::test]
async fn every_wrong_request_is_400_and_says_what_is_wrong() {
    let gateway = gateway();
    let mut client = gateway.client();
    for (request, part) in wrong_inputs().into_iter().chain(wrong_requests()) {
        let shown: String = request.chars().take(100).collect();
        let reply = client.post(INFER, request).await;
        assert_eq!(reply.status, 400, "{shown}: {reply:?}");
        let error = reply.error();
        assert!(
            error.contains(part) && error.len() < 600,
            "{shown}: {error}"
        );
    }
    let reply = client.post(INFER, &b"{\"inputs\":\"\xff\"}"[..]).await;
    assert_eq!(
        (reply.status, reply.error()),
        (400, "the request is not UTF-8".into())
    );
    let fine = json!({ "inputs": [features(1)] }).to_string();
    assert_eq!(client.post(INFER, fine).await.status, 200);
}

#[tokio::test]
async fn binary_lengths_that_lie_are_400() {
    let gateway = gateway();
    let mut client = gateway.client();
    let bytes = 4 * FEATURES;
    let head = |size: u64| {
        let input = json!({
            "name": "features", "datatype": "FP32", "shape": [1, FEATURES], "parameters": { "binary_data_size": size },
        });
        json!({ "inputs": [input] }).to_string()
    };
    let right = head(60);
    let length = right.len().to_string();
    let too_long = (right.len() + bytes + 1).to_string();
    let too_short = (right.len() - 1).to_string();
    for (head, length, data, part) in [
        (&right, &*length, bytes, ""),
        (
            &right,
            &length,
            59,
            "claims 60 bytes of binary data, 59 are left",
        ),
        (&right, &length, 61, "1 bytes follow the binary data"),
        (
            &right,
            &too_long,
            bytes,
            "Inference-Header-Content-Length is",
        ),
        (
            &right,
            "18446744073709551615",
            bytes,
            "Inference-Header-Content-Length is",
        ),
        (&right, &too_short, bytes, "no inference request"),
        (&right, "0", bytes, "no inference request"),
        (&right, "many", bytes, "must be a number of bytes"),
        (&right, "-5", bytes, "must be a number of bytes"),
        (&head(56), &length, 56, "needs 60 bytes of data, got 56"),
        (
            &head(99),
            &length,
            bytes,
            "claims 99 bytes of binary data, 60 are left",
        ),
    ] {
        let body = Bytes::from([head.as_bytes(), &vec![0; data]].concat());
        let headers = [("inference-header-content-length", length)];
        let reply = client.send("POST", INFER, &headers, body).await;
        assert_eq!(
            reply.status,
            if part.is_empty() { 200 } else { 400 },
            "{length}, {data}: {reply:?}"
        );
        if !part.is_empty() {
            assert!(
                reply.error().contains(part),
                "{length}, {data}: {}",
                reply.error()
            );
        }
    }
}

#[tokio::test]
async fn no_rows_at_all_are_an_answer_or_a_400_but_never_a_fault() {
    let gateway = gateway();
    let reply = gateway
        .client()
        .post(INFER, json!({ "inputs": [features(0)] }).to_string())
        .await;
    assert!(matches!(reply.status, 200 | 400), "{reply:?}");
}
