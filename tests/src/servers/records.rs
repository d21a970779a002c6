//! Records to topics and from them, for tests.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, ClientContext, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::{BorrowedMessage, Header, Headers as _, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext},
    types::RDKafkaErrorCode,
};

/// One that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    /// Empty for a tombstone.
    pub value: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub timestamp_ms: Option<i64>,
}

impl Record {
    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_slice())
    }
}

/// One to be sent.
#[derive(Clone, Debug, Default)]
pub struct NewRecord {
    /// Chosen by the key where there is none.
    pub partition: Option<i32>,
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
    /// Now where there is none.
    pub timestamp_ms: Option<i64>,
}

impl NewRecord {
    pub fn keyed(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self {
            key: Some(key.into()),
            value: value.into(),
            ..Self::default()
        }
    }
}

/// Longer than anything here takes, a broker's restart and the end of a transaction that was left open included.
const WAIT_MAX: Duration = Duration::from_secs(150);

/// The first delivery that failed.
#[derive(Default)]
struct Deliveries(Mutex<Option<String>>);

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            failed.get_or_insert_with(|| error.to_string());
        }
    }
}

/// Sends the records in order, each once, and waits until the brokers have all.
pub fn produce(client: &ClientConfig, topic: &str, records: impl IntoIterator<Item = NewRecord>) {
    let mut client = client.clone();
    client
        .set("enable.idempotence", "true")
        .set("linger.ms", "5");
    let producer: BaseProducer<Deliveries> = client
        .create_with_context(Deliveries::default())
        .expect("a producer");
    for record in records {
        send(&producer, topic, &record);
    }
    producer.flush(WAIT_MAX).expect("the brokers take all");
    let failed = producer.context().0.lock().expect("the failure").take();
    assert_eq!(failed, None, "a record was not taken");
}

fn send(producer: &BaseProducer<Deliveries>, topic: &str, record: &NewRecord) {
    let deadline = Instant::now() + WAIT_MAX;
    let mut message = BaseRecord::<[u8], [u8]>::to(topic).payload(&record.value);
    if let Some(key) = &record.key {
        message = message.key(key);
    }
    if let Some(partition) = record.partition {
        message = message.partition(partition);
    }
    if let Some(timestamp) = record.timestamp_ms {
        message = message.timestamp(timestamp);
    }
    if !record.headers.is_empty() {
        let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
        for (key, value) in &record.headers {
            let value = Some(value);
            headers = headers.insert(Header { key, value });
        }
        message = message.headers(headers);
    }
    while let Err((error, returned)) = producer.send(message) {
        let is_full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
        assert!(
            is_full && Instant::now() < deadline,
            "a record is not taken: {error}"
        );
        producer.poll(Duration::from_millis(10));
        message = returned;
    }
}

/// Every committed record that was in the topic when this was called, by partition and offset. Waits for transactions that are open.
pub fn read_committed(client: &ClientConfig, topic: &str) -> Vec<Record> {
    let deadline = Instant::now() + WAIT_MAX;
    let mut client = client.clone();
    client
        .set("group.id", "reader")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true");
    let ends = ends(&client, topic, "read_uncommitted");
    client.set("isolation.level", "read_committed");
    let consumer: BaseConsumer = client.create().expect("a consumer");
    let mut assignment = TopicPartitionList::new();
    for (partition, end) in &ends {
        while end_of(&consumer, topic, *partition) < Some(*end) {
            assert!(
                Instant::now() < deadline,
                "a transaction in {topic}/{partition} stays open"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        assignment
            .add_partition_offset(topic, *partition, Offset::Beginning)
            .expect("a partition");
    }
    consumer.assign(&assignment).expect("an assignment");
    let mut waiting: Vec<i32> = ends.iter().map(|(partition, _)| *partition).collect();
    let mut records = Vec::new();
    while !waiting.is_empty() {
        assert!(
            Instant::now() < deadline,
            "{topic}: partitions {waiting:?} were not read to their ends"
        );
        match consumer.poll(Duration::from_millis(500)) {
            None => {}
            Some(Ok(message)) => records.push(record(&message)),
            // The end as it is now, which is not before the one that was looked up.
            Some(Err(KafkaError::PartitionEOF(ended))) => waiting.retain(|p| *p != ended),
            // A broker that is away comes back, or else the deadline tells.
            Some(Err(_)) => {}
        }
    }
    let ends: HashMap<i32, i64> = ends.into_iter().collect();
    records.retain(|record: &Record| record.offset < ends[&record.partition]);
    records.sort_by_key(|record| (record.partition, record.offset));
    records
}

/// How many committed offsets of the topic this group has left behind it, over all partitions; none where it has committed nothing.
pub fn committed(client: &ClientConfig, group: &str, topic: &str) -> Option<i64> {
    let mut client = client.clone();
    client.set("group.id", group);
    let consumer: BaseConsumer = client.create().expect("a consumer");
    let mut partitions = TopicPartitionList::new();
    for partition in partitions_of(&consumer, topic) {
        partitions.add_partition(topic, partition);
    }
    let deadline = Instant::now() + WAIT_MAX;
    let committed = loop {
        match consumer.committed_offsets(partitions.clone(), WAIT_MAX) {
            Ok(committed) => break committed,
            // A coordinator that is about to be, or that moves.
            Err(error) => assert!(Instant::now() < deadline, "the group's offsets: {error}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let offsets = committed.elements();
    let offsets = offsets.iter().filter_map(|one| match one.offset() {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    });
    offsets.reduce(|a, b| a + b)
}

/// Partitions with their ends: the offset that the next record gets.
fn ends(client: &ClientConfig, topic: &str, isolation: &str) -> Vec<(i32, i64)> {
    let mut client = client.clone();
    client.set("isolation.level", isolation);
    let consumer: BaseConsumer = client.create().expect("a consumer");
    let partitions = partitions_of(&consumer, topic);
    let deadline = Instant::now() + WAIT_MAX;
    let end = |partition| loop {
        if let Some(end) = end_of(&consumer, topic, partition) {
            return (partition, end);
        }
        assert!(Instant::now() < deadline, "no end of {topic}/{partition}");
    };
    partitions.into_iter().map(end).collect()
}

/// None where the broker does not answer.
fn end_of(consumer: &BaseConsumer, topic: &str, partition: i32) -> Option<i64> {
    let marks = consumer.fetch_watermarks(topic, partition, Duration::from_secs(10));
    marks.ok().map(|(_, end)| end)
}

fn partitions_of(consumer: &BaseConsumer, topic: &str) -> Vec<i32> {
    let deadline = Instant::now() + WAIT_MAX;
    loop {
        if let Ok(known) = consumer.fetch_metadata(Some(topic), Duration::from_secs(10)) {
            let found = known.topics().first().map(|topic| topic.partitions());
            let found: Vec<i32> = found.unwrap_or_default().iter().map(|p| p.id()).collect();
            if !found.is_empty() {
                return found;
            }
        }
        assert!(Instant::now() < deadline, "no topic {topic}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn record(message: &BorrowedMessage<'_>) -> Record {
    let headers = message.headers().map(|headers| {
        let one = |header: Header<'_, &[u8]>| {
            let value = header.value.unwrap_or_default().to_vec();
            (header.key.to_owned(), value)
        };
        headers.iter().map(one).collect()
    });
    Record {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().unwrap_or_default().to_vec(),
        headers: headers.unwrap_or_default(),
        timestamp_ms: message.timestamp().to_millis(),
    }
}
