//! What a file says of streams is read as it stands.

use std::path::Path;

use super::{DEAD_KAFKA, KAFKA, TO_KAFKA, parse, with_ends};
use crate::{
    config::{
        Config, DatabaseUrl, DeadLetter, From, Guarantee, KafkaClient, KafkaSource, KafkaTopic,
        Outbox, Pipeline, PostgresTable, Sink, Source,
    },
    limits,
};

fn pipeline(ends: &str) -> Pipeline {
    let config = parse(&with_ends(ends)).unwrap_or_else(|problems| panic!("{problems}"));
    config.pipelines.into_iter().next().unwrap()
}

fn client(brokers: &str, librdkafka: &[(&str, &str)]) -> KafkaClient {
    let settings = librdkafka.iter();
    KafkaClient {
        brokers: brokers.into(),
        librdkafka: settings.map(|(k, v)| ((*k).into(), (*v).into())).collect(),
    }
}

#[test]
fn a_topic_is_read_with_every_key_that_it_may_have() {
    let ends = r#"
[[pipelines.fraud.sources]]
kind = "kafka"
brokers = "kafka-1.example.org:9092, 10.0.0.2:9093,[::1]:9094"
topic = "payments.v1_a-b"
group = "fraud"
delivery = "exactly-once"
[pipelines.fraud.sources.librdkafka]
"session.timeout.ms" = 6_000
"security.protocol" = "SASL_SSL"
"check.crcs" = true
"some.ratio" = 0.5
"acks" = -1
[[pipelines.fraud.sinks]]
kind = "kafka"
brokers = "kafka-1.example.org:9092"
topic = "decisions"
librdkafka = { "security.protocol" = "SASL_SSL", acks = "all" }
[pipelines.fraud.dead_letter]
kind = "kafka"
brokers = "KAFKA-1.example.org:9092"
topic = "dead"
librdkafka = { acks = "all", "security.protocol" = "SASL_SSL" }
"#;
    let fraud = pipeline(ends);
    let source = KafkaSource {
        client: client(
            "kafka-1.example.org:9092,10.0.0.2:9093,[::1]:9094",
            &[
                ("session.timeout.ms", "6000"),
                ("security.protocol", "SASL_SSL"),
                ("check.crcs", "true"),
                ("some.ratio", "0.5"),
                ("acks", "-1"),
            ],
        ),
        topic: "payments.v1_a-b".into(),
        group: "fraud".into(),
        delivery: Guarantee::ExactlyOnce,
    };
    assert_eq!(fraud.sources, [Source::Kafka(source)]);
    let secure = [("security.protocol", "SASL_SSL"), ("acks", "all")];
    let sink = KafkaTopic {
        client: client("kafka-1.example.org:9092", &secure),
        topic: "decisions".into(),
    };
    assert_eq!(fraud.sinks, [Sink::Kafka(sink)]);
    let secure = [("acks", "all"), ("security.protocol", "SASL_SSL")];
    let dead = KafkaTopic {
        client: client("KAFKA-1.example.org:9092", &secure),
        topic: "dead".into(),
    };
    assert_eq!(fraud.dead_letter, Some(DeadLetter::Kafka(dead)));
    assert!(fraud.has_stream() && fraud.is_exactly_once());
}

#[test]
fn databases_and_files_are_read_with_every_key_that_they_may_have() {
    let fraud = pipeline(
        r#"
[[pipelines.fraud.sources]]
kind = "postgres"
url = "postgresql://u:p@db:5432/shop"
table = "events"
lease_ms = 5000
poll_ms = 100
[[pipelines.fraud.sources]]
kind = "file"
path = "app.log"
from = "end"
[[pipelines.fraud.sinks]]
kind = "postgres"
url = "postgres://u:p@db/shop"
table = "fraud_scores"
connections_max = 9
[pipelines.fraud.dead_letter]
kind = "sqlite"
path = "dead.db"
table = "unscored"
"#,
    );
    let outbox = Outbox {
        url: DatabaseUrl("postgresql://u:p@db:5432/shop".into()),
        table: "events".into(),
        lease_ms: 5000,
        poll_ms: 100,
    };
    let file = Source::File {
        path: "/etc/gw/app.log".into(),
        from: From::End,
    };
    assert_eq!(fraud.sources, [Source::Postgres(outbox), file]);
    let table = PostgresTable {
        url: DatabaseUrl("postgres://u:p@db/shop".into()),
        table: "fraud_scores".into(),
        connections_max: 9,
    };
    assert_eq!(fraud.sinks, [Sink::Postgres(table)]);
    let dead = DeadLetter::Sqlite {
        path: "/etc/gw/dead.db".into(),
        table: "unscored".into(),
    };
    assert_eq!(fraud.dead_letter, Some(dead));
    assert!(fraud.has_stream() && !fraud.is_exactly_once());
}

