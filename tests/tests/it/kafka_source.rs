//! A topic as a source: every record is scored, in its partition's order, whatever happens between the broker and the gateway.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use scoregate_tests::{
    client::Client,
    gateway::Gateway,
    payments, rows,
    servers::{
        Kafka, eventually, eventually_async,
        records::{NewRecord, committed, produce, read_committed},
    },
    streams,
};
use serde_json::Value;
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

const WAIT_MAX: Duration = Duration::from_secs(60);
const STDOUT: &str = "\n[[pipelines.fraud.sinks]]\nkind = \"stdout\"\n";
const DEAD: &str = "\n[pipelines.fraud.dead_letter]\nkind = \"file\"\npath = \"dead.ndjson\"\n";

fn start(config: &str) -> Gateway {
    Gateway::start(Arc::new(streams::folder(config)))
}

/// From a topic to stdout, which shows the order of delivery. `more` goes into the source's table.
fn to_stdout(kafka: &Kafka, topic: &str, group: &str, more: &str) -> String {
    let source = streams::kafka_source(kafka.brokers(), topic, group, "at-least-once");
    streams::with_ends(&format!("workers = 4\n{source}{more}{STDOUT}{DEAD}"))
}

fn send(kafka: &Kafka, topic: &str, seed: u64, count: usize) {
    let records = payments::made(seed, count, 100).map(|payment| payment.record());
    produce(&kafka.client(), topic, records);
}

/// Offsets that were delivered, by partition, in the order of delivery.
fn delivered(stdout: &str) -> BTreeMap<i32, Vec<i64>> {
    let mut delivered: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    // The last line may be half written.
    let whole = stdout.rsplit_once('\n').map_or("", |(whole, _)| whole);
    for line in whole.lines() {
        let outcome: Value = serde_json::from_str(line).expect("JSON");
        let id = outcome["event_id"].as_str().expect("an id");
        let mut parts = id.rsplitn(3, '/');
        let offset = parts.next().expect("an offset").parse();
        let partition = parts.next().expect("a partition").parse();
        let offsets = delivered.entry(partition.expect("a number")).or_default();
        offsets.push(offset.expect("a number"));
    }
    delivered
}

fn lines(gateway: &Gateway) -> usize {
    gateway.stdout().lines().count()
}

async fn reasons(operator: &mut Client) -> String {
    operator.get("/health/ready").await.json()["reasons"].to_string()
}

