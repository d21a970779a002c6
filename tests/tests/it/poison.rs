//! Records that no plugin can deal with are put aside, untouched and with the reason, and nothing else suffers.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use scoregate_tests::{
    checker::{self, Verdict},
    folder::Folder,
    gateway::Gateway,
    servers::{
        Kafka, Postgres,
        blocking::block_on,
        eventually,
        records::{self, NewRecord, Record},
    },
    streams,
};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, Row as _};

const WAIT_MAX: Duration = Duration::from_secs(120);
/// One record of so many is poison.
const EVERY: usize = 1_000;

/// What the plugins are asked for, and the fault that it is.
const SORTS: [(&str, &str); 4] = [
    ("reject", "rejected"),
    ("trap", "trap"),
    ("model-trap", "trap"),
    ("loop", "deadline"),
];

/// The hostile plugins; what they are given is good but for what asks for worse.
fn pipeline(deadline_ms: u32) -> String {
    format!(
        r#"
[plugins.adapter]
file = "adapter.wasm"
call_deadline_ms = {deadline_ms}
[plugins.model]
file = "model.wasm"
call_deadline_ms = {deadline_ms}
[pipelines.fraud]
adapter = "adapter"
model = "model"
"#
    )
}

/// Poison of one sort after the other in its places.
fn sort(nth: usize) -> Option<&'static str> {
    let poison = nth % EVERY == EVERY / 2;
    poison.then(|| SORTS[nth / EVERY % SORTS.len()].0)
}

/// A time of its own for each event, but none that brokers would throw away for its age.
fn an_hour_ago_ms() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time");
    now.as_millis() as i64 - 3_600_000
}

/// Keys and headers that are no text are a poison's own: they must come through too.
fn record(nth: usize, word: &str) -> NewRecord {
    let key = if word == "good" {
        format!("key-{}", nth % 50).into_bytes()
    } else {
        [b"key-\xff\x00".as_slice(), nth.to_string().as_bytes()].concat()
    };
    let headers = vec![
        ("x-mark".to_owned(), nth.to_string().into_bytes()),
        ("x-mark".to_owned(), b"again".to_vec()),
        ("empty".to_owned(), Vec::new()),
        ("bytes".to_owned(), b"\xfe\x00\xff".to_vec()),
    ];
    let headers = if word == "good" { Vec::new() } else { headers };
    NewRecord {
        headers,
        timestamp_ms: Some(an_hour_ago_ms() + nth as i64),
        ..NewRecord::keyed(key, format!("{word} {nth}"))
    }
}

fn word(record: &Record) -> &str {
    let text = std::str::from_utf8(&record.value).expect("a word");
    text.split(' ').next().expect("a word")
}

fn is_poison(record: &Record) -> bool {
    word(record) != "good"
}

fn fault(record: &Record) -> &'static str {
    let sort = SORTS.iter().find(|(word_of, _)| *word_of == word(record));
    sort.expect("a sort of poison").1
}

/// A topic with so many records, of which some are poison.
fn filled(kafka: &Kafka, count: usize, poisoned: bool) -> String {
    let topic = kafka.fresh_topic("poisoned", 4);
    let word = |nth| sort(nth).filter(|_| poisoned).unwrap_or("good");
    let all = (0..count).map(|nth| record(nth, word(nth)));
    records::produce(&kafka.client(), &topic, all);
    topic
}

/// The topic's good records and its poison.
fn sorted(kafka: &Kafka, input: &str) -> (Vec<Record>, Vec<Record>) {
    let all = records::read_committed(&kafka.client(), input);
    let (poison, good): (Vec<_>, Vec<_>) = all.into_iter().partition(is_poison);
    for (word, _) in SORTS {
        assert!(
            poison.iter().any(|record| self::word(record) == word),
            "{word}"
        );
    }
    (good, poison)
}

fn assert_kept(letter: &Record, of: &Record, origin: &str) {
    assert_eq!((&letter.key, &letter.value), (&of.key, &of.value));
    assert_eq!(letter.headers[..of.headers.len()], of.headers[..]);
    assert_eq!(letter.timestamp_ms, of.timestamp_ms);
    let text = |name| String::from_utf8_lossy(letter.header(name).unwrap_or_default()).into_owned();
    assert_eq!(text("scoregate-fault"), fault(of), "{origin}");
    assert_eq!(text("scoregate-origin"), origin);
    assert!(!text("scoregate-error").is_empty());
    assert!(text("scoregate-adapter").starts_with("adapter@sha256:"));
    assert!(text("scoregate-model").starts_with("model@sha256:"));
}

fn from_topic_to_topic(delivery: &str) {
    let kafka = Kafka::shared();
    let input = filled(&kafka, 8_000, true);
    let (output, dead) = (kafka.fresh_topic("good", 4), kafka.fresh_topic("dead", 2));
    let source = streams::kafka_source(kafka.brokers(), &input, &input, delivery);
    let sink = streams::kafka_sink(kafka.brokers(), &output);
    let letters = streams::kafka_dead_letter(kafka.brokers(), &dead);
    let config = format!("{}{source}{sink}{letters}", pipeline(250));
    let gateway = Gateway::start(Arc::new(Folder::hostile(&config)));
    eventually(WAIT_MAX, || {
        records::committed(&kafka.client(), &input, &input) == Some(8_000)
    });
    let (good, poison) = sorted(&kafka, &input);
    let outcomes = records::read_committed(&kafka.client(), &output);
    Verdict::of(
        checker::sources(&input, &good),
        checker::outcomes(&outcomes),
    )
    .assert_exactly_once();
    let letters = records::read_committed(&kafka.client(), &dead);
    let sources = checker::sources(&input, &poison);
    Verdict::of(sources, checker::outcomes(&letters)).assert_exactly_once();
    for of in &poison {
        let origin = format!("kafka:{input}/{}/{}", of.partition, of.offset);
        let letter = letters
            .iter()
            .find(|letter| letter.header("scoregate-origin") == Some(origin.as_bytes()));
        assert_kept(letter.expect("a dead letter"), of, &origin);
    }
    let counted = gateway.metric("scoregate_dead_letters_total").0;
    assert_eq!(counted, poison.len() as f64);
    assert_eq!(gateway.readiness().0, 200);
}

