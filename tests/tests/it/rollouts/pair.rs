//! An adapter and a model that only fit each other change together.

use std::sync::Arc;

use scoregate_tests::{
    components::noted, folder::Folder, gateway::Gateway, operator::Operator, payments, plugins,
};
use serde_json::json;

#[tokio::test]
async fn a_pair_that_fits_only_together_changes_together_and_goes_back_together() {
    let mut gateway = Gateway::start(Arc::new(Folder::fraud("")));
    let mut operator = Operator::of(&gateway);
    let before = (
        operator.active("payments").await,
        operator.active("fraud").await,
    );
    let adapter = operator.add("payments", plugins::iot()).await;
    let model = operator.add("fraud", plugins::anomaly()).await;
    // Alone neither fits, and the report says in which pipeline and why.
    for (slot, release) in [("payments", adapter), ("fraud", model)] {
        let reply = operator.try_roll_out(slot, release, json!({})).await;
        assert_eq!(reply.status, 422, "{reply:?}");
        let body = reply.json();
        let pipeline = &body["report"]["pipelines"][0];
        assert_eq!(pipeline["pipeline"], "fraud", "{body}");
        assert!(
            pipeline["reasons"]
                .as_array()
                .is_some_and(|reasons| !reasons.is_empty()),
            "{body}"
        );
    }
    let together = json!({ "strategy": "replace", "with": { "fraud": model.to_string() } });
    let done = operator.roll_out("payments", adapter, together).await;
    assert_eq!(done["slots"].as_array().map(Vec::len), Some(2), "{done}");
    assert_eq!(
        (
            operator.active("payments").await,
            operator.active("fraud").await
        ),
        (adapter, model)
    );
    // A payment is no sensor reading.
    let payment = payments::heldout()[0].json;
    assert_eq!(gateway.client().score("fraud", payment).await.status, 422);
    gateway.restart();
    let mut operator = Operator::of(&gateway);
    assert_eq!(
        (
            operator.active("payments").await,
            operator.active("fraud").await
        ),
        (adapter, model)
    );
    operator.end("fraud", "rollback").await;
    assert_eq!(
        (
            operator.active("payments").await,
            operator.active("fraud").await
        ),
        before
    );
    assert_eq!(gateway.client().score("fraud", payment).await.status, 200);
    // What has changed alone since then is not taken along.
    let alone = noted(plugins::fraud(), "alone");
    let alone = operator.add("fraud", &alone).await;
    operator.replace("fraud", alone).await;
    let back = json!({ "reason": "a test" });
    let reply = operator.change("payments", "rollback", &back).await;
    assert_eq!(reply.status, 422, "sensor readings do not fit: {reply:?}");
    assert_eq!(operator.active("fraud").await, alone);
}
