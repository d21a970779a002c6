//! However much waits in a topic and however slow a sink is: what a gateway holds in memory stays bounded.

use std::time::Duration;

use scoregate_tests::{
    flow::{Destination, Flow, Pace},
    gateway::Gateway,
    servers::{Kafka, Postgres, blocking::block_on, eventually},
};
use sqlx::{Connection as _, Executor as _, PgConnection};

const WAIT_MAX: Duration = Duration::from_secs(300);
/// With the limits as they are by default.
const MEMORY_MAX_BYTES: u64 = 400 << 20;

/// Fills a topic before the gateway comes, and lets nobody write to the table for a while.
fn stays_small(records: usize, stopped: Duration) {
    let url = Postgres::shared().fresh_database();
    let to = Destination::postgres(url.clone());
    let flow = Flow::new(&Kafka::shared(), to, 61, Pace::default());
    let gateway = Gateway::start(flow.folder("gw-1"));
    flow.destination.watch();
    block_on(async {
        let mut connection = PgConnection::connect(&url).await.expect("a connection");
        let mut lock = connection.begin().await.expect("a transaction");
        let locked = lock.execute("LOCK TABLE scores IN ACCESS EXCLUSIVE MODE");
        locked.await.expect("a lock");
        for _ in 0..records.div_ceil(10_000) {
            flow.send(records.min(10_000));
        }
        eventually(WAIT_MAX, || gateway.metric("scoregate_source_lag{").0 > 0.0);
        tokio::time::sleep(stopped).await;
        assert_eq!(gateway.metric("scoregate_delivery_events_total").0, 0.0);
        lock.rollback().await.expect("the lock goes");
    });
    let while_stopped = gateway.memory_peak_bytes();
    flow.wait_until_done(WAIT_MAX);
    let verdict = flow.verdict();
    let peak = gateway.memory_peak_bytes();
    eprintln!(
        "{records} records, {stopped:?} without the sink: peaks of {while_stopped:?} and then {peak:?} bytes; {verdict}"
    );
    verdict.assert_exactly_once();
    if let Some(peak) = peak {
        assert!(peak < MEMORY_MAX_BYTES, "the gateway took {peak} bytes");
    }
}

#[test]
fn a_backlog_behind_a_stopped_sink_stays_in_its_topic() {
    stays_small(50_000, Duration::from_secs(3));
}

#[test]
#[ignore = "takes ten minutes: a million records, and five minutes of a sink that takes nothing"]
fn a_million_records_behind_a_stopped_sink_stay_in_their_topic() {
    let seconds = std::env::var("SCOREGATE_TEST_STOPPED_SECONDS");
    let seconds = seconds.map_or(300, |seconds| seconds.parse().expect("seconds"));
    stays_small(1_000_000, Duration::from_secs(seconds));
}
