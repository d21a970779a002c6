//! Replacements and rollbacks, in the middle of traffic.

use std::{collections::BTreeSet, sync::Arc};

use scoregate::release::Digest;
use scoregate_tests::{
    folder::Folder, gateway::Gateway, operator::Operator, payments, plugins, traffic::Traffic,
};
use serde_json::json;

const CALLERS: usize = 6;
const SWAPS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_change_under_full_load_and_no_request_fails() {
    let folder = Folder::fraud("");
    let gateway = Gateway::start(Arc::new(folder));
    let mut operator = Operator::of(&gateway);
    let adapter = operator.active("payments").await;
    let mut models = vec![operator.active("fraud").await];
    models.push(operator.add("fraud", &plugins::fraud_again("2")).await);
    let pair = |model: Digest| json!({ "adapter": format!("payments@{adapter}"), "model": format!("fraud@{model}") });
    let traffic = Traffic::begin(&gateway, CALLERS);
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
        traffic.goes_on(20).await;
    }
    let pairs = models.iter().map(|&model| pair(model).to_string());
    assert_eq!(traffic.end().await, pairs.collect::<BTreeSet<_>>());
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
