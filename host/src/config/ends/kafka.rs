//! Clusters, topics and groups of Kafka.

use std::net::Ipv6Addr;

use super::{
    super::{KafkaClient, KafkaTopic, names::is_kafka_name, table::Table, text::quoted},
    librdkafka,
};
use crate::limits::KAFKA_NAME_MAX_BYTES;

/// A topic that is written to.
pub(super) fn output(table: &mut Table<'_>) -> KafkaTopic {
    let client = client(table, false);
    let topic = topic(table);
    KafkaTopic { client, topic }
}

/// How a cluster is reached, by a source that delivers exactly once or by any other end.
pub(super) fn client(table: &mut Table<'_>, exactly_once: bool) -> KafkaClient {
    let brokers = brokers(table);
    let librdkafka = librdkafka::read(table, exactly_once);
    KafkaClient {
        brokers,
        librdkafka,
    }
}

fn brokers(table: &mut Table<'_>) -> String {
    let expected = "`host:port`, and more of them after commas";
    let Some(brokers) = table.required_string("brokers", expected) else {
        return String::new();
    };
    let each: Vec<_> = brokers.value.split(',').map(str::trim).collect();
    if !each.iter().all(|broker| is_broker(broker)) {
        let message = format!(
            "`brokers` in {} is {}; it must be {expected}, such as `127.0.0.1:9092`",
            table.title(),
            quoted(&brokers.written)
        );
        table.reader.problem(brokers.span, message);
    }
    each.join(",")
}

/// `host:port`; an IPv6 address stands in brackets.
fn is_broker(broker: &str) -> bool {
    let Some((host, port)) = broker.rsplit_once(':') else {
        return false;
    };
    let is_port =
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse().is_ok_and(|p: u16| p > 0);
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_host = match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            let of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
            (1..=253).contains(&host.len()) && host.bytes().all(of_name)
        }
    };
    is_host && is_port
}

/// A topic's name; empty if it is missing.
pub(super) fn topic(table: &mut Table<'_>) -> String {
    name(table, "topic", "the topic's name")
}

/// A group's name; empty if it is missing.
pub(super) fn group(table: &mut Table<'_>) -> String {
    let what = "the consumer group's name; gateways of one group share the topic's partitions";
    name(table, "group", what)
}

fn name(table: &mut Table<'_>, key: &'static str, what: &str) -> String {
    let Some(name) = table.required_string(key, what) else {
        return String::new();
    };
    if !is_kafka_name(&name.value) {
        let message = format!(
            "`{key}` in {} is {}; it must be 1 to {KAFKA_NAME_MAX_BYTES} of a-z, A-Z, 0-9, `.`, `_` and `-`, and neither `.` nor `..`",
            table.title(),
            quoted(&name.written)
        );
        table.reader.problem(name.span, message);
    }
    name.value
}