async fn becomes_ready(gateway: &Gateway) {
    let mut operator = gateway.admin_client();
    for _ in 0..600 {
        if operator.get("/health/ready").await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{}", reasons(&mut operator).await);
}

/// Waits until readiness tells all of this.
async fn tells(gateway: &Gateway, words: &[&str]) {
    let mut operator = gateway.admin_client();
    let mut told = String::new();
    for _ in 0..600 {
        told = reasons(&mut operator).await;
        if words.iter().all(|word| told.contains(word)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{words:?} is not told: {told}\n{}", gateway.log());
}

#[test]
fn the_order_of_a_partition_is_kept_by_four_workers() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("order", 3);
    send(&kafka, &topic, 1, 5_000);
    let mut gateway = start(&to_stdout(&kafka, &topic, &topic, ""));
    eventually(WAIT_MAX, || lines(&gateway) >= 5_000);
    gateway.terminate();
    assert!(gateway.wait(WAIT_MAX).success(), "{}", gateway.log());
    let delivered = delivered(&gateway.stdout());
    assert_eq!(delivered.values().map(Vec::len).sum::<usize>(), 5_000);
    for (partition, offsets) in delivered {
        let all: Vec<i64> = (0..offsets.len() as i64).collect();
        assert_eq!(offsets, all, "partition {partition}");
    }
    let committed = committed(&kafka.client(), &topic, &topic);
    assert_eq!(committed, Some(5_000), "{}", gateway.log());
}

#[test]
fn a_good_record_keeps_its_key_its_time_and_its_headers_on_its_way_to_a_topic() {
    let kafka = Kafka::shared();
    let [input, output, dead] = ["in", "out", "dead"].map(|name| kafka.fresh_topic(name, 1));
    let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    let own = [header("trace", b"7"), header("trace", b"\xff\0")];
    let record = NewRecord {
        headers: [&own[..], &[header("scoregate-pipeline", b"an earlier one")]].concat(),
        timestamp_ms: Some(1_700_000_000_123),
        ..NewRecord::keyed(b"terminal-9\0\xfe", payments::heldout()[0].json)
    };
    produce(&kafka.client(), &input, [record]);
    let brokers = kafka.brokers();
    for delivery in ["at-least-once", "exactly-once"] {
        let group = format!("{input}-{delivery}");
        let config = streams::kafka_to_kafka(brokers, &input, &output, &dead, &group, delivery);
        let _gateway = start(&config);
        let mut read = Vec::new();
        eventually(WAIT_MAX, || {
            read.extend(read_committed(&kafka.client(), &output));
            !read.is_empty()
        });
        let record = read.pop().expect("a record");
        assert_eq!(record.key.as_deref(), Some(&b"terminal-9\0\xfe"[..]));
        assert_eq!(record.timestamp_ms, Some(1_700_000_000_123));
        let names: Vec<&str> = record.headers.iter().map(|(name, _)| &**name).collect();
        let marks = ["event-id", "pipeline", "adapter", "model"];
        let marks = marks.map(|mark| format!("scoregate-{mark}"));
        let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
        assert_eq!(names, [&["trace", "trace"], &marks[..]].concat());
        assert_eq!(record.headers[..2], own);
        assert_eq!(record.header("scoregate-pipeline"), Some(&b"fraud"[..]));
        let id = format!("{input}/0/0");
        assert_eq!(record.header("scoregate-event-id"), Some(id.as_bytes()));
    }
}

#[test]
fn a_gateway_reads_on_where_the_one_before_it_ended() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("resume", 2);
    let mut gateway = start(&to_stdout(&kafka, &topic, &topic, ""));
    let mut total = 0;
    for seed in 2..5 {
        send(&kafka, &topic, seed, 500);
        eventually(WAIT_MAX, || lines(&gateway) >= 500);
        gateway.terminate();
        assert!(gateway.wait(WAIT_MAX).success(), "{}", gateway.log());
        assert_eq!(lines(&gateway), 500, "{}", gateway.log());
        total += 500;
        let committed = committed(&kafka.client(), &topic, &topic);
        assert_eq!(committed, Some(total), "{}", gateway.log());
        gateway.restart();
    }
}

#[tokio::test]
async fn keys_and_times_of_records_are_kept() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("kept", 1);
    let payment = payments::made(5, 1, 1).next().expect("a payment");
    let keys = [Some("a key of its own"), None];
    let records = keys.map(|key| NewRecord {
        key: key.map(|key| key.as_bytes().to_vec()),
        value: payment.json.clone().into_bytes(),
        timestamp_ms: Some(1_700_000_000_123),
        ..NewRecord::default()
    });
    produce(&kafka.client(), &topic, records);
    let source = streams::kafka_source(kafka.brokers(), &topic, &topic, "at-least-once");
    let sink = streams::SQLITE_SINK;
    let gateway = start(&streams::with_ends(&format!("{source}{sink}{DEAD}")));
    let database = gateway.database();
    eventually_async(WAIT_MAX, "all was delivered", async || {
        rows::read(&database).await.len() == 2
    })
    .await;
    let mut rows = rows::read(&database).await;
    rows.sort_by(|a, b| a.event_id.cmp(&b.event_id));
    // A record without a key goes by what the pipeline's pointer finds.
    let expected = [keys[0], Some(&*payment.card_id)];
    for (nth, (row, key)) in rows.iter().zip(expected).enumerate() {
        assert_eq!(row.event_id, format!("{topic}/0/{nth}"));
        assert_eq!(row.event_key.as_deref(), key);
        assert_eq!(row.event_time_ms, 1_700_000_000_123);
    }
}

#[tokio::test]
async fn a_sink_that_takes_nothing_for_long_costs_neither_membership_nor_records() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("slow", 2);
    let source = streams::kafka_source(kafka.brokers(), &topic, &topic, "at-least-once");
    // A thread that does not poll for so long loses its partitions.
    let impatient =
        "librdkafka = { \"session.timeout.ms\" = \"6000\", \"max.poll.interval.ms\" = \"6000\" }\n";
    let sink = streams::SQLITE_SINK;
    let gateway = start(&streams::with_ends(&format!(
        "{source}{impatient}{sink}{DEAD}"
    )));
    becomes_ready(&gateway).await;
    let database = gateway.database();
    let mut other = SqliteConnectOptions::new()
        .filename(&database)
        .connect()
        .await
        .expect("the database opens");
    // Nobody else can write meanwhile.
    let held = sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await;
    held.expect("the database is held");
    send(&kafka, &topic, 6, 20_000);
    tokio::time::sleep(Duration::from_secs(9)).await;
    other.close().await.expect("the database is let go");
    eventually_async(WAIT_MAX, "all was delivered", async || {
        rows::read(&database).await.len() == 20_000
    })
    .await;
    assert!(
        !gateway.log().contains("partitions went"),
        "{}",
        gateway.log()
    );
}

