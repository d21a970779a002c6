//! Nothing is lost and nothing delivered twice, wherever and whenever a gateway is killed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use scoregate_tests::{
    flow::{Destination, Flow, Pace},
    gateway::{FAILPOINTS, Gateway},
    payments::SplitMix,
    servers::{Kafka, Postgres},
};

/// Longer than a session's end, an open transaction's end and the rest of the work take on a busy machine.
const DONE_MAX: Duration = Duration::from_secs(120);

/// A point, and how often it is passed before it ends the process.
type Point = (&'static str, usize);

const KAFKA_POINTS: [Point; 7] = [
    ("stream.batch-taken", 3),
    ("stream.scored", 9),
    ("kafka.transaction-begun", 2),
    ("kafka.produced", 2),
    ("kafka.flushed", 2),
    ("kafka.offsets-sent", 2),
    ("kafka.committed", 2),
];
const DATABASE_POINTS: [Point; 4] = [
    ("stream.batch-taken", 3),
    ("stream.scored", 9),
    ("database.rows-written", 2),
    ("database.committed", 2),
];

/// Points that are tried at once: most of the time a new gateway waits for the end of the old one's session.
const AT_ONCE: usize = 4;

/// Tries the points side by side, each on a flow of its own.
fn at_each(points: &[Point], flow: impl Fn(usize) -> Flow + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    let Some(point) = points.get(nth) else {
                        return;
                    };
                    survives_a_kill_at(*point, &flow(nth));
                }
            });
        }
    });
}

fn survives_a_kill_at((point, passes): Point, flow: &Flow) {
    let armed = format!("{point}={passes}*off->return");
    let mut gateway = Gateway::start_with(flow.folder("gw-1"), &[(FAILPOINTS, &armed)]);
    flow.destination.watch();
    while gateway.is_running() {
        assert!(flow.sent() < 100_000, "{point} was not reached");
        flow.send(150);
    }
    flow.send(150);
    gateway.restart();
    flow.wait_until_done(DONE_MAX);
    let verdict = flow.verdict();
    eprintln!("killed at {point}: {verdict}");
    verdict.assert_exactly_once();
}

/// Every other point with two scoring threads.
fn pace(nth: usize) -> Pace {
    Pace {
        workers: 1 + nth % 2,
        ..Pace::default()
    }
}

#[test]
fn a_kill_at_any_point_from_topic_to_topic_is_made_good() {
    let kafka = Kafka::shared();
    at_each(&KAFKA_POINTS, |nth| {
        Flow::new(&kafka, Destination::topics(&kafka), nth as u64, pace(nth))
    });
}

#[test]
fn a_kill_at_any_point_from_topic_to_postgres_is_made_good() {
    let (kafka, postgres) = (Kafka::shared(), Postgres::shared());
    at_each(&DATABASE_POINTS, |nth| {
        let to = Destination::postgres(postgres.fresh_database());
        Flow::new(&kafka, to, nth as u64, pace(nth))
    });
}

#[test]
fn a_kill_at_any_point_from_topic_to_sqlite_is_made_good() {
    let kafka = Kafka::shared();
    at_each(&DATABASE_POINTS, |nth| {
        Flow::new(&kafka, Destination::sqlite(), nth as u64, pace(nth))
    });
}

/// A gateway's life under random kills and clean stops.
#[derive(Clone, Copy)]
struct Ordeal {
    records: usize,
    /// Kills that find the gateway at work.
    kills: usize,
    stops: usize,
}

/// After a gateway has read its first record it works for at most so long.
const WORK_MAX_MS: u64 = 400;
/// Kills that come too late, one after the other.
const LATE_MAX: usize = 20;

fn survives(ordeal: Ordeal, seed: u64, flow: &Flow) {
    let mut random = SplitMix(seed);
    let rounds = ordeal.kills + ordeal.stops;
    let folder = flow.folder("gw-1");
    let (mut killed, mut stopped, mut late) = (0, 0, 0);
    let mut gateway = Gateway::start(folder.clone());
    flow.destination.watch();
    while killed < ordeal.kills || stopped < ordeal.stops {
        flow.send(ordeal.records / rounds);
        while gateway.metric("scoregate_source_events_total").0 < 1.0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(random.below(WORK_MAX_MS)));
        if killed > stopped * ordeal.kills / ordeal.stops.max(1) && stopped < ordeal.stops {
            gateway.terminate();
            assert!(gateway.wait(Duration::from_secs(60)).success());
            stopped += 1;
        } else {
            gateway.kill();
            let at_work = flow.place() < flow.sent();
            killed += usize::from(at_work);
            late += usize::from(!at_work);
            assert!(late < LATE_MAX, "kills come when all is done");
        }
        gateway = Gateway::start(folder.clone());
    }
    flow.wait_until_done(DONE_MAX);
    let verdict = flow.verdict();
    eprintln!("seed {seed}, {killed} kills at work, {late} late, {stopped} clean stops: {verdict}");
    verdict.assert_exactly_once();
}

const SHORT: Ordeal = Ordeal {
    records: 20_000,
    kills: 2,
    stops: 1,
};
const LONG: Ordeal = Ordeal {
    records: 100_000,
    kills: 6,
    stops: 2,
};

fn to_topic(kafka: &Kafka, seed: u64) -> Flow {
    Flow::new(kafka, Destination::topics(kafka), seed, pace(seed as usize))
}

fn to_postgres(kafka: &Kafka, postgres: &Arc<Postgres>, seed: u64) -> Flow {
    let to = Destination::postgres(postgres.fresh_database());
    Flow::new(kafka, to, seed, pace(seed as usize))
}

#[test]
fn random_kills_from_topic_to_topic_are_made_good() {
    let kafka = Kafka::shared();
    survives(SHORT, 1, &to_topic(&kafka, 1));
}

#[test]
fn random_kills_from_topic_to_postgres_are_made_good() {
    let kafka = Kafka::shared();
    survives(SHORT, 2, &to_postgres(&kafka, &Postgres::shared(), 2));
}

#[test]
#[ignore = "takes minutes: 100,000 records and six kills for each of three seeds"]
fn many_random_kills_from_topic_to_topic_are_made_good() {
    let kafka = Kafka::shared();
    for seed in [11, 12, 13] {
        survives(LONG, seed, &to_topic(&kafka, seed));
    }
}

#[test]
#[ignore = "takes minutes: 100,000 records and six kills for each of three seeds"]
fn many_random_kills_from_topic_to_postgres_are_made_good() {
    let (kafka, postgres) = (Kafka::shared(), Postgres::shared());
    for seed in [21, 22, 23] {
        survives(LONG, seed, &to_postgres(&kafka, &postgres, seed));
    }
}