#[test]
fn what_a_stream_leaves_out_has_its_default() {
    let fraud = pipeline(&format!("{KAFKA}\n{TO_KAFKA}\n{DEAD_KAFKA}"));
    let Source::Kafka(source) = &fraud.sources[0] else {
        panic!("another source");
    };
    assert_eq!(source.delivery, Guarantee::AtLeastOnce);
    assert!(source.client.librdkafka.is_empty());

    let fraud = pipeline(
        "sources = [{ kind = 'postgres', url = 'postgres://h/d' }, { kind = 'file', path = 'a' }]
         sinks = [{ kind = 'postgres', url = 'postgres://h/d' }]
         dead_letter = { kind = 'postgres', url = 'postgres://h/d' }",
    );
    let url = DatabaseUrl("postgres://h/d".into());
    let outbox = Outbox {
        url: url.clone(),
        table: "outbox".into(),
        lease_ms: limits::OUTBOX_LEASE_MS,
        poll_ms: limits::OUTBOX_POLL_MS,
    };
    let file = Source::File {
        path: "/etc/gw/a".into(),
        from: From::Start,
    };
    assert_eq!(fraud.sources, [Source::Postgres(outbox), file]);
    let table = |table: &str| PostgresTable {
        url: url.clone(),
        table: table.into(),
        connections_max: limits::POSTGRES_CONNECTIONS_MAX_COUNT,
    };
    assert_eq!(fraud.sinks, [Sink::Postgres(table("scores"))]);
    let dead = DeadLetter::Postgres(table("dead_letters"));
    assert_eq!(fraud.dead_letter, Some(dead));

    let file = pipeline(&format!(
        "{KAFKA}\n{TO_KAFKA}\ndead_letter = {{ kind = 'file', path = 'x/dead.ndjson' }}"
    ));
    let path = "/etc/gw/x/dead.ndjson".into();
    assert_eq!(file.dead_letter, Some(DeadLetter::File { path }));
}

#[test]
fn a_stream_may_stand_beside_http() {
    let http = KAFKA.replace("[{", "[{ kind = 'http' }, {");
    let fraud = pipeline(&format!("{http}\n{TO_KAFKA}\n{DEAD_KAFKA}"));
    assert_eq!(fraud.sources.len(), 2);
}

#[test]
fn secrets_come_from_the_environment_and_from_files_into_every_string_of_a_stream() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("password"), "hush-hush\n").unwrap();
    let text = with_ends(
        "sources = [{ kind = 'kafka', brokers = '${HOST}:9092', topic = '${HOST}', group = '${HOST}', delivery = '${DELIVERY}', librdkafka = { 'sasl.password' = '${file:password}' } }]
         sinks = [{ kind = 'postgres', url = 'postgres://u:${file:password}@${HOST}/d' }]
         dead_letter = { kind = 'file', path = '${HOST}' }",
    );
    let env = |name: &str| match name {
        "HOST" => Some("db".to_owned()),
        "DELIVERY" => Some("at-least-once".to_owned()),
        _ => None,
    };
    let config = Config::parse(&text, dir.path(), "gw.toml", env).unwrap();
    let fraud = &config.pipelines[0];
    let Source::Kafka(source) = &fraud.sources[0] else {
        panic!("another source");
    };
    let expected = client("db:9092", &[("sasl.password", "hush-hush")]);
    assert_eq!(source.client, expected);
    assert_eq!((&*source.topic, &*source.group), ("db", "db"));
    let Sink::Postgres(table) = &fraud.sinks[0] else {
        panic!("another sink");
    };
    assert_eq!(table.url.0, "postgres://u:hush-hush@db/d");
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn a_stream_is_read_from_the_folder_of_its_file() {
    let text = with_ends(&format!(
        "sources = [{{ kind = 'file', path = 'a' }}]\n{TO_KAFKA}\n{DEAD_KAFKA}"
    ));
    let config = Config::parse(&text, Path::new("/x"), "gw.toml", |_| None).unwrap();
    let path = "/x/a".into();
    let from = From::Start;
    assert_eq!(config.pipelines[0].sources, [Source::File { path, from }]);
}