#[test]
fn partitions_change_hands_and_nothing_is_lost() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("hands", 4);
    let config = to_stdout(&kafka, &topic, &topic, "");
    let mut first = start(&config);
    let mut sent = 0;
    let mut send_more = |seed| {
        send(&kafka, &topic, seed, 1_000);
        sent += 1_000;
    };
    send_more(100);
    eventually(WAIT_MAX, || lines(&first) > 0);
    let second = start(&config);
    // Until it has its share: it joins while records come.
    for seed in 200..500 {
        send_more(seed);
        if lines(&second) > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let logs = format!("{}\n\n{}", first.log(), second.log());
    assert!(lines(&second) > 0, "the second has no share:\n{logs}");
    send_more(500);
    first.terminate();
    assert!(first.wait(WAIT_MAX).success(), "{}", first.log());
    send_more(501);
    let all = || {
        let mut all: BTreeMap<i32, std::collections::BTreeSet<i64>> = BTreeMap::new();
        for (partition, offsets) in [&first, &second]
            .into_iter()
            .flat_map(|g| delivered(&g.stdout()))
        {
            all.entry(partition).or_default().extend(offsets);
        }
        all
    };
    eventually(WAIT_MAX, || {
        all().values().map(|offsets| offsets.len()).sum::<usize>() == sent
    });
    eventually(WAIT_MAX, || {
        committed(&kafka.client(), &topic, &topic) == Some(sent as i64)
    });
}

#[tokio::test]
async fn a_topic_that_appears_late_is_missed_aloud_and_then_read() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("late", 1) + "-after-all";
    let gateway = start(&to_stdout(&kafka, &topic, &topic, ""));
    let missing = format!("topic `{topic}` does not exist");
    tells(&gateway, &[&missing, kafka.brokers()]).await;
    kafka.topic(&topic, 2);
    send(&kafka, &topic, 11, 100);
    eventually_async(WAIT_MAX, "all was delivered", async || {
        lines(&gateway) == 100
    })
    .await;
    becomes_ready(&gateway).await;
}

#[tokio::test]
async fn a_broker_that_is_away_is_named_and_waited_for() {
    let kafka = Kafka::start();
    let topic = kafka.fresh_topic("away", 1);
    kafka.stop();
    let gateway = start(&to_stdout(&kafka, &topic, &topic, ""));
    tells(&gateway, &["none of the brokers", kafka.brokers()]).await;
    kafka.restart();
    becomes_ready(&gateway).await;
    send(&kafka, &topic, 12, 100);
    eventually_async(WAIT_MAX, "all was delivered", async || {
        lines(&gateway) == 100
    })
    .await;
    kafka.kill();
    tells(&gateway, &["none of the brokers"]).await;
    kafka.restart();
    send(&kafka, &topic, 13, 100);
    eventually_async(WAIT_MAX, "all was delivered", async || {
        lines(&gateway) >= 200
    })
    .await;
    becomes_ready(&gateway).await;
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it() {
    let kafka = Kafka::secured();
    let topic = kafka.fresh_topic("secret", 1);
    let mut settings: Vec<String> = kafka
        .settings()
        .into_iter()
        .filter(|(name, _)| *name != "sasl.password")
        .map(|(name, value)| format!("\"{name}\" = \"{value}\""))
        .collect();
    settings.push("\"sasl.password\" = \"hunter2\"".to_owned());
    let settings = format!("librdkafka = {{ {} }}\n", settings.join(", "));
    let gateway = start(&to_stdout(&kafka, &topic, &topic, &settings));
    tells(&gateway, &["Authentication failed", kafka.brokers()]).await;
    assert!(!gateway.log().contains("hunter2"), "{}", gateway.log());
}
