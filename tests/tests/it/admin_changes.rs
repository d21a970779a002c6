//! Changes over the operators' listener: what is refused before it costs anything, and what the audit keeps of it.

use bytes::Bytes;
use scoregate::{limits::COMPONENT_MAX_BYTES, release::Digest};
use scoregate_tests::{
    client::{raw, within},
    components::noted,
    gateway::Gateway,
    operator::Operator,
    payments, plugins,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const RELEASES: &str = "/v1/plugins/fraud/releases";
const ROLLOUT: &str = "/v1/plugins/fraud/rollout";

#[tokio::test]
async fn a_browsers_page_changes_nothing() {
    let gateway = Gateway::fraud();
    let mut client = gateway.admin_client();
    let page = [
        ("origin", "http://127.0.0.1:8000"),
        ("content-type", "text/plain"),
    ];
    let pause = client
        .send("POST", "/v1/pipelines/fraud/pause", &page, Bytes::new())
        .await;
    assert_eq!(pause.status, 403);
    let status = client.get("/v1/pipelines/fraud").await.json();
    assert_eq!(status["state"], "serving");
}

#[tokio::test]
async fn an_upload_over_the_limit_is_refused_before_it_is_sent() {
    let gateway = Gateway::fraud();
    let bytes = 200 << 20;
    let head = format!("POST {RELEASES} HTTP/1.1\r\nhost: x\r\ncontent-length: {bytes}\r\n\r\n");
    let answer = raw(gateway.admin, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(
        answer.contains(&COMPONENT_MAX_BYTES.to_string()),
        "{answer}"
    );
    assert_eq!(Operator::of(&gateway).releases("fraud").await.len(), 1);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let gateway = Gateway::fraud();
    let component = noted(plugins::fraud(), "cut");
    let half = &component[..component.len() / 2];
    let head = format!(
        "POST {RELEASES} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        component.len()
    );
    let mut stream = TcpStream::connect(gateway.admin)
        .await
        .expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("a head");
    stream.write_all(half).await.expect("half a body");
    stream.shutdown().await.expect("the end");
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.ok();
    let answer = String::from_utf8_lossy(&answer);
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    // Sent whole, half a component is a component that does not fit.
    let mut client = gateway.admin_client();
    let reply = client.post(RELEASES, half.to_vec()).await;
    assert_eq!(reply.status, 422, "{reply:?}");
    let problems = reply.json()["report"]["problems"].to_string();
    assert!(problems.contains("damaged or truncated"), "{problems}");
    assert_eq!(Operator::of(&gateway).releases("fraud").await.len(), 1);
    let scored = gateway
        .client()
        .score("fraud", payments::heldout()[0].json)
        .await;
    assert_eq!(scored.status, 200);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_keeps_nothing() {
    let gateway = Gateway::fraud();
    let (mut client, mut operator) = (gateway.admin_client(), Operator::of(&gateway));
    let component = noted(plugins::fraud(), "dry");
    let path = format!("{RELEASES}?dry_run=true");
    let reply = client.post(&path, component.clone()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let report = reply.json();
    assert_eq!(report["release"], Digest::of(&component).to_string());
    assert_eq!(
        (&report["fits"], &report["known"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        report["pipelines"],
        json!([{ "pipeline": "fraud", "reasons": [] }])
    );
    assert_eq!(operator.releases("fraud").await.len(), 1);
    assert!(
        operator
            .actions()
            .await
            .iter()
            .all(|action| action != "add")
    );
    let order = operator.try_roll_out("fraud", Digest::of(&component), json!({}));
    let order = order.await;
    assert_eq!(order.status, 404, "{order:?}");
    let wrong = client.post(&path, plugins::payments()).await;
    assert_eq!(wrong.status, 422, "{wrong:?}");
}

#[tokio::test]
async fn of_deploys_at_once_each_is_made_or_refused_and_the_last_one_serves() {
    let gateway = Gateway::fraud();
    let mut operator = Operator::of(&gateway);
    let mut digests = Vec::new();
    for note in ["a", "b", "c", "d"] {
        let component = noted(plugins::fraud(), note);
        digests.push(operator.add("fraud", &component).await);
    }
    let mut deploys = Vec::new();
    for &digest in digests.iter().cycle().take(16) {
        let mut operator = Operator::of(&gateway);
        deploys.push(tokio::spawn(async move {
            let reply = operator.try_roll_out("fraud", digest, json!({})).await;
            assert!([200, 409].contains(&reply.status), "{reply:?}");
            (reply.status == 200).then(|| reply.json()["revision"].as_u64().expect("a number"))
        }));
    }
    let mut made = Vec::new();
    for deploy in deploys {
        made.extend(deploy.await.expect("an answer"));
    }
    made.sort_unstable();
    let lines = operator.audit().await;
    let replaced: Vec<&Value> = lines.iter().filter(|l| l["action"] == "replace").collect();
    let mut recorded: Vec<u64> = replaced
        .iter()
        .filter_map(|l| l["sequence"].as_u64())
        .collect();
    assert_eq!(
        replaced[0]["slots"]["fraud"]["after"]["active"],
        operator.active("fraud").await.to_string()
    );
    recorded.sort_unstable();
    assert_eq!(
        recorded, made,
        "each change that was answered is recorded, and no other"
    );
}

#[tokio::test]
async fn a_paused_pipeline_answers_503_until_it_is_resumed() {
    let gateway = Gateway::fraud();
    let (mut client, mut caller) = (gateway.admin_client(), gateway.client());
    let event = payments::heldout()[0].json;
    let paused = client.post("/v1/pipelines/fraud/pause", "").await;
    assert_eq!(
        (paused.status, &paused.json()["state"]),
        (200, &json!("paused"))
    );
    let refused = caller.score("fraud", event).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    let resumed = client.post("/v1/pipelines/fraud/resume", "{}").await;
    assert_eq!(
        (resumed.status, &resumed.json()["state"]),
        (200, &json!("serving"))
    );
    assert_eq!(caller.score("fraud", event).await.status, 200);
    assert_eq!(
        client.post("/v1/pipelines/nobody/pause", "").await.status,
        404
    );
}

#[tokio::test]
async fn wrong_orders_are_refused_with_what_would_be_right() {
    let gateway = Gateway::fraud();
    let mut client = gateway.admin_client();
    let serving = Operator::of(&gateway).active("fraud").await;
    let serving = serving.to_string();
    let unknown = Digest::of(b"nothing").to_string();
    for (path, body, status, told) in [
        (ROLLOUT, json!({}), 400, "needs `release`"),
        (
            ROLLOUT,
            json!({ "release": "latest" }),
            400,
            "expected `sha256:`",
        ),
        (ROLLOUT, json!({ "release": unknown }), 404, &*unknown),
        (ROLLOUT, json!({ "release": serving }), 409, "already"),
        (
            ROLLOUT,
            json!({ "release": serving, "strtegy": "replace" }),
            400,
            "did you mean `strategy`?",
        ),
        (
            "/v1/plugins/nobody/rollout",
            json!({ "release": serving }),
            404,
            "nobody",
        ),
        ("/v1/plugins/nobody/releases", json!({}), 404, "nobody"),
        ("/v1/plugins/fraud/promote", json!({}), 404, "no rollout"),
        ("/v1/plugins/fraud/abort", json!({}), 404, "no rollout"),
        (
            "/v1/plugins/fraud/rollback",
            json!({}),
            404,
            "to go back to",
        ),
        (
            "/v1/plugins/fraud/rollback",
            json!({ "raeson": "x" }),
            400,
            "did you mean `reason`?",
        ),
    ] {
        let reply = client.post(path, body.to_string()).await;
        assert_eq!(reply.status, status, "{path} {body}: {reply:?}");
        assert!(reply.error().contains(told), "{path} {body}: {reply:?}");
    }
    for (path, told) in [
        ("/v1/audit?count=0", "from 1 to"),
        ("/v1/audit?cuont=5", "did you mean `count`?"),
    ] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, 400, "{path}");
        assert!(reply.error().contains(told), "{reply:?}");
    }
}

#[tokio::test]
async fn the_audit_is_read_page_by_page() {
    let gateway = Gateway::fraud();
    let mut client = gateway.admin_client();
    for _ in 0..3 {
        client.post("/v1/pipelines/fraud/pause", "").await;
        client.post("/v1/pipelines/fraud/resume", "").await;
    }
    let all = Operator::of(&gateway).audit().await;
    assert!(all.len() >= 6, "{all:?}");
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let older = before.map_or_else(String::new, |before: u64| format!("&before={before}"));
        let page = client
            .get(&format!("/v1/audit?count=2{older}"))
            .await
            .json();
        let lines = page["audit"].as_array().expect("lines");
        assert!(lines.len() <= 2);
        paged.extend(lines.iter().cloned());
        before = page["next_before"].as_u64();
        if before.is_none() {
            break;
        }
    }
    assert_eq!(paged, all);
}

#[tokio::test]
async fn the_model_repository_lists_and_loads_releases_and_unloads_none_that_is_needed() {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let gateway = Gateway::fraud();
    let mut client = gateway.admin_client();
    let mut operator = Operator::of(&gateway);
    let first = operator.active("fraud").await;
    let index = client.post("/v2/repository/index", "").await.json();
    let models = index.as_array().expect("a list");
    assert_eq!(models.len(), 1, "{index}");
    assert_eq!(
        (&models[0]["name"], &models[0]["state"]),
        (&json!("fraud"), &json!("READY"))
    );
    assert_eq!(models[0]["parameters"]["release"], format!("fraud@{first}"));

    let load = "/v2/repository/models/fraud/load";
    let component = noted(plugins::fraud(), "by load");
    let file = json!({ "file:1/model.wasm": BASE64_STANDARD.encode(&component) });
    let reply = client
        .post(load, json!({ "parameters": file }).to_string())
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(operator.active("fraud").await, Digest::of(&component));
    let by_digest = json!({ "parameters": { "release": first } }).to_string();
    for _ in 0..2 {
        assert_eq!(client.post(load, by_digest.clone()).await.status, 200);
        assert_eq!(operator.active("fraud").await, first);
    }
    assert_eq!(client.post(load, "").await.status, 200);
    let ready = client
        .post("/v2/repository/index", "{\"ready\":true}")
        .await
        .json();
    assert_eq!(ready.as_array().map(Vec::len), Some(2), "{ready}");

    let unload = client
        .post("/v2/repository/models/fraud/unload", "{}")
        .await;
    assert_eq!(unload.status, 409, "{unload:?}");
    assert!(
        unload.error().contains("pipeline `fraud` needs it"),
        "{unload:?}"
    );
    for model in ["payments", "nobody"] {
        let reply = client
            .post(&format!("/v2/repository/models/{model}/load"), "")
            .await;
        assert_eq!(reply.status, 404, "{model}");
    }
}
