//! An adapter and a model on trial together: they answer together, are compared together, and end together.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use scoregate::release::Digest;
use scoregate_tests::{
    components::noted,
    folder::Folder,
    gateway::Gateway,
    operator::Operator,
    payments::{self, Expected},
    plugins,
    servers::eventually_async,
    traffic::Traffic,
};
use serde_json::{Value, json};

use super::trap_model;

/// Longer than a busy machine needs to look at a trial.
const DECIDED_MAX: Duration = Duration::from_secs(30);
const CALLERS: usize = 4;

/// An adapter and a model.
type Pair = (Digest, Digest);

/// A gateway that has a second pair beside the one that serves.
struct Scene {
    gateway: Gateway,
    operator: Operator,
    first: Pair,
    second: Pair,
}

impl Scene {
    async fn new(model: &[u8]) -> Self {
        let gateway = Gateway::start(Arc::new(Folder::fraud("")));
        let mut operator = Operator::of(&gateway);
        let first = active(&mut operator).await;
        let adapter = noted(plugins::payments(), "second");
        Self {
            first,
            second: (
                operator.add("payments", &adapter).await,
                operator.add("fraud", model).await,
            ),
            gateway,
            operator,
        }
    }

    /// Puts the second pair on trial.
    async fn tries(&mut self, mut order: Value) {
        order["with"] = json!({ "fraud": self.second.1.to_string() });
        let done = self.operator.roll_out("payments", self.second.0, order);
        assert_eq!(done.await["slots"].as_array().map(Vec::len), Some(2));
        for (slot, other) in [("payments", "fraud"), ("fraud", "payments")] {
            let rollout = self.operator.slot(slot).await["rollout"].clone();
            assert_eq!(rollout["with"], json!([other]), "{rollout}");
        }
    }

    async fn has_no_rollout(&mut self) -> bool {
        let mut ended = true;
        for slot in ["payments", "fraud"] {
            ended &= self.operator.slot(slot).await["rollout"].is_null();
        }
        ended
    }
}

async fn active(operator: &mut Operator) -> Pair {
    (
        operator.active("payments").await,
        operator.active("fraud").await,
    )
}

/// As answers have it.
fn told((adapter, model): Pair) -> String {
    json!({ "adapter": format!("payments@{adapter}"), "model": format!("fraud@{model}") })
        .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paired_canary_answers_by_one_pair_or_the_other_and_ends_as_one() {
    let mut scene = Scene::new(&plugins::fraud_again("2")).await;
    let canary = json!({ "strategy": "canary", "percent": 30 });
    let both = BTreeSet::from([told(scene.first), told(scene.second)]);
    let traffic = Traffic::begin(&scene.gateway, CALLERS);
    scene.tries(canary.clone()).await;
    traffic.goes_on(300).await;
    // By either slot.
    scene.operator.end("fraud", "abort").await;
    assert!(scene.has_no_rollout().await);
    assert_eq!(active(&mut scene.operator).await, scene.first);
    assert_eq!(traffic.end().await, both);

    scene.tries(canary).await;
    let traffic = Traffic::begin(&scene.gateway, CALLERS);
    traffic.goes_on(300).await;
    scene.operator.end("payments", "promote").await;
    assert!(scene.has_no_rollout().await);
    assert_eq!(active(&mut scene.operator).await, scene.second);
    traffic.goes_on(50).await;
    assert_eq!(traffic.end().await, both);
    scene.operator.end("fraud", "rollback").await;
    assert_eq!(active(&mut scene.operator).await, scene.first);
    let actions = scene.operator.actions().await;
    let expected = ["rollback", "promote", "canary", "abort", "canary"];
    assert_eq!(actions[..5], expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paired_shadow_is_compared_as_one_pair_with_the_other() {
    let mut scene = Scene::new(&plugins::fraud_again("2")).await;
    let first = scene.first;
    let traffic = Traffic::begin(&scene.gateway, CALLERS);
    scene.tries(json!({ "strategy": "shadow" })).await;
    let mut shadow = Value::Null;
    eventually_async(DECIDED_MAX, "events are compared", async || {
        let status = scene.operator.slot("fraud").await;
        shadow = status["rollout"]["pipelines"][0]["candidate"]["shadow"].clone();
        shadow["compared_events"].as_u64() >= Some(200)
    })
    .await;
    assert_eq!(shadow["scores_differ"], 0, "{shadow}");
    assert_eq!(shadow["decisions_differ"], 0, "{shadow}");
    assert_eq!(traffic.end().await, BTreeSet::from([told(first)]));
    scene.operator.end("fraud", "promote").await;
    assert_eq!(active(&mut scene.operator).await, scene.second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paired_canary_whose_model_traps_is_aborted_as_one_and_no_caller_sees_it() {
    let mut scene = Scene::new(&trap_model::component(60.0)).await;
    let order = json!({ "strategy": "canary", "percent": 50 });
    scene.tries(order).await;
    let payments = payments::heldout().iter();
    let valid = payments.filter(|payment| matches!(payment.expected, Expected::Scored { .. }));
    let valid: Vec<_> = valid.take(200).map(|payment| payment.json).collect();
    let lines = valid.join("\n");
    let pairs = [told(scene.first), told(scene.second)];
    eventually_async(DECIDED_MAX, "the guard aborts it", async || {
        let reply = scene
            .gateway
            .client()
            .score_lines("fraud", lines.clone())
            .await;
        for answer in reply.lines() {
            assert!(answer["error"].is_null(), "a caller saw it: {answer}");
            assert!(pairs.contains(&answer["release"].to_string()), "{answer}");
        }
        scene.has_no_rollout().await
    })
    .await;
    assert_eq!(active(&mut scene.operator).await, scene.first);
    let line = scene.operator.audit().await.remove(0);
    assert_eq!(
        (&line["action"], &line["who"]),
        (&json!("abort"), &json!("guard"))
    );
    let reason = line["detail"]["reason"].as_str().expect("a reason");
    assert!(
        reason.starts_with("pipeline `fraud`: ") && reason.contains("met a fault"),
        "{reason}"
    );
    for (slot, candidate) in [("payments", scene.second.0), ("fraud", scene.second.1)] {
        let state = &line["slots"][slot];
        assert_eq!(
            state["before"]["rollout"]["candidate"],
            candidate.to_string(),
            "{line}"
        );
        assert!(state["after"]["rollout"].is_null(), "{line}");
    }
}

#[tokio::test]
async fn what_fits_only_together_is_tried_together() {
    let gateway = Gateway::start(Arc::new(Folder::fraud("")));
    let mut operator = Operator::of(&gateway);
    let first = active(&mut operator).await;
    let adapter = operator.add("payments", plugins::iot()).await;
    let model = operator.add("fraud", plugins::anomaly()).await;
    for mut order in [
        json!({ "strategy": "canary", "percent": 5 }),
        json!({ "strategy": "shadow", "percent": 5 }),
    ] {
        let alone = operator
            .try_roll_out("payments", adapter, order.clone())
            .await;
        assert_eq!(alone.status, 422, "{alone:?}");
        order["with"] = json!({ "fraud": model.to_string() });
        operator.roll_out("payments", adapter, order).await;
        operator.end("payments", "abort").await;
    }
    assert_eq!(active(&mut operator).await, first);
}
