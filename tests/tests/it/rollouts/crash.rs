//! A gateway that is killed at any step of a rollout serves, at its next start, what the record says.

use std::sync::Arc;

use scoregate_tests::{
    folder::Folder,
    gateway::{FAILPOINTS, Gateway},
    operator::Operator,
    payments, plugins,
};
use serde_json::json;

use bytes::Bytes;

/// The step where it is killed, how often a start passes it before, and whether the new release is recorded by then.
const STEPS: [(&str, usize, bool); 7] = [
    ("store.file-kept", 2, false),
    ("store.release-kept", 2, false),
    ("store.change-begun", 1, false),
    ("rollout.prepared", 0, false),
    ("store.change-committed", 1, true),
    ("rollout.recorded", 0, true),
    ("rollout.swapped", 0, true),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_of_a_rollout_it_serves_what_the_record_says() {
    for step in STEPS {
        killed_at(step).await;
    }
}

async fn killed_at((step, passes, is_recorded): (&str, usize, bool)) {
    let folder = Arc::new(Folder::fraud(""));
    let armed = format!("{step}={passes}*off->return");
    let mut gateway = Gateway::start_with(folder, &[(FAILPOINTS, &armed)]);
    let first = Operator::of(&gateway).active("fraud").await;
    let (second, component) = {
        let component = plugins::fraud_again("2");
        (scoregate::release::Digest::of(&component), component)
    };
    // Whatever is not answered is what the kill cost.
    let mut admin = gateway.admin_client();
    let path = "/v1/plugins/fraud/releases";
    let added = admin
        .try_send("POST", path, &[], Bytes::from(component.clone()))
        .await;
    if added.is_ok() {
        let order = json!({ "release": second.to_string() }).to_string();
        let path = "/v1/plugins/fraud/rollout";
        let begun = admin.try_send("POST", path, &[], order.into()).await;
        assert!(begun.is_err(), "{step} was passed: {begun:?}");
    }
    gateway.wait(std::time::Duration::from_secs(30));
    gateway.restart();
    let mut operator = Operator::of(&gateway);
    let expected = if is_recorded { second } else { first };
    assert_eq!(operator.active("fraud").await, expected, "after {step}");
    let payment = payments::heldout()[0].json;
    let reply = gateway.client().score("fraud", payment).await;
    assert_eq!(reply.status, 200, "after {step}: {reply:?}");
    assert_eq!(
        reply.json()["release"]["model"],
        format!("fraud@{expected}")
    );
    // And whoever was cut off asks again.
    if !is_recorded {
        operator.add("fraud", &component).await;
        operator.replace("fraud", second).await;
    }
    assert_eq!(operator.active("fraud").await, second, "after {step}");
}
