//! A candidate that misbehaves while the store is away: it answers nobody any more, and the record is told later.

use std::{sync::Arc, time::Duration};

use scoregate_tests::{
    folder::Folder,
    gateway::Gateway,
    operator::Operator,
    payments::{self, Expected},
    plugins,
    servers::{Postgres, eventually_async},
};
use serde_json::{Value, json};

use super::trap_model;

/// Longer than a busy machine needs to look at a trial.
const LOOKED_MAX: Duration = Duration::from_secs(30);
/// Longer than a database takes to be found again.
const BACK_MAX: Duration = Duration::from_secs(60);

/// The models that answer valid payments, none of which may meet an error.
async fn models(gateway: &Gateway) -> Vec<Value> {
    let payments = payments::heldout().iter();
    let valid = payments.filter(|payment| matches!(payment.expected, Expected::Scored { .. }));
    let valid: Vec<_> = valid.take(200).map(|payment| payment.json).collect();
    let reply = gateway
        .client()
        .score_lines("fraud", valid.join("\n"))
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let model = |answer: Value| {
        assert!(answer["error"].is_null(), "a caller saw it: {answer}");
        answer["release"]["model"].clone()
    };
    reply.lines().into_iter().map(model).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_that_traps_while_the_store_is_away_is_withdrawn_at_once_and_aborted_later() {
    let postgres = Postgres::start();
    let url = postgres.fresh_database();
    let store = format!("[store]\nurl = \"{url}\"\n");
    let gateway = Gateway::start(Arc::new(Folder::fraud(&store)));
    let mut operator = Operator::of(&gateway);
    let first = operator.active("fraud").await;
    let trap = operator.add("fraud", &trap_model::component(60.0)).await;
    let order = json!({ "strategy": "canary", "percent": 50 });
    operator.roll_out("fraud", trap, order).await;
    postgres.stop_immediate();

    let mut by_canary = 0;
    let mut withdrawn = Value::Null;
    eventually_async(LOOKED_MAX, "the canary is withdrawn", async || {
        let answered = models(&gateway).await;
        let of_trap = |model: &&Value| **model == format!("fraud@{trap}");
        by_canary += answered.iter().filter(of_trap).count();
        withdrawn = operator.slot("fraud").await["rollout"]["withdrawn"].clone();
        !withdrawn.is_null()
    })
    .await;
    assert!(by_canary > 0, "the canary has answered nobody");
    let reason = withdrawn["reason"].as_str().expect("a reason");
    assert!(reason.contains("met a fault"), "{reason}");
    for _ in 0..3 {
        let answered = models(&gateway).await;
        let by_first = format!("fraud@{first}");
        let others = answered.iter().filter(|model| **model != by_first);
        assert_eq!(others.count(), 0, "the canary answers still");
    }
    // The record knows it as open still.
    let rollout = operator.slot("fraud").await["rollout"].clone();
    assert_eq!(rollout["candidate"]["release"], format!("fraud@{trap}"));

    postgres.restart();
    eventually_async(BACK_MAX, "the abort is recorded", async || {
        operator.slot("fraud").await["rollout"].is_null()
    })
    .await;
    let line = operator.audit().await.remove(0);
    assert_eq!(
        (&line["action"], &line["who"]),
        (&json!("abort"), &json!("guard"))
    );
    assert_eq!(line["detail"], withdrawn);
    assert_eq!(operator.active("fraud").await, first);
    // And the slot is free for the next one.
    let next = operator.add("fraud", &plugins::fraud_again("2")).await;
    let order = json!({ "strategy": "canary", "percent": 50 });
    operator.roll_out("fraud", next, order).await;
    let answered = models(&gateway).await;
    assert!(
        answered
            .iter()
            .any(|model| *model == format!("fraud@{next}"))
    );
}
