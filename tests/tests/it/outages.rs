//! Servers go away under load and come back: nothing is lost, nothing is delivered twice, and the gateway says what it waits for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use scoregate_tests::{
    flow::{Destination, Flow, PARTITIONS, Pace},
    gateway::Gateway,
    servers::{Cluster, Kafka, Postgres, eventually},
    streams,
};

const WAIT_MAX: Duration = Duration::from_secs(120);
/// A broker that restarts asks its members for their sessions again.
const PACE: Pace = Pace {
    workers: 2,
    session_ms: 6_000,
    transaction_ms: 10_000,
};

/// Runs `outage` while records come, and then checks that all were delivered by a gateway that nobody touched.
fn under_load(flow: &Flow, outage: impl FnOnce(&Gateway)) {
    let mut gateway = Gateway::start(flow.folder("gw-1"));
    flow.destination.watch();
    let fed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !fed.load(Ordering::Relaxed) {
                flow.send(150);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let _stop = Finally(&fed);
        works(&gateway);
        outage(&gateway);
        works(&gateway);
    });
    flow.wait_until_done(WAIT_MAX);
    let verdict = flow.verdict();
    eprintln!("{verdict}");
    verdict.assert_exactly_once();
    assert!(gateway.is_running());
    eventually(WAIT_MAX, || {
        gateway.metric("scoregate_source_lag{").0 == 0.0
    });
}

struct Finally<'b>(&'b AtomicBool);

impl Drop for Finally<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits until it delivers, and is ready.
fn works(gateway: &Gateway) {
    let delivered = || gateway.metric("scoregate_delivery_events_total").0;
    let (before, deadline) = (delivered(), Instant::now() + WAIT_MAX);
    while delivered() < before + 300.0 || gateway.readiness().0 != 200 {
        assert!(
            Instant::now() < deadline,
            "it does not work again: {} delivered, then {}; {:?}; lag {:?}; {}",
            before,
            delivered(),
            gateway.readiness(),
            gateway.metric("scoregate_source_lag{"),
            gateway.log()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until it tells that it is not ready, for a reason that has these words.
fn tells(gateway: &Gateway, words: &str) {
    let deadline = Instant::now() + WAIT_MAX;
    loop {
        let (status, body) = gateway.readiness();
        if status == 503 && body.contains(words) {
            eprintln!("while it is away: {}", body.trim());
            return;
        }
        assert!(
            Instant::now() < deadline,
            "nothing tells of {words}: {status} {body}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_broker_that_restarts_from_topic_to_topic() {
    let kafka = Kafka::start();
    let flow = Flow::new(&kafka, Destination::topics(&kafka), 41, PACE);
    under_load(&flow, |gateway| {
        kafka.stop();
        tells(gateway, kafka.brokers());
        kafka.restart();
        works(gateway);
        kafka.kill();
        tells(gateway, kafka.brokers());
        kafka.restart();
        works(gateway);
        let errors = gateway.metric("scoregate_source_errors_total").0;
        assert!(errors > 0.0, "no error of the source was counted");
    });
}

fn without_its_database(away: Duration) {
    let postgres = Postgres::start();
    let kafka = Kafka::shared();
    let to = Destination::postgres(postgres.fresh_database());
    let flow = Flow::new(&kafka, to, 42, PACE);
    under_load(&flow, |gateway| {
        let lag = || gateway.metric("scoregate_source_lag{").0;
        postgres.stop_immediate();
        tells(gateway, "postgres");
        let before = lag();
        std::thread::sleep(away);
        assert_eq!(gateway.readiness().0, 503);
        eventually(WAIT_MAX, || lag() > before);
        let errors = gateway.metric("scoregate_sink_errors_total").0;
        assert!(errors > 0.0, "no error of the sink was counted");
        postgres.restart();
        works(gateway);
    });
}

#[test]
fn a_database_that_was_stopped_at_once() {
    without_its_database(Duration::from_secs(2));
}

#[test]
#[ignore = "takes half a minute: PostgreSQL is away for 20 s"]
fn a_database_that_was_stopped_at_once_for_long() {
    without_its_database(Duration::from_secs(20));
}

#[test]
#[ignore = "takes a minute: three brokers start, and two of them are killed one after the other"]
fn a_leader_that_moves_from_topic_to_topic() {
    let cluster = Cluster::start(3);
    let input = cluster.fresh_topic("payments", PARTITIONS);
    let to = Destination::Topics {
        outcomes: cluster.fresh_topic("decisions", 4),
        dead: cluster.fresh_topic("dead", 1),
    };
    let flow = Flow::over(
        cluster.client(),
        cluster.brokers(),
        input.clone(),
        to,
        43,
        PACE,
    );
    under_load(&flow, |gateway| {
        for broker in [2, 3] {
            let led = |partition: &i32| cluster.leader(&input, *partition) == Some(broker);
            let mut partitions = 0..PARTITIONS;
            let partition = partitions.find(led);
            cluster.node(broker).kill();
            eprintln!("broker {broker} is gone, {} were sent", flow.sent());
            eventually(WAIT_MAX, || {
                partition.is_none_or(|partition| {
                    let leader = cluster.leader(&input, partition);
                    leader.is_some_and(|leader| leader != broker)
                })
            });
            works(gateway);
            cluster.node(broker).restart();
            eprintln!("broker {broker} is back, {} were sent", flow.sent());
            std::thread::sleep(Duration::from_secs(5));
            works(gateway);
        }
    });
}

#[test]
fn a_partition_that_nobody_leads_is_told_until_it_is_led_again() {
    let cluster = Cluster::start(2);
    let topic = cluster.fresh_topic_on("one-copy", 2);
    let source = streams::kafka_source(cluster.brokers(), &topic, &topic, "at-least-once");
    let ends = format!(
        "{source}{}{}",
        streams::SQLITE_SINK,
        streams::SQLITE_DEAD_LETTER
    );
    let gateway = Gateway::start(Arc::new(streams::folder(&streams::with_ends(&ends))));
    eventually(WAIT_MAX, || gateway.readiness().0 == 200);
    cluster.node(2).kill();
    tells(
        &gateway,
        &format!("partition 0 of topic `{topic}` has no leader"),
    );
    cluster.node(2).restart();
    eventually(WAIT_MAX, || gateway.readiness().0 == 200);
}
