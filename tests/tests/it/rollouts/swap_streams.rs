//! Changes of model and adapter in the middle of a stream and of requests on the same slots.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use scoregate_tests::{
    client::Client,
    flow::{Destination, Flow, Pace},
    gateway::Gateway,
    payments::{self, Expected, assert_scored},
    servers::{Kafka, blocking::block_on, records::read_committed},
    streams,
    swaps::{NeverTogether, Swaps},
};

const SWAPS: usize = 60;
const CALLERS: usize = 4;
/// Of the stream and of requests, between two changes.
const RECORDS_BETWEEN: usize = 100;
const ANSWERS_BETWEEN: u64 = 20;
const DONE_MAX: Duration = Duration::from_secs(60);

/// The same two slots, asked over HTTP.
const ONLINE: &str = r#"
[pipelines.online]
adapter = "payments"
model = "fraud"
[[pipelines.online.sources]]
kind = "http"
"#;

#[derive(Default)]
struct Load {
    stop: AtomicBool,
    answered: AtomicU64,
}

/// Scores payments one after the other until it is told to stop.
async fn call(mut client: Client, caller: usize, never: NeverTogether, load: &Load) {
    for nth in (caller..).step_by(CALLERS) {
        let payments = payments::heldout();
        let payment = &payments[nth % payments.len()];
        let Expected::Scored {
            margin,
            probability,
        } = payment.expected
        else {
            continue;
        };
        let reply = client.score("online", payment.json).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let answer = reply.json();
        assert_scored(&answer, margin, probability);
        assert!(
            !never.are_in(&answer.to_string()),
            "a torn change: {answer}"
        );
        load.answered.fetch_add(1, Ordering::Relaxed);
        if load.stop.load(Ordering::Relaxed) {
            break;
        }
    }
}

#[test]
fn model_and_adapter_change_amid_a_stream_and_requests_and_nothing_is_lost_doubled_or_torn() {
    let kafka = Kafka::shared();
    let flow = Flow::new(&kafka, Destination::topics(&kafka), 11, Pace::default());
    let config = format!("{}{ONLINE}", flow.config("swap"));
    let gateway = Gateway::start(Arc::new(streams::folder(&config)));
    let mut swaps = block_on(Swaps::prepare(gateway.admin_address()));
    let never = swaps.never_together();
    let load = Load::default();
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let (client, never, load) = (gateway.client(), never.clone(), &load);
                scope.spawn(move || block_on(call(client, caller, never, load)))
            })
            .collect();
        for _ in 0..SWAPS {
            flow.send(RECORDS_BETWEEN);
            let from = load.answered.load(Ordering::Relaxed);
            block_on(swaps.next());
            while load.answered.load(Ordering::Relaxed) < from + ANSWERS_BETWEEN {
                assert!(
                    callers.iter().all(|caller| !caller.is_finished()),
                    "a caller gave up"
                );
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        load.stop.store(true, Ordering::Relaxed);
    });
    flow.wait_until_done(DONE_MAX);
    flow.verdict().assert_exactly_once();
    let Destination::Topics { outcomes, .. } = &flow.destination else {
        panic!("the stream goes to topics");
    };
    let records = read_committed(&kafka.client(), outcomes);
    let mut models = std::collections::BTreeSet::new();
    for record in &records {
        let adapter = record.header("scoregate-adapter");
        let model = record.header("scoregate-model");
        assert!(!never.are(adapter, model), "a torn change: {record:?}");
        models.insert(model.map(<[u8]>::to_vec));
    }
    assert_eq!(models.len(), 2, "the stream was scored by both models");
    gateway.assert_no_panic();
}
