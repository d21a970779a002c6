//! Topics that are written to, on a real Kafka.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
};
use scoregate::{
    config::{self, KafkaClient, KafkaTopic},
    dead_letter::{Cause, DeadLetter},
    event::{Event, Header, Origin, Releases},
    lane::{Lane, Load, Position, Stream, StreamKind},
    release::{Digest, ReleaseName},
    sink::DeadLetters,
};
use scoregate_tests::{
    folder::{FRAUD, Folder},
    gateway::Gateway,
    payments, plugins,
    servers::{
        Kafka, eventually,
        records::{self, NewRecord, Record},
    },
};

fn sink(kafka: &Kafka, topic: &str) -> String {
    format!(
        "[[pipelines.fraud.sinks]]\nkind = \"kafka\"\nbrokers = \"{}\"\ntopic = \"{topic}\"\n",
        kafka.brokers()
    )
}

fn text<'r>(record: &'r Record, header: &str) -> &'r str {
    let value = record.header(header).expect(header);
    std::str::from_utf8(value).expect("text")
}

/// A topic whose broker takes no batch over so many bytes.
async fn narrow_topic(kafka: &Kafka, name: &str, max_bytes: &str) {
    let admin: AdminClient<DefaultClientContext> = kafka.client().create().expect("a client");
    let topic =
        NewTopic::new(name, 1, TopicReplication::Fixed(1)).set("max.message.bytes", max_bytes);
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(30)));
    let created = admin.create_topics([&topic], &options).await;
    created.expect("an answer").remove(0).expect("a topic");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_a_record_with_its_events_key_and_marks() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("decisions", 3);
    let gateway = Gateway::start(Arc::new(Folder::fraud(&sink(&kafka, &topic))));
    let event = payments::heldout()[0].json;
    let headers = [
        ("idempotency-key", "pay-1"),
        ("scoregate-key", "terminal-9"),
    ];
    let path = "/pipelines/fraud/score";
    let mut client = gateway.client();
    let reply = client.send("POST", path, &headers, event.into()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let read = records::read_committed(&kafka.client(), &topic);
    let [record] = &read[..] else {
        panic!("{} records", read.len());
    };
    assert_eq!(record.key.as_deref(), Some(&b"terminal-9"[..]));
    let value: serde_json::Value = serde_json::from_slice(&record.value).expect("JSON");
    assert_eq!(value, reply.json());
    assert_eq!(text(record, "scoregate-event-id"), "pay-1");
    assert_eq!(text(record, "scoregate-pipeline"), "fraud");
    let release = &value["release"];
    assert_eq!(release["adapter"], text(record, "scoregate-adapter"));
    assert_eq!(release["model"], text(record, "scoregate-model"));
    assert!(record.timestamp_ms.is_some_and(|at| at > 1_700_000_000_000));
}

const PAYLOAD: &[u8] = b"\xff\0 no text\r\n";

/// An event that is no text anywhere, and why it is dead.
fn letter(position: Position) -> DeadLetter {
    let header = |name: &str, value: &'static [u8]| Header {
        name: name.into(),
        value: Some(Bytes::from_static(value)),
    };
    DeadLetter {
        event: Event {
            id: "payments/3/42".into(),
            key: Some(Bytes::from_static(b"\0\xfe")),
            payload: Bytes::from_static(PAYLOAD),
            timestamp_ms: 1_700_000_000_123,
            headers: vec![
                header("scoregate-pipeline", b"earlier"),
                header("trace", b"\xff"),
            ],
            origin: Origin::Stream {
                position,
                null_payload: false,
            },
        },
        reason: "field `amount` is missing".into(),
        cause: Cause::Rejected,
        releases: Arc::new(Releases {
            adapter: ReleaseName::new("payments", Digest::of(b"adapter")),
            model: ReleaseName::new("fraud", Digest::of(b"model")),
        }),
        dead_at_ms: 1_700_000_000_456,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_holds_its_event_byte_for_byte() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("dead", 1);
    let config = config::DeadLetter::Kafka(KafkaTopic {
        client: KafkaClient {
            brokers: kafka.brokers().into(),
            librdkafka: Vec::new(),
        },
        topic: topic.clone(),
    });
    let folder = Folder::new();
    let letters = DeadLetters::open(&config, "fraud", &folder.path("last"))
        .await
        .expect("a sink");
    let stream = Stream {
        kind: StreamKind::Kafka,
        name: "payments".into(),
        group: "fraud".into(),
    };
    let lane = Lane::new(Arc::new(stream), 3, 0, 0, Arc::new(Load::default()));
    let (position, hold) = lane.hold(42, 43, 0);
    let letter = letter(position);
    letters
        .write(std::slice::from_ref(&letter))
        .await
        .expect("it is taken");
    hold.release();
    let read = records::read_committed(&kafka.client(), &topic);
    let marks = [
        ("scoregate-pipeline", &b"earlier"[..]),
        ("trace", b"\xff"),
        ("scoregate-error", b"field `amount` is missing"),
        ("scoregate-fault", b"rejected"),
        ("scoregate-origin", b"kafka:payments/3/42"),
        ("scoregate-dead-at-ms", b"1700000000456"),
        ("scoregate-event-id", b"payments/3/42"),
        ("scoregate-pipeline", b"fraud"),
        (
            "scoregate-adapter",
            letter.releases.adapter.as_str().as_bytes(),
        ),
        ("scoregate-model", letter.releases.model.as_str().as_bytes()),
    ];
    let expected = Record {
        partition: 0,
        offset: 0,
        key: Some(b"\0\xfe".to_vec()),
        value: PAYLOAD.to_vec(),
        headers: marks
            .map(|(name, value)| (name.to_owned(), value.to_vec()))
            .into(),
        timestamp_ms: Some(1_700_000_000_123),
    };
    assert_eq!(read, [expected]);
    letters.close().await;
}

