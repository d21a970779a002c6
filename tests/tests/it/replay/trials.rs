//! What a release on trial does wrong is kept, although no caller sees it.

use scoregate::capture::{Capsule, Captured, ScoredAs};
use scoregate_tests::{
    gateway::Gateway,
    operator::Operator,
    payments::{self, Expected},
};
use serde_json::json;

use super::{capsules, fraud, kept, replayed, whats};
use crate::rollouts::trap_model;

/// Traps on every payment.
const AMOUNT_MAX: f32 = -1.0;

async fn a_candidate_s_fault_is_kept(strategy: &str, scored_as: ScoredAs) {
    let folder = fraud("capture = \"faults\"");
    let gateway = Gateway::start(folder.clone());
    let mut operator = Operator::of(&gateway);
    let first = operator.active("fraud").await;
    let trap = operator
        .add("fraud", &trap_model::component(AMOUNT_MAX))
        .await;
    let order = json!({ "strategy": strategy, "percent": 100 });
    operator.roll_out("fraud", trap, order).await;
    let mut payments = payments::heldout().iter();
    let payment = payments.find(|payment| matches!(payment.expected, Expected::Scored { .. }));
    let payment = payment.expect("a valid payment").json;
    let reply = gateway.client().score("fraud", payment).await;
    assert_eq!(reply.status, 200, "a caller saw it: {reply:?}");
    assert_eq!(kept(&gateway, "fraud", 1).await, [1, 0, 0]);

    let all = capsules(&folder, "fraud");
    let capsule = Capsule::read(&all[0]).expect("a capsule");
    assert_eq!(capsule.scored_as, scored_as);
    assert_eq!(capsule.model.digest, trap);
    assert_eq!(capsule.event.payload, payment.as_bytes());
    assert!(
        matches!(&capsule.result, Captured::Fault { digest, .. } if *digest == trap),
        "{capsule:?}"
    );
    let (code, json) = replayed(&folder, &all[0], &[]);
    assert_eq!((code, whats(&json).len()), (Some(0), 0), "{json}");
    // The release that answered instead.
    let (code, json) = replayed(&folder, &all[0], &["--release", &first.to_string()]);
    assert_eq!((code, whats(&json)), (Some(1), vec!["kind"]), "{json}");
    assert_eq!(json["now"]["kind"], "scored");
    let score = reply.json()["score"].as_f64();
    assert_eq!(json["now"]["score"]["value"].as_f64(), score, "{json}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_s_fault_is_kept_with_its_digest() {
    a_candidate_s_fault_is_kept("canary", ScoredAs::Canary).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shadow_s_fault_is_kept_with_its_digest() {
    a_candidate_s_fault_is_kept("shadow", ScoredAs::Shadow).await;
}
