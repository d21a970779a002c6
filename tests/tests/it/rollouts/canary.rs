//! A release on trial: what it may do, and what becomes of one that misbehaves.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use scoregate_tests::{
    client::NDJSON,
    folder::Folder,
    gateway::Gateway,
    operator::Operator,
    payments::{self, Expected},
    plugins, spin_model,
};
use serde_json::{Value, json};

use super::trap_model;

/// Longer than a busy machine needs to look at a trial.
const DECIDED_MAX: Duration = Duration::from_secs(30);

/// Of a model for each event: some ten milliseconds, many times what the sample's needs.
const SLOW_STEPS: i64 = 30_000_000;

/// The valid payments, one a line.
fn valid() -> Vec<&'static str> {
    let payments = payments::heldout().iter();
    let valid = payments.filter(|payment| matches!(payment.expected, Expected::Scored { .. }));
    valid.map(|payment| payment.json).collect()
}

async fn score(gateway: &Gateway, payments: &[&str]) -> Vec<Value> {
    let body = payments.join("\n");
    let reply = gateway
        .client()
        .send("POST", "/pipelines/fraud/score", &[NDJSON], body.into())
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.lines()
}

/// Waits until no rollout of the slot is open; the audit's newest line says that the guard did this, and why.
async fn decided(operator: &mut Operator, slot: &str, action: &str) -> Value {
    let deadline = Instant::now() + DECIDED_MAX;
    while !operator.slot(slot).await["rollout"].is_null() {
        assert!(Instant::now() < deadline, "nobody has decided");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let line = operator.audit().await.remove(0);
    assert_eq!(
        (&line["action"], &line["who"]),
        (&json!(action), &json!("guard")),
        "{line}"
    );
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_that_traps_is_aborted_by_itself_and_no_caller_sees_an_error() {
    let gateway = Gateway::start(Arc::new(Folder::fraud("")));
    let mut operator = Operator::of(&gateway);
    let first = operator.active("fraud").await;
    let trap = operator.add("fraud", &trap_model::component(60.0)).await;
    operator
        .roll_out(
            "fraud",
            trap,
            json!({ "strategy": "canary", "percent": 50 }),
        )
        .await;
    let payments = valid();
    let mut by_canary = 0;
    while !operator.slot("fraud").await["rollout"].is_null() {
        for answer in score(&gateway, &payments[..200]).await {
            assert!(answer["error"].is_null(), "a caller saw it: {answer}");
            by_canary += usize::from(answer["release"]["model"] == format!("fraud@{trap}"));
        }
    }
    assert!(by_canary > 0, "the canary has answered nobody");
    let line = decided(&mut operator, "fraud", "abort").await;
    let reason = line["detail"]["reason"].as_str().expect("a reason");
    assert!(reason.contains("met a fault"), "{line}");
    assert!(
        line["detail"]["figures"]["candidate"]["faults"]["trap"].as_u64() > Some(0),
        "{line}"
    );
    assert_eq!(operator.active("fraud").await, first);
    for answer in score(&gateway, &payments[..200]).await {
        assert_eq!(
            answer["release"]["model"],
            format!("fraud@{first}"),
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_whose_scores_drift_is_aborted_by_itself() {
    let gateway = Gateway::start(Arc::new(Folder::fraud("")));
    let mut operator = Operator::of(&gateway);
    let shifted = operator.add("fraud", &plugins::fraud_shifted()).await;
    operator
        .roll_out(
            "fraud",
            shifted,
            json!({ "strategy": "canary", "percent": 50 }),
        )
        .await;
    score(&gateway, &valid()).await;
    let line = decided(&mut operator, "fraud", "abort").await;
    let reason = line["detail"]["reason"].as_str().expect("a reason");
    assert!(reason.contains("distributed otherwise"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_that_is_slow_is_aborted_by_itself() {
    // Its zeros would be drift.
    let guard = "[plugins.fraud.guard]\nafter_events = 50\nscore_drift_max = 1.0\n";
    let gateway = Gateway::start(Arc::new(Folder::fraud(guard)));
    let mut operator = Operator::of(&gateway);
    let first = operator.active("fraud").await;
    let slow = operator
        .add("fraud", &spin_model::component(SLOW_STEPS))
        .await;
    let order = json!({ "strategy": "canary", "percent": 50 });
    operator.roll_out("fraud", slow, order).await;
    let (mut client, payments) = (gateway.client(), valid());
    let mut payments = payments.into_iter().cycle();
    let deadline = Instant::now() + DECIDED_MAX;
    // One by one: each is a pass of its own, on either side.
    while !operator.slot("fraud").await["rollout"].is_null() {
        assert!(Instant::now() < deadline, "nobody has decided");
        for payment in payments.by_ref().take(10) {
            let reply = client.score("fraud", payment).await;
            assert_eq!(reply.status, 200, "{reply:?}");
        }
    }
    let line = decided(&mut operator, "fraud", "abort").await;
    let reason = line["detail"]["reason"].as_str().expect("a reason");
    assert!(
        reason.starts_with("pipeline `fraud`: the 99th percentile of its latency is "),
        "{line}"
    );
    let ratio = line["detail"]["figures"]["latency_p99_ratio"].as_f64();
    assert!(ratio > Some(2.0), "{line}");
    assert_eq!(operator.active("fraud").await, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_s_share_is_sticky_goes_on_after_a_restart_and_ends_in_its_promotion() {
    let mut gateway = Gateway::start(Arc::new(Folder::fraud("")));
    let mut operator = Operator::of(&gateway);
    let second = operator.add("fraud", &plugins::fraud_again("2")).await;
    let order = json!({ "strategy": "canary", "percent": 10 });
    operator.roll_out("fraud", second, order.clone()).await;
    let reply = operator.try_roll_out("fraud", second, order).await;
    assert_eq!(reply.status, 409, "{reply:?}");
    let payments = valid();
    let models = |answers: Vec<Value>| -> Vec<String> {
        let models = answers
            .iter()
            .map(|answer| answer["release"]["model"].to_string());
        models.collect()
    };
    let before = models(score(&gateway, &payments).await);
    gateway.restart();
    let after = models(score(&gateway, &payments).await);
    assert_eq!(before, after, "a restart moved keys to the other side");
    let by_canary = after
        .iter()
        .filter(|model| model.contains(&second.to_string()))
        .count();
    assert!(
        by_canary > 0 && by_canary < payments.len() / 3,
        "{by_canary} of {}",
        payments.len()
    );
    let mut operator = Operator::of(&gateway);
    let status = operator.slot("fraud").await;
    let counted = &status["rollout"]["pipelines"][0]["candidate"]["scored"];
    assert_eq!(*counted, json!(by_canary), "{status}");
    operator.end("fraud", "promote").await;
    assert_eq!(operator.active("fraud").await, second);
    let answers = models(score(&gateway, &payments[..50]).await);
    assert!(
        answers
            .iter()
            .all(|model| model.contains(&second.to_string()))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_goes_through_its_stages_by_itself() {
    let gateway = Gateway::start(Arc::new(Folder::fraud("")));
    let mut operator = Operator::of(&gateway);
    let second = operator.add("fraud", &plugins::fraud_again("2")).await;
    let stages = json!([{ "percent": 5, "seconds": 1 }, { "percent": 100, "seconds": 1 }]);
    operator
        .roll_out(
            "fraud",
            second,
            json!({ "strategy": "canary", "stages": stages }),
        )
        .await;
    decided(&mut operator, "fraud", "promote").await;
    assert_eq!(operator.active("fraud").await, second);
    let actions = operator.actions().await;
    assert_eq!(actions[..4], ["promote", "stage", "canary", "add"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shadow_counts_exactly_what_differs_and_answers_nobody() {
    let guard = "[plugins.fraud.guard]\nscore_drift_max = 1.0\n";
    let gateway = Gateway::start(Arc::new(Folder::fraud(guard)));
    let mut operator = Operator::of(&gateway);
    let first = operator.active("fraud").await;
    let changed = operator
        .add("fraud", &plugins::fraud_with_one_tree_changed())
        .await;
    let payments = valid();
    // What it would say, one release after the other.
    let active = score(&gateway, &payments).await;
    operator.replace("fraud", changed).await;
    let candidate = score(&gateway, &payments).await;
    operator.end("fraud", "rollback").await;
    let differ = |field: &str| {
        let both = active.iter().zip(&candidate);
        both.filter(|(active, candidate)| active[field] != candidate[field])
            .count()
    };
    let (scores, decisions) = (differ("score"), differ("decision"));
    assert!(
        scores > 0 && decisions > 0,
        "nothing to find: {scores} {decisions}"
    );
    operator
        .roll_out("fraud", changed, json!({ "strategy": "shadow" }))
        .await;
    // In small parts: what finds no room in the shadow's queue is left out.
    let deadline = Instant::now() + DECIDED_MAX;
    let mut sent = 0;
    for part in payments.chunks(50) {
        for answer in score(&gateway, part).await {
            assert_eq!(
                answer["release"]["model"],
                format!("fraud@{first}"),
                "{answer}"
            );
        }
        sent += part.len();
        loop {
            let status = operator.slot("fraud").await;
            let shadow = &status["rollout"]["pipelines"][0]["candidate"]["shadow"];
            if shadow["compared_events"] == json!(sent) {
                break;
            }
            assert!(Instant::now() < deadline, "{status}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let status = operator.slot("fraud").await;
    let shadow = &status["rollout"]["pipelines"][0]["candidate"]["shadow"];
    assert_eq!(shadow["scores_differ"], json!(scores), "{shadow}");
    assert_eq!(shadow["decisions_differ"], json!(decisions), "{shadow}");
    operator.end("fraud", "abort").await;
    assert_eq!(operator.active("fraud").await, first);
}
