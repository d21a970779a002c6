//! A gateway that is killed at any step of a rollout serves, at its next start, what the record says.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use scoregate::release::Digest;
use scoregate_tests::{
    components::noted,
    folder::Folder,
    gateway::{FAILPOINTS, Gateway},
    operator::Operator,
    payments, plugins,
    servers::{Postgres, eventually_async},
};
use serde_json::{Value, json};

/// The steps of an upload where it is killed. A start passes each twice, once for each plugin.
const STEPS_OF_UPLOAD: [&str; 2] = ["store.file-kept", "store.release-kept"];

/// The steps of a change where it is killed, and whether the change is recorded by then.
const STEPS: [(&str, bool); 5] = [
    ("rollout.prepared", false),
    ("store.change-begun", false),
    ("store.change-committed", true),
    ("rollout.recorded", true),
    ("rollout.swapped", true),
];

/// Longer than a killed process takes to end.
const ENDED_MAX: Duration = Duration::from_secs(30);

/// A change, by an operator or by the guard.
struct Case {
    change: &'static str,
    /// Who orders it; none: the guard makes it by itself.
    order: Option<Value>,
    /// The rollout before it, where there is one.
    before: Option<Value>,
    /// What the record says once it is recorded.
    after: State,
}

/// Whether the second release is active, and strategy and stage of the open rollout.
type State = (bool, Option<(&'static str, u64)>);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_of_an_upload_it_serves_what_served_and_takes_it_again() {
    for step in STEPS_OF_UPLOAD {
        let armed = format!("{step}=2*off->return");
        let mut gateway = Gateway::start_with(Arc::new(Folder::fraud("")), &[(FAILPOINTS, &armed)]);
        let first = Operator::of(&gateway).active("fraud").await;
        let component = plugins::fraud_again("2");
        post(&gateway, "releases", component.clone(), step).await;
        gateway.wait(ENDED_MAX);
        gateway.restart();
        let serves = |release| BTreeSet::from([format!("fraud@{release}")]);
        assert_eq!(models(&gateway).await, serves(first), "after {step}");
        // Whoever was cut off asks again.
        let mut operator = Operator::of(&gateway);
        let second = operator.add("fraud", &component).await;
        operator.replace("fraud", second).await;
        assert_eq!(models(&gateway).await, serves(second), "after {step}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_of_a_replacement_or_a_rollback_it_serves_what_the_record_says() {
    let replacement = || Some(json!({}));
    killed_at_each_step([
        by_operator("rollout", replacement(), None, (true, None)),
        by_operator("rollback", None, replacement(), (false, None)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_of_a_canary_it_goes_on_with_what_the_record_says() {
    let canary = || Some(json!({ "strategy": "canary", "percent": 50 }));
    killed_at_each_step([
        by_operator("rollout", canary(), None, (false, Some(("canary", 0)))),
        by_operator("promote", None, canary(), (true, None)),
        by_operator("abort", None, canary(), (false, None)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_of_the_guard_s_it_goes_on_with_what_the_record_says() {
    let stages = json!([{ "percent": 10, "seconds": 1 }, { "percent": 50 }]);
    let stage = json!({ "percent": 50, "seconds": 1 });
    killed_at_each_step([
        by_guard("stage", stages, (false, Some(("canary", 1)))),
        by_guard("promote", json!([stage]), (true, None)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_of_a_shadow_it_goes_on_with_what_the_record_says() {
    let shadow = || Some(json!({ "strategy": "shadow" }));
    killed_at_each_step([
        by_operator("rollout", shadow(), None, (false, Some(("shadow", 0)))),
        by_operator("promote", None, shadow(), (true, None)),
        by_operator("abort", None, shadow(), (false, None)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_of_a_paired_change_both_slots_are_as_the_record_says() {
    let pair = || Some(json!({ "with": {} }));
    let canary = || Some(json!({ "strategy": "canary", "percent": 50, "with": {} }));
    killed_at_each_step([
        by_operator("rollout", canary(), None, (false, Some(("canary", 0)))),
        by_operator("promote", None, canary(), (true, None)),
        by_operator("rollback", None, pair(), (false, None)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_step_of_a_change_in_a_shared_record_all_gateways_serve_what_it_says() {
    let url = Postgres::shared().fresh_database();
    let folder = || Arc::new(Folder::fraud(&format!("[store]\nurl = \"{url}\"\n")));
    let (other, folder) = (Gateway::start(folder()), folder());
    let mut operator = Operator::of(&other);
    let mut serving = operator.active("fraud").await;
    let mut next = operator.add("fraud", &plugins::fraud_again("2")).await;
    for (step, is_recorded) in STEPS {
        let armed = format!("{step}=return");
        let mut killed = Gateway::start_with(folder.clone(), &[(FAILPOINTS, &armed)]);
        let order = json!({ "release": next.to_string() }).to_string();
        post(&killed, "rollout", order, step).await;
        killed.wait(ENDED_MAX);
        killed.restart();
        if is_recorded {
            std::mem::swap(&mut serving, &mut next);
        }
        assert_eq!(
            Operator::of(&killed).active("fraud").await,
            serving,
            "{step}"
        );
        eventually_async(ENDED_MAX, step, async || {
            operator.active("fraud").await == serving
        })
        .await;
        for gateway in [&killed, &other] {
            let by_it = BTreeSet::from([format!("fraud@{serving}")]);
            assert_eq!(models(gateway).await, by_it, "{step}");
        }
    }
}

/// A change and its body; one without is an end.
fn by_operator(
    change: &'static str,
    order: Option<Value>,
    before: Option<Value>,
    after: State,
) -> Case {
    Case {
        change,
        order: Some(order.unwrap_or_else(|| json!({}))),
        before,
        after,
    }
}

fn by_guard(change: &'static str, stages: Value, after: State) -> Case {
    Case {
        change,
        order: None,
        before: Some(json!({ "strategy": "canary", "stages": stages })),
        after,
    }
}

/// Both releases, and a folder whose gateway serves the first and has the second; and has another adapter for paired changes.
struct Begun {
    first: Digest,
    second: Digest,
    adapter: Digest,
    folder: Arc<Folder>,
}

async fn killed_at_each_step<const CASES: usize>(cases: [Case; CASES]) {
    let mut gateway = Gateway::start(Arc::new(Folder::fraud("")));
    let mut operator = Operator::of(&gateway);
    let begun = Begun {
        first: operator.active("fraud").await,
        second: operator.add("fraud", &plugins::fraud_again("2")).await,
        adapter: operator
            .add("payments", &noted(plugins::payments(), "2"))
            .await,
        folder: gateway.folder.clone(),
    };
    gateway.kill();
    for case in cases {
        let (before, folder) = begun.prepared(&case).await;
        for (step, is_recorded) in STEPS {
            let state = if is_recorded { &case.after } else { &before };
            begun.killed_at(step, &case, &folder, state).await;
        }
    }
}

impl Begun {
    /// What is so before the change, and a folder of that.
    async fn prepared(&self, case: &Case) -> (State, Arc<Folder>) {
        let Some(before) = &case.before else {
            return ((false, None), self.folder.clone());
        };
        let folder = Arc::new(self.folder.copy());
        // The guard may be in haste: the change after this one is not made here.
        let armed = [(FAILPOINTS, "store.change-begun=1*off->return")];
        let mut gateway = Gateway::start_with(folder.clone(), &armed);
        let mut operator = Operator::of(&gateway);
        let rolled_out = operator.roll_out("fraud", self.second, self.ordered(before));
        let state = self.state(&rolled_out.await["slots"][0]);
        match case.order {
            Some(_) => gateway.kill(),
            None => drop(gateway.wait(ENDED_MAX)),
        }
        (state, folder)
    }

    /// With the adapter where it is of a pair.
    fn ordered(&self, order: &Value) -> Value {
        let mut order = order.clone();
        if let Some(with) = order.get_mut("with") {
            *with = json!({ "payments": self.adapter.to_string() });
        }
        order
    }

    async fn killed_at(&self, step: &str, case: &Case, folder: &Folder, state: &State) {
        let what = format!("{} at {step}", case.change);
        let folder = Arc::new(folder.copy());
        let armed = format!("{step}=return");
        match (
            Gateway::spawn(folder.clone(), &[(FAILPOINTS, &armed)]),
            &case.order,
        ) {
            (Ok(mut gateway), Some(order)) => {
                let mut order = self.ordered(order);
                if case.change == "rollout" {
                    order["release"] = self.second.to_string().into();
                }
                post(&gateway, case.change, order.to_string(), &what).await;
                gateway.wait(ENDED_MAX);
            }
            (Ok(mut gateway), None) => drop(gateway.wait(ENDED_MAX)),
            (Err(ended), None) => assert_eq!(ended.code, None, "{what}: {}", ended.stderr),
            (Err(ended), Some(_)) => panic!("{what}: {}", ended.stderr),
        }
        let gateway = Gateway::start(folder);
        let mut operator = Operator::of(&gateway);
        match case.order {
            Some(_) => assert_eq!(self.state(&operator.slot("fraud").await), *state, "{what}"),
            // What is not recorded yet it does at once.
            None => {
                eventually_async(ENDED_MAX, &what, async || {
                    self.state(&operator.slot("fraud").await) == case.after
                })
                .await;
                let made = operator.actions().await;
                let times = made.iter().filter(|made| *made == case.change).count();
                assert_eq!(times, 1, "{what}: {made:?}");
            }
        }
        self.serves_the_record(&gateway, &what).await;
    }

    /// What answers is what the last change of each slot in the record names.
    async fn serves_the_record(&self, gateway: &Gateway, what: &str) {
        let mut operator = Operator::of(gateway);
        let audit = operator.audit().await;
        let (mut active, mut tried, mut is_canary) = (json!({}), json!({}), false);
        for (slot, part) in [("payments", "adapter"), ("fraud", "model")] {
            let mut states = audit.iter().map(|line| &line["slots"][slot]["after"]);
            let recorded = states.find(|state| !state.is_null());
            let recorded = recorded.expect("a change");
            let status = operator.slot(slot).await;
            for field in ["id", "stage", "stage_since_ms"] {
                let rollout = &recorded["rollout"];
                assert_eq!(status["rollout"][field], rollout[field], "{what}");
            }
            let named = |state: &Value| Some(format!("{slot}@{}", state.as_str()?));
            active[part] = named(&recorded["active"]).into();
            tried[part] = match named(&recorded["rollout"]["candidate"]) {
                Some(candidate) => candidate.into(),
                None => active[part].clone(),
            };
            is_canary |= status["rollout"]["strategy"] == "canary";
        }
        let mut expected = BTreeSet::from([active.to_string()]);
        if is_canary {
            expected.insert(tried.to_string());
        }
        assert_eq!(answer(gateway).await, expected, "{what}");
    }

    fn state(&self, slot: &Value) -> State {
        let release = slot["active"]["release"].as_str().expect("a release");
        let is_second = release == format!("fraud@{}", self.second);
        assert!(is_second || release == format!("fraud@{}", self.first));
        let rollout = &slot["rollout"];
        let open = ["canary", "shadow"]
            .into_iter()
            .find(|strategy| rollout["strategy"] == **strategy);
        let stage = rollout["stage"].as_u64().unwrap_or_default();
        (is_second, open.map(|strategy| (strategy, stage)))
    }
}

/// The models of those releases.
async fn models(gateway: &Gateway) -> BTreeSet<String> {
    let pairs = answer(gateway).await;
    let model = |pair: &String| {
        let pair: Value = serde_json::from_str(pair).expect("JSON");
        pair["model"].as_str().expect("a model").to_owned()
    };
    pairs.iter().map(model).collect()
}

/// The releases that answer many payments.
async fn answer(gateway: &Gateway) -> BTreeSet<String> {
    let payments = payments::heldout().iter().take(200);
    let lines: Vec<_> = payments.map(|payment| payment.json).collect();
    let reply = gateway
        .client()
        .score_lines("fraud", lines.join("\n"))
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let lines = reply.lines();
    // The others are rejected.
    let scored = lines.iter().filter(|line| line["error"].is_null());
    scored.map(|line| line["release"].to_string()).collect()
}

/// Whatever is not answered is what the kill cost.
async fn post(gateway: &Gateway, change: &str, body: impl Into<Bytes>, what: &str) {
    let path = format!("/v1/plugins/fraud/{change}");
    let mut admin = gateway.admin_client();
    let answered = admin.try_send("POST", &path, &[], body.into()).await;
    assert!(answered.is_err(), "{what} was passed: {answered:?}");
}