#[test]
fn poison_is_put_aside_exactly_once_and_the_rest_delivered() {
    from_topic_to_topic("exactly-once");
}

#[test]
fn poison_is_put_aside_at_least_once_and_the_rest_delivered() {
    from_topic_to_topic("at-least-once");
}

#[test]
fn poison_is_put_aside_in_a_table_beside_the_rest() {
    let (kafka, url) = (Kafka::shared(), Postgres::shared().fresh_database());
    let input = filled(&kafka, 8_000, true);
    let source = streams::kafka_source(kafka.brokers(), &input, &input, "exactly-once");
    let (sink, letters) = (
        streams::postgres_sink(&url),
        streams::postgres_dead_letter(&url),
    );
    let config = format!("{}{source}{sink}{letters}", pipeline(250));
    let gateway = Gateway::start(Arc::new(Folder::hostile(&config)));
    eventually(WAIT_MAX, || {
        gateway.metric("scoregate_delivery_events_total").0 >= 7_992.0
    });
    eventually(WAIT_MAX, || {
        gateway.metric("scoregate_dead_letters_total").0 >= 8.0
    });
    let (good, poison) = sorted(&kafka, &input);
    let rows = rows(&url, "SELECT event_id FROM scores");
    assert_eq!(rows.len(), good.len());
    let letters = self::rows(
        &url,
        "SELECT origin, event_key, payload, headers::text, fault, adapter, model, error FROM dead_letters",
    );
    assert_eq!(letters.len(), poison.len());
    for of in &poison {
        let origin = format!("kafka:{input}/{}/{}", of.partition, of.offset);
        let letter = letters.iter().find(|row| row.get::<String, _>(0) == origin);
        let letter = letter.expect("a dead letter");
        assert_eq!(letter.get::<Option<Vec<u8>>, _>(1), of.key);
        assert_eq!(letter.get::<Vec<u8>, _>(2), of.value);
        let headers: Value = serde_json::from_str(letter.get(3)).expect("JSON");
        let mark = String::from_utf8_lossy(of.header("x-mark").expect("a mark"));
        let bytes = json!({"base64": "/gD/"});
        let expected = json!([
            ["x-mark", mark],
            ["x-mark", "again"],
            ["empty", ""],
            ["bytes", bytes]
        ]);
        assert_eq!(headers, expected);
        assert_eq!(letter.get::<String, _>(4), fault(of));
        assert!(letter.get::<String, _>(5).starts_with("adapter@sha256:"));
        assert!(letter.get::<String, _>(6).starts_with("model@sha256:"));
        assert!(!letter.get::<String, _>(7).is_empty());
    }
}

fn rows(url: &str, sql: &'static str) -> Vec<sqlx::postgres::PgRow> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await.expect("a connection");
        sqlx::query(sql)
            .fetch_all(&mut connection)
            .await
            .expect("rows")
    })
}

/// From the first record that is read to the last that is committed.
fn seconds(kafka: &Kafka, count: usize, (deadline_ms, workers): (u32, u32), poisoned: bool) -> f64 {
    let input = filled(kafka, count, poisoned);
    let (output, dead) = (kafka.fresh_topic("good", 4), kafka.fresh_topic("dead", 2));
    let source = streams::kafka_source(kafka.brokers(), &input, &input, "exactly-once");
    let sink = streams::kafka_sink(kafka.brokers(), &output);
    let letters = streams::kafka_dead_letter(kafka.brokers(), &dead);
    let pipeline = format!("{}workers = {workers}\n", pipeline(deadline_ms));
    let config = format!("{pipeline}{source}{sink}{letters}");
    let gateway = Gateway::start(Arc::new(Folder::hostile(&config)));
    eventually(WAIT_MAX, || {
        gateway.metric("scoregate_source_events_total").0 > 0.0
    });
    let start = Instant::now();
    eventually(WAIT_MAX, || {
        let letters = gateway.metric("scoregate_dead_letters_total").0;
        gateway.metric("scoregate_delivery_events_total").0 + letters >= count as f64
    });
    start.elapsed().as_secs_f64()
}

#[test]
#[ignore = "measures: prints the throughput with poison beside that without"]
fn throughput_with_poison_beside_a_clean_run() {
    let kafka = Kafka::shared();
    let count = 400_000;
    for (deadline_ms, workers) in [(10, 1), (10, 2), (50, 2)].repeat(3) {
        let [clean, poisoned] =
            [false, true].map(|poisoned| seconds(&kafka, count, (deadline_ms, workers), poisoned));
        eprintln!(
            "{count} records, {deadline_ms} ms a call, {workers} scoring threads: {:.0}/s clean, {:.0}/s with poison: {:.2}",
            count as f64 / clean,
            count as f64 / poisoned,
            clean / poisoned
        );
    }
}
