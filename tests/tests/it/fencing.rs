//! A gateway that was frozen past its session's end delivers nothing of what others took over, and is a member again once it goes on.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use scoregate_tests::{
    flow::{Destination, Flow, PARTITIONS, Pace},
    gateway::Gateway,
    payments::SplitMix,
    servers::{Kafka, Postgres, eventually},
};

const WAIT_MAX: Duration = Duration::from_secs(60);
/// A round freezes one of the two gateways.
const ROUNDS: usize = 3;

/// Records that are sent at once, while gateways freeze: some thousands in all, or more than a hundred thousand.
const FEW: usize = 150;
const MANY: usize = 5_000;

const PACE: Pace = Pace {
    workers: 1,
    session_ms: 1_500,
    transaction_ms: 3_000,
};

/// Partitions that the gateway has, as far as it tells.
fn partitions(gateway: &Gateway) -> usize {
    gateway.metric("scoregate_source_lag{").1
}

fn delivered(gateway: &Gateway) -> f64 {
    gateway.metric("scoregate_delivery_events_total").0
}

fn went_by_force(gateway: &Gateway) -> usize {
    gateway.log().matches("\"lost\":true").count()
}

/// Freezes one gateway after the other while records come, and lets each go on when the other has taken over.
fn take_over(flow: &Flow, seed: u64, records_at_once: usize) {
    let gateways = ["gw-a", "gw-b"].map(|name| Gateway::start(flow.folder(name)));
    flow.destination.watch();
    let (mut random, fed) = (SplitMix(seed), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !fed.load(Ordering::Relaxed) {
                flow.send(records_at_once);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let _stop = Finally(&fed);
        for round in 0..ROUNDS {
            let (frozen, other) = (&gateways[round % 2], &gateways[1 - round % 2]);
            eventually(WAIT_MAX, || {
                let each = [frozen, other].map(partitions);
                each.iter().all(|one| *one > 0) && each.iter().sum::<usize>() == PARTITIONS as usize
            });
            let before = delivered(frozen);
            eventually(WAIT_MAX, || delivered(frozen) > before);
            std::thread::sleep(Duration::from_millis(random.below(300)));
            let lost_before = went_by_force(frozen);
            frozen.freeze();
            eventually(WAIT_MAX, || partitions(other) == PARTITIONS as usize);
            let before = delivered(other);
            eventually(WAIT_MAX, || delivered(other) > before + 500.0);
            frozen.thaw();
            eventually(WAIT_MAX, || went_by_force(frozen) > lost_before);
            eventually(WAIT_MAX, || partitions(frozen) > 0);
        }
    });
    flow.wait_until_done(WAIT_MAX);
    let verdict = flow.verdict();
    eprintln!("{ROUNDS} freezes: {verdict}");
    verdict.assert_exactly_once();
    for gateway in &gateways {
        assert_eq!(gateway.readiness().0, 200);
    }
}

/// Lets the feeding thread end too where an assertion fails.
struct Finally<'b>(&'b AtomicBool);

impl Drop for Finally<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_frozen_gateway_is_fenced_from_topic_to_topic() {
    let kafka = Kafka::shared();
    take_over(
        &Flow::new(&kafka, Destination::topics(&kafka), 31, PACE),
        31,
        FEW,
    );
}

#[test]
fn a_frozen_gateway_is_fenced_from_topic_to_postgres() {
    let kafka = Kafka::shared();
    let to = Destination::postgres(Postgres::shared().fresh_database());
    take_over(&Flow::new(&kafka, to, 32, PACE), 32, FEW);
}

#[test]
#[ignore = "takes minutes: more than 100,000 records for each of three seeds"]
fn frozen_gateways_are_fenced_amid_many_records() {
    let (kafka, postgres) = (Kafka::shared(), Postgres::shared());
    for seed in [41, 42, 43] {
        let to_topic = Destination::topics(&kafka);
        take_over(&Flow::new(&kafka, to_topic, seed, PACE), seed, MANY);
        let to_table = Destination::postgres(postgres.fresh_database());
        take_over(&Flow::new(&kafka, to_table, seed, PACE), seed, MANY);
    }
}
