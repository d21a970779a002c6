//! Dead letters in a topic, read back by an operator's command: a partition at a time, beside whoever writes them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext},
    error::KafkaError,
    message::{BorrowedMessage, Headers as _, Message as _},
};

use super::{KafkaFailure, Reasons, client};
use crate::{config::KafkaTopic, event::Header};

/// How long brokers may take for one answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// What one reading holds in memory.
const PAGE_MAX_BYTES: usize = 32 << 20;

/// A record of the topic.
#[derive(Clone, Debug)]
pub struct Kept {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Vec<Header>,
    /// In milliseconds since the Unix epoch.
    pub timestamp_ms: u64,
}

/// A topic of dead letters. All of it blocks.
pub struct LetterTopic {
    consumer: BaseConsumer<Reasons>,
    topic: String,
    brokers: String,
}

impl ConsumerContext for Reasons {}

impl LetterTopic {
    /// Makes the client. `group` keeps how far letters were sent again; nobody ever joins it.
    pub fn new(topic: &KafkaTopic, group: &str) -> Result<Self, KafkaFailure> {
        let fixed = [
            ("group.id", group),
            ("enable.auto.commit", "false"),
            ("enable.partition.eof", "true"),
            ("isolation.level", "read_committed"),
            ("auto.offset.reset", "error"),
        ];
        let settings = client::settings(&topic.client, group, &[], &fixed);
        let consumer = settings
            .create_with_context(Reasons::default())
            .map_err(|error| client::not_made(&topic.client, &error))?;
        Ok(Self {
            consumer,
            topic: topic.topic.clone(),
            brokers: topic.client.brokers.clone(),
        })
    }

    /// The topic's partitions with the offsets of their first record and after their last one.
    pub fn partitions(&self) -> Result<Vec<(i32, i64, i64)>, KafkaFailure> {
        let metadata = self
            .consumer
            .fetch_metadata(Some(&self.topic), ANSWER_MAX)
            .map_err(|error| self.failed(&error))?;
        let topic = metadata.topics().first();
        let partitions: Vec<i32> = topic.map_or(Vec::new(), |topic| {
            topic.partitions().iter().map(|one| one.id()).collect()
        });
        if partitions.is_empty() {
            let (topic, brokers) = (&self.topic, &self.brokers);
            return Err(KafkaFailure(format!(
                "topic `{topic}` does not exist at {brokers}"
            )));
        }
        let ends = |partition| {
            let (first, end) =
                self.consumer
                    .fetch_watermarks(&self.topic, partition, ANSWER_MAX)?;
            Ok((partition, first, end))
        };
        let ends: Result<_, _> = partitions.into_iter().map(ends).collect();
        ends.map_err(|error| self.failed(&error))
    }

    /// How far the partition's letters were sent again; none where none ever was.
    pub fn committed(&self, partition: i32) -> Result<Option<i64>, KafkaFailure> {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.topic, partition);
        let list = self.consumer.committed_offsets(list, ANSWER_MAX);
        let list = list.map_err(|error| self.failed(&error))?;
        Ok(list
            .elements()
            .first()
            .and_then(|element| match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            }))
    }

    /// All letters of the partition before `next` were sent again.
    pub fn commit(&self, partition: i32, next: i64) -> Result<(), KafkaFailure> {
        let list = self.place(partition, next)?;
        self.consumer
            .commit(&list, CommitMode::Sync)
            .map_err(|error| self.failed(&error))
    }

    /// The next records of a partition from `from` on and before `end`, at most `max`, and where to read on: `end` where there are no more.
    pub fn read(
        &self,
        partition: i32,
        from: i64,
        end: i64,
        max: usize,
    ) -> Result<(Vec<Kept>, i64), KafkaFailure> {
        let (mut records, mut next, mut bytes) = (Vec::new(), from, 0);
        if from >= end {
            return Ok((records, end));
        }
        self.consumer
            .assign(&self.place(partition, from)?)
            .map_err(|error| self.failed(&error))?;
        let mut heard = Instant::now();
        while next < end && records.len() < max && bytes < PAGE_MAX_BYTES {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) if message.offset() >= end => return Ok((records, end)),
                Some(Ok(message)) => {
                    heard = Instant::now();
                    next = message.offset() + 1;
                    bytes += message.payload_len() + message.key_len();
                    records.push(kept(&message));
                }
                // What is left are marks of transactions.
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok((records, end)),
                Some(Err(error)) if heard.elapsed() >= ANSWER_MAX => {
                    return Err(self.failed(&error));
                }
                None if heard.elapsed() >= ANSWER_MAX => {
                    let text = format!(
                        "topic `{}` at {} gave no record for {} s",
                        self.topic,
                        self.brokers,
                        ANSWER_MAX.as_secs()
                    );
                    return Err(KafkaFailure(self.consumer.context().explain(text)));
                }
                Some(Err(_)) | None => {}
            }
        }
        Ok((records, next))
    }

    fn place(&self, partition: i32, offset: i64) -> Result<TopicPartitionList, KafkaFailure> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, partition, Offset::Offset(offset))
            .map_err(|error| self.failed(&error))?;
        Ok(list)
    }

    fn failed(&self, error: &KafkaError) -> KafkaFailure {
        let text = format!(
            "topic `{}` at {}: {}",
            self.topic,
            self.brokers,
            client::cause(error)
        );
        KafkaFailure(self.consumer.context().explain(text))
    }
}

fn kept(message: &BorrowedMessage<'_>) -> Kept {
    let headers = message.headers().map_or(Vec::new(), |headers| {
        let own = |header: rdkafka::message::Header<'_, &[u8]>| Header {
            name: header.key.to_owned(),
            value: header.value.map(Bytes::copy_from_slice),
        };
        headers.iter().map(own).collect()
    });
    Kept {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(Bytes::copy_from_slice),
        value: message.payload().map(Bytes::copy_from_slice),
        headers,
        timestamp_ms: message.timestamp().to_millis().unwrap_or(0).max(0) as u64,
    }
}
