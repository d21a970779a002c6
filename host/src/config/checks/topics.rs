//! No topic serves two ends of a pipeline.

use std::collections::BTreeSet;

use super::super::{
    DeadLetter, KafkaClient, KafkaTopic, Sink, Source,
    ends::{Ends, Placed},
    reader::Reader,
};

/// Whether two ends name a broker in common, and so one cluster.
pub(super) fn same_cluster(one: &KafkaClient, other: &KafkaClient) -> bool {
    !brokers(one).is_disjoint(&brokers(other))
}

/// The names in small letters, as names of hosts have no case.
fn brokers(client: &KafkaClient) -> BTreeSet<String> {
    let each = client.brokers.split(',').filter(|name| !name.is_empty());
    each.map(str::to_ascii_lowercase).collect()
}

pub(super) fn check(reader: &Reader<'_>, ends: &Ends) {
    let read: Vec<_> = ends.sources.iter().filter_map(topic_read).collect();
    let mut written: Vec<&KafkaTopic> = Vec::new();
    for sink in &ends.sinks {
        let Sink::Kafka(topic) = &sink.value else {
            continue;
        };
        if read.iter().any(|source| is_same(*source, topic)) {
            tell(
                reader,
                sink,
                "this pipeline reads: each outcome would come back as an event",
            );
        } else if written.iter().any(|other| is_same(parts(other), topic)) {
            tell(
                reader,
                sink,
                "an earlier sink of this pipeline writes: each outcome would stand in it twice",
            );
        }
        written.push(topic);
    }
    let Some(dead) = &ends.dead_letter else {
        return;
    };
    let DeadLetter::Kafka(topic) = &dead.value else {
        return;
    };
    if read.iter().any(|source| is_same(*source, topic)) {
        tell(
            reader,
            dead,
            "this pipeline reads: each dead letter would come back as an event",
        );
    } else if written.iter().any(|sink| is_same(parts(sink), topic)) {
        tell(
            reader,
            dead,
            "a sink of this pipeline writes: who reads the outcomes would be given dead letters",
        );
    }
}

fn tell<T>(reader: &Reader<'_>, end: &Placed<T>, which: &str) {
    let message = format!("`topic` in {} is one that {which}", end.title);
    reader.problem(end.at("topic"), message);
}

fn topic_read(source: &Placed<Source>) -> Option<(&KafkaClient, &str)> {
    match &source.value {
        Source::Kafka(source) => Some((&source.client, &source.topic)),
        _ => None,
    }
}

fn parts(topic: &KafkaTopic) -> (&KafkaClient, &str) {
    (&topic.client, &topic.topic)
}

fn is_same((client, topic): (&KafkaClient, &str), other: &KafkaTopic) -> bool {
    !topic.is_empty() && topic == other.topic && same_cluster(client, &other.client)
}
