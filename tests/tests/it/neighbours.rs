//! Nothing that a plugin does disturbs another pipeline.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use scoregate_tests::{folder::Folder, gateway::Gateway, payments, plugins, shared::Shared};

static GATEWAY: Shared = Shared::new();

const HOSTILE: &str = r#"
[plugins.adapter]
file = "adapter.wasm"
memory_max_bytes = 1073741824
call_deadline_ms = 100
[plugins.model]
file = "model.wasm"
memory_max_bytes = 1073741824
call_deadline_ms = 100
[pipelines.bad]
adapter = "adapter"
model = "model"
breaker_max_faults = 1000000
sources = [{ kind = "http" }]
[plugins.looping_model]
file = "model.wasm"
call_deadline_ms = 50
[pipelines.looping]
adapter = "adapter"
model = "looping_model"
breaker_max_faults = 10
sources = [{ kind = "http" }]
"#;

fn start() -> Gateway {
    let folder = Folder::fraud(HOSTILE);
    folder.write("adapter.wasm", plugins::hostile_adapter());
    folder.write("model.wasm", plugins::hostile_model());
    Gateway::start(Arc::new(folder))
}

/// Asks the good pipeline again and again until told to stop; every answer must be good. Returns how many there were.
async fn good_traffic(gateway: Arc<Gateway>, stop: Arc<AtomicBool>) -> usize {
    let mut client = gateway.client();
    let payment = Bytes::from_static(payments::heldout()[0].json.as_bytes());
    let mut answers = 0;
    while !stop.load(Ordering::Relaxed) {
        let reply = client.score("fraud", payment.clone()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json()["decision"], "approve");
        answers += 1;
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_neighbour_keeps_answering_during_each_hostile_act() {
    let gateway = GATEWAY.get(start);
    for word in [
        "loop",
        "recurse",
        "grow",
        "trap",
        "rows-more",
        "shape",
        "overflow",
        "none",
        "huge",
        "reject-twice",
        "dtor",
        "post-loop",
        "post-huge",
        "post-decision",
        "log",
        "log-long",
        "leak",
        "model-loop",
        "model-recurse",
        "model-grow",
        "model-trap",
        "model-huge",
        "model-none",
        "model-log",
        "model-leak",
    ] {
        let stop = Arc::new(AtomicBool::new(false));
        let good = tokio::spawn(good_traffic(gateway.clone(), stop.clone()));
        let mut client = gateway.client();
        for _ in 0..3 {
            let reply = client.score("bad", word).await;
            assert!(matches!(reply.status, 200 | 422 | 500), "{word}: {reply:?}");
        }
        stop.store(true, Ordering::Relaxed);
        let answers = good.await.expect("the good pipeline answers");
        assert!(answers > 0, "{word}");
    }
    gateway.assert_no_panic();
}

/// The times are a benchmark's business; here the good pipeline must see no error at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_loops_to_its_deadline_20_times_a_second_costs_its_neighbour_no_request() {
    let gateway = GATEWAY.get(start);
    let stop = Arc::new(AtomicBool::new(false));
    let good = tokio::spawn(good_traffic(gateway.clone(), stop.clone()));
    let mut looping = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let mut client = gateway.client();
        looping.spawn(async move { client.score("looping", "model-loop").await });
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (mut faults, mut suspended) = (0, 0);
    for reply in looping.join_all().await {
        match reply.status {
            500 => {
                assert!(
                    reply
                        .error()
                        .contains("failed (deadline): infer ran longer than 50 ms"),
                    "{reply:?}"
                );
                faults += 1;
            }
            503 => {
                assert!(
                    reply.error().contains("is suspended") && reply.header("retry-after").is_some(),
                    "{reply:?}"
                );
                suspended += 1;
            }
            _ => panic!("{reply:?}"),
        }
    }
    stop.store(true, Ordering::Relaxed);
    let answers = good.await.expect("the good pipeline answers");
    assert!(
        faults >= 10 && suspended > 0,
        "{faults} faults, {suspended} suspended"
    );
    assert!(answers > 100, "{answers} answers");
}
