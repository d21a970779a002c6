//! Dead letters in a topic, as they are read back.
//!
//! A topic cannot mark a record. How far its letters were sent again stands in the committed offsets of the consumer group
//! `scoregate.dead-letters.{pipeline}`: what lies before is taken for sent, and single letters are sent again by their id as often as is asked.

use std::{collections::BTreeMap, str, sync::Arc};

use super::{Filter, Letter, Order};
use crate::{
    config::KafkaTopic,
    dead_letter::{Cause, header},
    event::Header,
    kafka::{KafkaFailure, Kept, TopicReader},
    sink::error::{Failure, SinkError},
};

/// Records that are read at once.
const PAGE_MAX_RECORDS: usize = 500;

/// See the module.
pub struct TopicLetters {
    pipeline: String,
    topic: Arc<TopicReader>,
}

impl TopicLetters {
    pub fn open(config: &KafkaTopic, pipeline: &str) -> Result<Self, SinkError> {
        let group = format!("scoregate.dead-letters.{pipeline}");
        let topic = TopicReader::new(config, &group).map_err(|error| failed(error, pipeline))?;
        Ok(Self {
            pipeline: pipeline.into(),
            topic: Arc::new(topic),
        })
    }

    /// The letters asked for, and how many there are of each cause, their place and the limit aside.
    pub async fn list(
        &self,
        filter: &Filter,
    ) -> Result<(Vec<Letter>, Vec<(Cause, u64)>), SinkError> {
        let filter = filter.clone();
        self.blocking(move |topic| {
            let mut taken = BTreeMap::new();
            let mut counts = Cause::ALL.map(|cause| (cause, 0));
            for (partition, first, end) in topic.partitions()? {
                let sent = topic.committed(partition)?.unwrap_or(first);
                let mut from = if filter.open { sent.max(first) } else { first };
                while from < end {
                    let (records, next) = topic.read(partition, from, end, PAGE_MAX_RECORDS)?;
                    from = next;
                    for letter in records.into_iter().filter_map(letter) {
                        take(letter, &filter, &mut taken, &mut counts);
                    }
                }
            }
            let letters = taken.into_values();
            let letters = match filter.order {
                Order::OldestFirst => letters.collect(),
                Order::NewestFirst => letters.rev().collect(),
            };
            let counts = counts.into_iter().filter(|(_, count)| *count > 0);
            Ok((letters, counts.collect()))
        })
        .await
    }

    /// The letter at `partition/offset`.
    pub async fn get(&self, id: &str) -> Result<Option<Letter>, SinkError> {
        let Some((wanted, offset)) = place(id) else {
            return Ok(None);
        };
        let pipeline = self.pipeline.clone();
        self.blocking(move |topic| {
            let partitions = topic.partitions()?;
            let found = partitions.into_iter().find(|(partition, first, end)| {
                *partition == wanted && (*first..*end).contains(&offset)
            });
            let Some((partition, _, end)) = found else {
                return Ok(None);
            };
            let (records, _) = topic.read(partition, offset, end, 1)?;
            let record = records.into_iter().find(|record| record.offset == offset);
            Ok(record
                .and_then(letter)
                .filter(|letter| letter.pipeline == pipeline))
        })
        .await
    }

    /// The next letters of the partition that were not sent again, in their order, where to read on, and after which the partition ends.
    pub async fn partitions(&self) -> Result<Vec<(i32, i64, i64)>, SinkError> {
        self.blocking(|topic| {
            let open = |(partition, first, end): (i32, i64, i64)| {
                let sent = topic.committed(partition)?.unwrap_or(first);
                Ok((partition, sent.max(first), end))
            };
            topic.partitions()?.into_iter().map(open).collect()
        })
        .await
    }

    /// Letters of a partition from an offset on, and where to read on. Records that are no letters of the pipeline are passed over.
    pub async fn read(
        &self,
        partition: i32,
        from: i64,
        end: i64,
    ) -> Result<(Vec<Letter>, i64), SinkError> {
        let pipeline = self.pipeline.clone();
        self.blocking(move |topic| {
            let (records, next) = topic.read(partition, from, end, PAGE_MAX_RECORDS)?;
            let letters = records.into_iter().filter_map(letter);
            let ours = letters.filter(|letter| letter.pipeline == pipeline);
            Ok((ours.collect(), next))
        })
        .await
    }

