//! Sends an event back into the topic that it came from.

use std::time::Duration;

use rdkafka::message::{Header, OwnedHeaders};

use super::{KafkaFailure, Producer, Record, Use};
use crate::{config::KafkaClient, event};

/// What brokers may take to tell why a topic took no record.
const PROBE_MAX: Duration = Duration::from_secs(5);

/// A client that waits for each record's acknowledgement.
#[derive(Debug)]
pub struct Resender {
    producer: Producer,
    topic: String,
}

/// An event as it was.
#[derive(Clone, Copy, Debug)]
pub struct Resent<'r> {
    /// The one that it was in: beside others of its key.
    pub partition: i32,
    pub key: Option<&'r [u8]>,
    pub value: Option<&'r [u8]>,
    pub headers: &'r [event::Header],
    pub timestamp_ms: u64,
}

impl Resender {
    pub fn new(client: &KafkaClient, topic: &str) -> Result<Self, KafkaFailure> {
        let producer = Producer::new(client, "scoregate-dead-letters", Use::AtLeastOnce)?;
        Ok(Self {
            producer,
            topic: topic.into(),
        })
    }

    /// On Ok the topic's brokers have acknowledged it.
    pub async fn send(&self, event: Resent<'_>) -> Result<(), KafkaFailure> {
        let mut headers = OwnedHeaders::new_with_capacity(event.headers.len());
        for header in event.headers {
            headers = headers.insert(Header {
                key: &header.name,
                value: header.value.as_deref(),
            });
        }
        let record = Record {
            key: event.key,
            value: event.value,
            headers,
            timestamp_ms: event.timestamp_ms,
        };
        let call = self.producer.open_call();
        let partition = Some(event.partition);
        let queued = self
            .producer
            .send_to(&call, 0, &self.topic, partition, record);
        let reason = match queued {
            Err((unsent, _)) => format!("{unsent:?}"),
            Ok(()) => match call.finish().await.first() {
                None => return Ok(()),
                Some(failed) => failed.code.to_string(),
            },
        };
        let trouble = tokio::task::block_in_place(|| self.producer.trouble(&self.topic, PROBE_MAX));
        Err(KafkaFailure(trouble.unwrap_or_else(|| {
            format!("topic `{}` took no record: {reason}", self.topic)
        })))
    }
}
