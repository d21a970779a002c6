//! Replacements and rollbacks, in the middle of traffic.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use scoregate::release::Digest;
use scoregate_tests::{
    client::{Client, NDJSON},
    folder::Folder,
    gateway::Gateway,
    operator::Operator,
    payments::{self, Expected, assert_scored},
    plugins,
};
use serde_json::json;

const CALLERS: usize = 6;
const SWAPS: usize = 40;

/// Scores payments one after the other until it is told to stop. Every answer is right, whichever release gave it.
async fn call(mut client: Client, caller: usize, allowed: Vec<String>, load: Arc<Load>) {
    let valid: Vec<_> = payments::heldout()
        .iter()
        .filter_map(|payment| match payment.expected {
            Expected::Scored {
                margin,
                probability,
            } => Some((payment.json, margin, probability)),
            Expected::Rejected { .. } => None,
        })
        .collect();
    for nth in 0.. {
        let (json, margin, probability) = valid[(nth * CALLERS + caller) % valid.len()];
        // Some by many, some by one: both travel through the same queue.
        let answer = if nth % 4 == 0 {
            let lines = format!("{json}\n{json}\n{json}");
            let path = "/pipelines/fraud/score";
            let reply = client.send("POST", path, &[NDJSON], lines.into()).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            reply.lines().pop().expect("three lines")
        } else {
            let reply = client.score("fraud", json).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            reply.json()
        };
        assert_scored(&answer, margin, probability);
        let release = answer["release"].to_string();
        assert!(
            allowed.contains(&release),
            "a pair that never served: {release}"
        );
        load.answered.fetch_add(1, Ordering::Relaxed);
        if load.stop.load(Ordering::Relaxed) {
            break;
        }
    }
}

#[derive(Default)]
struct Load {
    stop: AtomicBool,
    answered: AtomicU64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_change_under_full_load_and_no_request_fails() {
    let folder = Folder::fraud("");
    let gateway = Gateway::start(Arc::new(folder));
    let mut operator = Operator::of(&gateway);
    let adapter = operator.active("payments").await;
    let mut models = vec![operator.active("fraud").await];
    models.push(operator.add("fraud", &plugins::fraud_again("2")).await);
    let pair = |model: Digest| json!({ "adapter": format!("payments@{adapter}"), "model": format!("fraud@{model}") });
    let allowed: Vec<String> = models
        .iter()
        .map(|&model| pair(model).to_string())
        .collect();
    let load = Arc::new(Load::default());
    let callers: Vec<_> = (0..CALLERS)
        .map(|nth| tokio::spawn(call(gateway.client(), nth, allowed.clone(), load.clone())))
        .collect();
    let mut client = gateway.client();
    let mut revision = 0;
    for nth in 0..SWAPS {
        let model = models[(nth + 1) % 2];
        // Back and forth by either way.
        let done = if nth % 3 == 2 {
            operator.end("fraud", "rollback").await
        } else {
            operator.replace("fraud", model).await
        };
        let made = done["revision"].as_u64().expect("a revision");
        assert!(made > revision, "{done}");
        revision = made;
        // Whoever asks after the change is answered by the new one.
        let reply = client.score("fraud", payments::heldout()[0].json).await;
        assert_eq!(reply.json()["release"], pair(model), "{reply:?}");
        let from = load.answered.load(Ordering::Relaxed);
        while load.answered.load(Ordering::Relaxed) < from + 20 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
    load.stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("every answer was right");
    }
    let log = gateway.log();
    assert_eq!(
        log.matches("\"loaded\"").count(),
        3,
        "something was loaded again:\n{log}"
    );
}

#[tokio::test]
async fn what_was_rolled_out_survives_a_restart_and_so_does_the_way_back() {
    let mut gateway = Gateway::start(Arc::new(Folder::fraud("")));
    let mut operator = Operator::of(&gateway);
    let first = operator.active("fraud").await;
    let second = operator.add("fraud", &plugins::fraud_again("2")).await;
    assert_eq!(
        operator.active("fraud").await,
        first,
        "an upload serves nothing yet"
    );
    operator.replace("fraud", second).await;
    gateway.restart();
    let mut operator = Operator::of(&gateway);
    assert_eq!(operator.active("fraud").await, second);
    let told = gateway.log();
    assert!(
        told.contains("the configured file is another release"),
        "{told}"
    );
    assert!(told.contains("--plugin fraud"), "{told}");
    let status = operator.slot("fraud").await;
    assert_eq!(
        status["previous"]["release"],
        format!("fraud@{first}"),
        "{status}"
    );
    assert_eq!(status["previous"]["warm"], true, "{status}");
    operator.end("fraud", "rollback").await;
    let reply = gateway
        .client()
        .score("fraud", payments::heldout()[0].json)
        .await;
    assert_eq!(reply.json()["release"]["model"], format!("fraud@{first}"));
    let actions = operator.actions().await;
    assert_eq!(actions, ["rollback", "replace", "add", "first"]);
    assert_eq!(operator.audit().await[0]["detail"]["reason"], "a test");
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused_and_changes_nothing() {
    let gateway = Gateway::start(Arc::new(Folder::fraud("")));
    let mut operator = Operator::of(&gateway);
    let first = operator.active("fraud").await;
    let replace = json!({ "strategy": "replace" });
    for (slot, release, status, told) in [
        ("fraud", first, 409, "is the active release"),
        (
            "fraud",
            operator.active("payments").await,
            422,
            "of the kind",
        ),
        ("nobody", first, 404, "no plugin `nobody`"),
    ] {
        let reply = operator.try_roll_out(slot, release, replace.clone()).await;
        assert_eq!(reply.status, status, "{reply:?}");
        let body = reply.json();
        let error = body["error"].as_str().expect("an error");
        assert!(error.contains(told), "{error}");
    }
    for (what, told) in [
        ("promote", "no rollout"),
        ("abort", "no rollout"),
        ("rollback", "no release before"),
    ] {
        let reply = operator.change("fraud", what, &json!({})).await;
        assert_eq!(reply.status, 404, "{reply:?}");
        let body = reply.json();
        assert!(
            body["error"].as_str().expect("an error").contains(told),
            "{body}"
        );
    }
    let reply = operator.upload("fraud", b"no component").await;
    assert_eq!(reply.status, 422, "{reply:?}");
    assert_eq!(operator.active("fraud").await, first);
}