    /// All letters of the partition before `next` were sent again.
    pub async fn commit(&self, partition: i32, next: i64) -> Result<(), SinkError> {
        self.blocking(move |topic| topic.commit(partition, next))
            .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&TopicReader) -> Result<T, KafkaFailure> + Send + 'static,
    ) -> Result<T, SinkError> {
        let topic = self.topic.clone();
        let done = match tokio::task::spawn_blocking(move || work(&topic)).await {
            Ok(done) => done,
            Err(panic) => Err(KafkaFailure(panic.to_string())),
        };
        done.map_err(|error| failed(error, &self.pipeline))
    }
}

fn failed(error: KafkaFailure, pipeline: &str) -> SinkError {
    SinkError::Temporary(Failure {
        sink: super::super::kafka::KIND,
        pipeline: pipeline.into(),
        detail: error.to_string(),
    })
}

/// `partition/offset`.
pub fn place(id: &str) -> Option<(i32, i64)> {
    let (partition, offset) = id.split_once('/')?;
    Some((partition.parse().ok()?, offset.parse().ok()?))
}

fn take(
    letter: Letter,
    filter: &Filter,
    taken: &mut BTreeMap<(u64, String), Letter>,
    counts: &mut [(Cause, u64)],
) {
    if !filter.takes(&letter) {
        return;
    }
    if let Some(count) = counts.iter_mut().find(|(cause, _)| *cause == letter.fault) {
        count.1 += 1;
    }
    let place = (letter.dead_at_ms, letter.id.clone());
    taken.insert(place, letter);
    if taken.len() > filter.limit {
        match filter.order {
            Order::OldestFirst => taken.pop_last(),
            Order::NewestFirst => taken.pop_first(),
        };
    }
}

/// None where the record is no dead letter. The last headers are the letter's own: the event may have some of the same names.
fn letter(mut record: Kept) -> Option<Letter> {
    let mut own: Vec<Header> = Vec::new();
    while let Some(last) = record.headers.last() {
        let known = header::OWN.contains(&last.name.as_str());
        if !known || own.iter().any(|own| own.name == last.name) {
            break;
        }
        own.extend(record.headers.pop());
    }
    let text = |name: &str| {
        let found = own.iter().find(|header| header.name == name)?;
        String::from_utf8(found.value.as_ref()?.to_vec()).ok()
    };
    let dead_at_ms = text(header::DEAD_AT_MS).and_then(|text| text.parse().ok());
    Some(Letter {
        id: format!("{}/{}", record.partition, record.offset),
        event_id: text(header::EVENT_ID)?,
        pipeline: text(header::PIPELINE)?,
        key: record.key,
        payload: record.value,
        headers: record.headers,
        event_time_ms: record.timestamp_ms,
        error: text(header::ERROR)?,
        fault: Cause::from_name(&text(header::FAULT)?)?,
        origin: text(header::ORIGIN)?,
        adapter: text(header::ADAPTER)?,
        model: text(header::MODEL)?,
        dead_at_ms: dead_at_ms.unwrap_or(record.timestamp_ms),
        retried_at_ms: None,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn the_letters_own_headers_are_told_from_the_events() {
        let header = |name: &str, value: &str| Header {
            name: name.into(),
            value: Some(Bytes::from(value.to_owned())),
        };
        let of_the_event = vec![
            header("trace", "7"),
            header("scoregate-event-id", "of the pipeline before"),
        ];
        let own = header::OWN.map(|name| match name {
            header::FAULT => header(name, "trap"),
            header::DEAD_AT_MS => header(name, "99"),
            name => header(name, &format!("{name}'s")),
        });
        let record = Kept {
            partition: 3,
            offset: 1042,
            key: None,
            value: None,
            headers: of_the_event.iter().cloned().chain(own).collect(),
            timestamp_ms: 5,
        };
        let read = letter(record.clone()).unwrap();
        assert_eq!(read.headers, of_the_event);
        assert_eq!(read.event_id, "scoregate-event-id's");
        assert_eq!((read.id.as_str(), read.dead_at_ms), ("3/1042", 99));
        let no_letter = Kept {
            headers: of_the_event,
            ..record
        };
        assert_eq!(letter(no_letter), None);
    }
}
