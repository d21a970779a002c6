//! A topic as a reader of committed records finds it: a partition at a time, from any place to what was its end, beside whoever writes it.

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

/// Reads a topic. All of it blocks.
pub struct TopicReader {
    consumer: BaseConsumer<Reasons>,
    topic: String,
    brokers: String,
}

impl ConsumerContext for Reasons {}

impl TopicReader {
    /// Makes the client. `group` is where [`Self::commit`] keeps a place; nobody ever joins it.
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

    /// The place that was committed last; none where none ever was.
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

    /// Keeps a place in the partition: all before `next` was dealt with.
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
        let (mut records, mut bytes) = (Vec::new(), 0);
        let next = self.walk(partition, from, end, |message| {
            bytes += message.payload_len() + message.key_len();
            records.push(kept(message));
            records.len() < max && bytes < PAGE_MAX_BYTES
        })?;
        Ok((records, next))
    }

    /// Calls `each` with the value of every record that is there now, partition by partition in its order.
    pub fn read_all(&self, mut each: impl FnMut(&[u8])) -> Result<(), KafkaFailure> {
        for (partition, first, end) in self.partitions()? {
            self.walk(partition, first, end, |message| {
                each(message.payload().unwrap_or_default());
                true
            })?;
        }
        Ok(())
    }

    /// Calls `each` with the records from `from` on and before `end` until it says `false`; where to read on.
    fn walk(
        &self,
        partition: i32,
        from: i64,
        end: i64,
        mut each: impl FnMut(&BorrowedMessage<'_>) -> bool,
    ) -> Result<i64, KafkaFailure> {
        if from >= end {
            return Ok(end);
        }
        self.consumer
            .assign(&self.place(partition, from)?)
            .map_err(|error| self.failed(&error))?;
        let (mut next, mut heard) = (from, Instant::now());
        while next < end {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) if message.offset() >= end => return Ok(end),
                Some(Ok(message)) => {
                    heard = Instant::now();
                    next = message.offset() + 1;
                    if !each(&message) {
                        break;
                    }
                }
                // What is left are marks of transactions.
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(end),
                Some(Err(error)) if heard.elapsed() >= ANSWER_MAX => {
                    return Err(self.failed(&error));
                }
                None if heard.elapsed() >= ANSWER_MAX => return Err(self.silent()),
                Some(Err(_)) | None => {}
            }
        }
        Ok(next)
    }

    fn place(&self, partition: i32, offset: i64) -> Result<TopicPartitionList, KafkaFailure> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, partition, Offset::Offset(offset))
            .map_err(|error| self.failed(&error))?;
        Ok(list)
    }

    fn silent(&self) -> KafkaFailure {
        let text = format!(
            "topic `{}` at {} gave no record for {} s",
            self.topic,
            self.brokers,
            ANSWER_MAX.as_secs()
        );
        KafkaFailure(self.consumer.context().explain(text))
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