/// One topic takes records of a few hundred bytes, but neither two of them at once nor one with a long key.
async fn outcomes_that_are_too_large(delivery: &str) {
    const COUNT: usize = 40;
    let kafka = Kafka::shared();
    let source = kafka.fresh_topic("narrow-payments", 1);
    let dead = kafka.fresh_topic("narrow-dead", 1);
    let outcomes = format!("{source}-decisions");
    narrow_topic(&kafka, &outcomes, "1200").await;
    // Text that no compression makes much shorter.
    let digests = (0..60_u32).map(|nth| Digest::of(&nth.to_le_bytes()).hex());
    let long_key = digests.collect::<String>().into_bytes();
    let all = payments::made(7, COUNT, 5).enumerate().map(|(nth, made)| {
        let key = if nth == 11 {
            long_key.clone()
        } else {
            vec![b'a']
        };
        NewRecord::keyed(key, made.json)
    });
    records::produce(&kafka.client(), &source, all);
    let brokers = kafka.brokers();
    let fraud = FRAUD.split("[[pipelines.fraud.sources]]").next().unwrap();
    let config = format!(
        "{fraud}{}[[pipelines.fraud.sources]]\nkind = \"kafka\"\nbrokers = \"{brokers}\"\ntopic = \"{source}\"\ngroup = \"{source}\"\n\
         delivery = \"{delivery}\"\n[pipelines.fraud.dead_letter]\nkind = \"kafka\"\nbrokers = \"{brokers}\"\ntopic = \"{dead}\"\n",
        sink(&kafka, &outcomes)
    );
    let folder = Folder::with(&config);
    folder.write("payments.wasm", plugins::payments());
    folder.write("fraud.wasm", plugins::fraud());
    let _gateway = Gateway::start(Arc::new(folder));
    eventually(Duration::from_secs(90), || {
        records::committed(&kafka.client(), &source, &source) == Some(COUNT as i64)
    });
    let mut ids: Vec<_> = records::read_committed(&kafka.client(), &outcomes)
        .iter()
        .map(|record| text(record, "scoregate-event-id").to_owned())
        .collect();
    if delivery == "at-least-once" {
        ids.sort_unstable();
        ids.dedup();
        ids.sort_unstable_by_key(|id| id.rsplit('/').next().unwrap().parse::<usize>().unwrap());
    }
    let expected: Vec<_> = (0..COUNT)
        .filter(|nth| *nth != 11)
        .map(|nth| format!("{source}/0/{nth}"))
        .collect();
    assert_eq!(ids, expected);
    let letters = records::read_committed(&kafka.client(), &dead);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].key.as_ref(), Some(&long_key));
    assert_eq!(text(&letters[0], "scoregate-fault"), "undeliverable");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_is_too_large_for_its_topic_becomes_a_dead_letter() {
    outcomes_that_are_too_large("at-least-once").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_is_too_large_for_its_transaction_becomes_a_dead_letter() {
    outcomes_that_are_too_large("exactly-once").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_told_that_an_outcome_can_never_be_taken_and_not_to_try_again() {
    let kafka = Kafka::shared();
    let outcomes = format!("{}-narrow", kafka.fresh_topic("told", 1));
    narrow_topic(&kafka, &outcomes, "1200").await;
    let gateway = Gateway::start(Arc::new(Folder::fraud(&sink(&kafka, &outcomes))));
    let (event, path) = (payments::heldout()[0].json, "/pipelines/fraud/score");
    // Text that no compression makes much shorter.
    let digests = (0..16_u32).map(|nth| Digest::of(&nth.to_le_bytes()).hex());
    let long_key = digests.collect::<String>();
    let mut client = gateway.client();
    let headers = [("scoregate-key", long_key.as_str())];
    let reply = client.send("POST", path, &headers, event.into()).await;
    assert_eq!(reply.status, 500, "{reply:?}");
    assert_eq!(reply.headers.get("retry-after"), None);
    assert_eq!(
        reply.json()["error"],
        "the sink kafka of pipeline `fraud` can never take this outcome: another try will not help"
    );
    let reply = client.score("fraud", event).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(gateway.readiness().0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_told_of_a_broker_that_is_away_and_served_when_it_is_back() {
    let kafka = Kafka::start();
    kafka.topic("decisions", 1);
    let gateway = Gateway::start(Arc::new(Folder::fraud(&sink(&kafka, "decisions"))));
    let mut client = gateway.client();
    let event = payments::heldout()[0].json;
    assert_eq!(client.score("fraud", event).await.status, 200);
    kafka.kill();
    let reply = client.score("fraud", event).await;
    assert_eq!(reply.status, 503, "{reply:?}");
    let error = reply.json()["error"].to_string();
    assert!(!error.contains(kafka.brokers()), "{error}");
    assert!(error.contains("is busy or cannot be reached"), "{error}");
    assert!(gateway.log().contains(kafka.brokers()), "{}", gateway.log());
    kafka.restart();
    let mut tries = 0;
    while client.score("fraud", event).await.status != 200 {
        tries += 1;
        assert!(tries < 10, "{}", gateway.log());
    }
    assert!(records::read_committed(&kafka.client(), "decisions").len() >= 2);
}
