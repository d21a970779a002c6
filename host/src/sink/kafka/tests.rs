//! Against librdkafka's own broker of make-believe; the promises on a real one are tests of the gateway.

use std::time::Duration;

use bytes::Bytes;
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::Headers as _,
    mocking::MockCluster,
    producer::DefaultProducerContext,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};

use super::*;
use crate::{
    config::KafkaClient,
    event::Header,
    sink::testing::{batch, scored},
};

type Cluster = MockCluster<'static, DefaultProducerContext>;

fn topic(cluster: &Cluster, librdkafka: &[(&str, &str)]) -> KafkaTopic {
    let settings = librdkafka.iter();
    KafkaTopic {
        client: KafkaClient {
            brokers: cluster.bootstrap_servers(),
            librdkafka: settings
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        },
        topic: "decisions".into(),
    }
}

fn cluster() -> Cluster {
    let cluster = MockCluster::new(1).expect("a cluster");
    cluster.create_topic("decisions", 1, 1).expect("a topic");
    cluster
}

/// Everything in the topic, as it is written out by `show`.
fn read<T>(
    cluster: &Cluster,
    show: impl Fn(&rdkafka::message::BorrowedMessage<'_>) -> T,
) -> Vec<T> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", "reader")
        .set("enable.partition.eof", "true")
        .create()
        .expect("a consumer");
    let mut topic = TopicPartitionList::new();
    topic
        .add_partition_offset("decisions", 0, Offset::Beginning)
        .expect("a partition");
    consumer.assign(&topic).expect("an assignment");
    let mut read = Vec::new();
    loop {
        match consumer.poll(Duration::from_secs(20)) {
            Some(Ok(message)) => read.push(show(&message)),
            Some(Err(KafkaError::PartitionEOF(_))) => break,
            Some(Err(_)) => {}
            None => panic!("the topic was not read to its end"),
        }
    }
    read
}

fn ids(cluster: &Cluster) -> Vec<String> {
    read(cluster, |message| {
        let headers = message.headers().expect("headers");
        let id = headers
            .iter()
            .find(|header| header.key == "scoregate-event-id");
        String::from_utf8(id.unwrap().value.unwrap().to_vec()).unwrap()
    })
}

fn many(count: usize) -> Vec<Scored> {
    batch((0..count).map(|nth| format!("e-{nth}")))
}

#[tokio::test]
async fn an_outcome_is_a_record_with_the_events_key_time_and_headers() {
    let cluster = cluster();
    let sink = KafkaSink::open(&topic(&cluster, &[]), "fraud").unwrap();
    let header = |name: &str, value: Option<&'static [u8]>| Header {
        name: name.into(),
        value: value.map(Bytes::from_static),
    };
    let mut row = scored("payments/0/7");
    row.event.headers = vec![
        header("trace", Some(b"t-1")),
        header("scoregate-pipeline", Some(b"before")),
        header("none", None),
        header("trace", Some(b"")),
    ];
    sink.write(std::slice::from_ref(&row)).await.unwrap();
    let records = read(&cluster, |message| {
        let headers = message.headers().expect("headers").iter();
        let headers: Vec<_> = headers
            .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
            .collect();
        let key = message.key().map(<[u8]>::to_vec);
        let value = message.payload().map(<[u8]>::to_vec);
        (key, value, message.timestamp().to_millis(), headers)
    });
    let [(key, value, time, headers)] = &records[..] else {
        panic!("{} records", records.len());
    };
    assert_eq!(key.as_deref(), Some(b"card-7".as_slice()));
    let mut json = Vec::new();
    crate::record::write_json(&mut json, &row);
    assert_eq!(value.as_ref(), Some(&json));
    assert_eq!(*time, Some(1_700_000_000_000));
    let text = |value: &str| Some(value.as_bytes().to_vec());
    let expected = [
        ("trace", text("t-1")),
        ("none", None),
        ("trace", text("")),
        ("scoregate-event-id", text("payments/0/7")),
        ("scoregate-pipeline", text("fraud")),
        ("scoregate-adapter", text(row.releases.adapter.as_str())),
        ("scoregate-model", text(row.releases.model.as_str())),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    assert_eq!(*headers, expected);
    sink.close().await;
}

#[tokio::test]
async fn a_broker_that_is_away_is_told_by_its_name_and_missed_by_no_row() {
    let cluster = cluster();
    let topic = topic(&cluster, &[("message.timeout.ms", "500")]);
    let sink = KafkaSink::open(&topic, "fraud").unwrap();
    cluster.broker_down(1).unwrap();
    let error = sink.write(&many(3)).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    assert!(error.to_string().contains(&topic.client.brokers), "{error}");
    cluster.broker_up(1).unwrap();
    let mut tries = 0;
    while let Err(error) = sink.write(&many(3)).await {
        tries += 1;
        assert!(error.is_temporary() && tries < 100, "{error}");
    }
    assert!(ids(&cluster).ends_with(&["e-0", "e-1", "e-2"].map(str::to_owned)));
}

#[tokio::test]
async fn only_the_row_that_is_too_large_is_refused() {
    let cluster = cluster();
    let topic = topic(&cluster, &[("message.max.bytes", "3000")]);
    let sink = KafkaSink::open(&topic, "fraud").unwrap();
    let mut rows = many(5);
    rows[3].outcome.payload = vec![b'x'; 3_000];
    let Err(SinkError::Rows(_, refused)) = sink.write(&rows).await else {
        panic!("a row is refused");
    };
    let rows: Vec<_> = refused.iter().map(|refused| refused.row).collect();
    assert_eq!(rows, [3]);
    assert_eq!(ids(&cluster), ["e-0", "e-1", "e-2", "e-4"]);
}

#[tokio::test]
async fn a_batch_that_a_broker_finds_too_large_is_sent_in_smaller_ones_in_order() {
    let cluster = cluster();
    let sink = KafkaSink::open(&topic(&cluster, &[("linger.ms", "100")]), "fraud").unwrap();
    let too_large = RDKafkaRespErr::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
    cluster.request_errors(RDKafkaApiKey::Produce, &[too_large, too_large]);
    sink.write(&many(50)).await.unwrap();
    let expected: Vec<_> = (0..50).map(|nth| format!("e-{nth}")).collect();
    assert_eq!(ids(&cluster), expected);
}

#[tokio::test]
async fn a_call_that_is_dropped_harms_no_later_call() {
    let cluster = cluster();
    let sink = KafkaSink::open(&topic(&cluster, &[("linger.ms", "300")]), "fraud").unwrap();
    let rows = many(2);
    let dropped = tokio::time::timeout(Duration::from_millis(20), sink.write(&rows)).await;
    assert!(dropped.is_err());
    sink.write(&many(4)).await.unwrap();
    assert!(ids(&cluster).ends_with(&["e-0", "e-1", "e-2", "e-3"].map(str::to_owned)));
}

#[test]
fn settings_that_librdkafka_refuses_are_named_without_a_connection() {
    let with = |name: &str, value: &str| KafkaTopic {
        client: KafkaClient {
            brokers: "127.0.0.1:1".into(),
            librdkafka: vec![(name.into(), value.into())],
        },
        topic: "decisions".into(),
    };
    check(&with("linger.ms", "7"), "fraud").unwrap();
    for (name, value) in [
        ("linger.mss", "7"),
        ("compression.type", "best"),
        ("acks", "1"),
    ] {
        let error = check(&with(name, value), "fraud").unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}
