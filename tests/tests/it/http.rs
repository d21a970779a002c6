//! The table of statuses: a wrong request never gets a 5xx, every error is one sentence, and the next request is served.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use scoregate_tests::{
    client::{self, Client, Reply},
    folder::{FRAUD, Folder},
    gateway::Gateway,
    payments, plugins,
    shared::Shared,
};

static GATEWAY: Shared = Shared::new();

const HOSTILE: &str = r#"
[plugins.adapter]
file = "adapter.wasm"
call_deadline_ms = 400
[plugins.model]
file = "model.wasm"
call_deadline_ms = 400
[pipelines.hostile]
adapter = "adapter"
model = "model"
sources = [{ kind = "http" }]
[pipelines.short]
adapter = "adapter"
model = "model"
batch_max_events = 1
queue_max_events = 2
sources = [{ kind = "http" }]
"#;

fn gateway() -> Arc<Gateway> {
    GATEWAY.get(start)
}

fn start() -> Gateway {
    let folder = Folder::fraud(HOSTILE);
    folder.write("adapter.wasm", plugins::hostile_adapter());
    folder.write("model.wasm", plugins::hostile_model());
    Gateway::start(Arc::new(folder))
}

const SCORE: &str = "/pipelines/fraud/score";

fn payment() -> Bytes {
    Bytes::from_static(payments::heldout()[0].json.as_bytes())
}

async fn serves(client: &mut Client) {
    let reply = client.post(SCORE, payment()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

fn assert_error(reply: &Reply, status: u16, part: &str) {
    assert_eq!(reply.status, status, "{reply:?}");
    let error = reply.error();
    assert!(error.contains(part), "`{error}` lacks `{part}`");
    assert!(
        !error.contains('\n') && error.len() < 600,
        "no short sentence: {error}"
    );
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let gateway = gateway();
    let mut client = gateway.client();
    for (path, part) in [
        ("/pipelines/nobody/score", "no pipeline `nobody`"),
        ("/pipelines/fraud", "nothing is at"),
        ("/pipelines/fraud/score/more", "nothing is at"),
        ("/", "nothing is at"),
        ("/v1/plugins", "nothing is at"),
        ("/metrics", "nothing is at"),
        ("/pipelines/%66raud/score", "no pipeline"),
        ("/pipelines/../admin/score", "nothing is at"),
        ("/v2/models/nobody/infer", "no model `nobody`"),
        ("/v2/models/payments/infer", "no model `payments`"),
        ("/v2/models/fraud/versions/7/infer", "no version `7`"),
    ] {
        assert_error(&client.post(path, payment()).await, 404, part);
    }
    let long = format!("/pipelines/{}/score", "x".repeat(10_000));
    assert_error(
        &client.post(&long, payment()).await,
        404,
        "no pipeline `xxx",
    );
    serves(&mut client).await;
}

#[tokio::test]
async fn a_wrong_method_is_405_and_names_the_right_one() {
    let gateway = gateway();
    let mut client = gateway.client();
    for (method, path, allow) in [
        ("GET", SCORE, "POST"),
        ("PUT", SCORE, "POST"),
        ("DELETE", SCORE, "POST"),
        ("GET", "/v2/models/fraud/infer", "POST"),
        ("POST", "/v2/models/fraud", "GET, HEAD"),
        ("POST", "/v2/health/live", "GET, HEAD"),
        ("POST", "/v2", "GET, HEAD"),
    ] {
        let reply = client.send(method, path, &[], payment()).await;
        assert_error(&reply, 405, allow);
        assert_eq!(reply.header("allow"), Some(allow));
    }
    serves(&mut client).await;
}

#[tokio::test]
async fn an_event_that_the_adapter_rejects_is_422_and_names_what_is_wrong() {
    let gateway = gateway();
    let mut client = gateway.client();
    let deep = [b"[".repeat(1 << 20), b"]".repeat(1 << 20)].concat();
    let deep_field = [b"{\"payment_id\":".repeat(4_000), b"1".to_vec()].concat();
    for (event, part) in [
        (&b""[..], "payload"),
        (b"{", "payload"),
        (b"null", "payload"),
        (b"not JSON at all", "payload"),
        (b"\xff\xfe\xfd", "payload"),
        (b"{\"payment_id\":\"\xff\"}", "payload"),
        (b"\0", "payload"),
        (b"{}", "payment_id"),
        (br#"{"payment_id":5}"#, "payment_id"),
        (&deep, "payload"),
        (&deep_field, "payment_id"),
    ] {
        assert_error(
            &client.post(SCORE, Bytes::copy_from_slice(event)).await,
            422,
            part,
        );
    }
    assert_error(
        &client.score("hostile", "invalid").await,
        422,
        "these events are not for me",
    );
    serves(&mut client).await;
}

#[tokio::test]
async fn headers_that_cannot_be_read_are_400() {
    let gateway = gateway();
    let mut client = gateway.client();
    for (name, value) in [
        ("idempotency-key", ""),
        ("idempotency-key", &"x".repeat(257)),
        ("scoregate-key", &"x".repeat(1025)),
        ("scoregate-deadline-ms", "soon"),
        ("scoregate-deadline-ms", "-1"),
        ("scoregate-deadline-ms", "99999999999999999999"),
    ] {
        let reply = client
            .send("POST", SCORE, &[(name, value)], payment())
            .await;
        assert_eq!(reply.status, 400, "{reply:?}");
        assert!(
            reply.error().to_ascii_lowercase().contains(name),
            "{}",
            reply.error()
        );
    }
    serves(&mut client).await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_announced_or_not() {
    let folder = Folder::with(&FRAUD.replacen(
        "[plugins.payments]",
        "body_max_bytes = 1000\n[plugins.payments]",
        1,
    ));
    folder.write("payments.wasm", plugins::payments());
    folder.write("fraud.wasm", plugins::fraud());
    let small = Gateway::start(Arc::new(folder));
    assert_error(
        &small.client().post(SCORE, vec![b' '; 1001]).await,
        413,
        "1000 bytes",
    );
    assert_eq!(
        small.client().post(SCORE, vec![b' '; 1000]).await.status,
        422
    );
    assert_error(
        &small
            .client()
            .post("/v2/models/fraud/infer", vec![b' '; 1001])
            .await,
        413,
        "1000 bytes",
    );

    let gateway = gateway();
    let reply = gateway.client().post(SCORE, vec![b'x'; 100_000_000]).await;
    assert_error(&reply, 413, "over the limit of 8388608 bytes");
    let chunk = [
        b"100000\r\n".to_vec(),
        vec![b'x'; 1 << 20],
        b"\r\n".to_vec(),
    ]
    .concat();
    let head = format!("POST {SCORE} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    let text = client::raw(
        gateway.http,
        &[head.as_bytes(), &chunk.repeat(100), b"0\r\n\r\n"].concat(),
    )
    .await;
    assert!(text.starts_with("HTTP/1.1 413"), "{text}");
    serves(&mut gateway.client()).await;
}

#[tokio::test]
async fn a_full_queue_is_503_with_the_time_to_come_back() {
    let gateway = gateway();
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let mut client = gateway.client();
        waiting.spawn(async move { client.score("short", "loop").await });
    }
    let (mut faults, mut shed) = (0, 0);
    for reply in waiting.join_all().await {
        match reply.status {
            500 => faults += 1,
            503 => {
                assert_error(&reply, 503, "the queue of pipeline `short` is full");
                assert_eq!(reply.header("retry-after"), Some("1"));
                shed += 1;
            }
            _ => panic!("{reply:?}"),
        }
    }
    // One is being scored and two wait; before the worker has taken its first there is room for two alone.
    assert!(
        (2..=4).contains(&faults) && shed >= 4,
        "{faults} scored, {shed} shed"
    );
    assert_eq!(gateway.client().score("short", "good 1").await.status, 200);
}

#[tokio::test]
async fn a_deadline_that_passes_while_waiting_is_504() {
    let gateway = gateway();
    let mut busy = gateway.client();
    let busy = tokio::spawn(async move { busy.score("hostile", "loop").await.status });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let deadline = [("scoregate-deadline-ms", "20")];
    let path = "/pipelines/hostile/score";
    let reply = gateway
        .client()
        .send("POST", path, &deadline, Bytes::from("good 1"))
        .await;
    assert_error(&reply, 504, "deadline");
    assert_eq!(busy.await.expect("an answer"), 500);
}

#[tokio::test]
async fn a_timeout_of_the_inference_protocol_that_passes_while_waiting_is_504() {
    let gateway = gateway();
    let infer = |data: [u32; 2], timeout_us: u32| {
        let input = serde_json::json!({ "name": "features", "datatype": "FP32", "shape": [1, 2], "data": data });
        serde_json::json!({ "inputs": [input], "parameters": { "timeout": timeout_us } })
            .to_string()
    };
    let path = "/v2/models/model/infer";
    let mut busy = gateway.client();
    let looping = infer([1, 0], 0);
    let busy = tokio::spawn(async move { busy.post(path, looping).await.status });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_error(
        &gateway.client().post(path, infer([0, 1], 20_000)).await,
        504,
        "deadline",
    );
    assert_eq!(busy.await.expect("an answer"), 500);
    assert_eq!(
        gateway
            .client()
            .post(path, infer([0, 1], 5_000_000))
            .await
            .status,
        200
    );
}
