//! Records to one topic, at least once: all that is sent is waited for, and only what can never be taken is given up.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rdkafka::types::RDKafkaErrorCode as Code;

use super::{failure, record::Rows};
use crate::{
    config::KafkaTopic,
    kafka::{Failed, Producer, Unsent, Use},
    sink::error::{RefusedRow, SinkError},
};

/// How often a full queue is looked at.
const FULL_PAUSE: Duration = Duration::from_millis(2);
/// Records between two moments for other tasks of the thread.
const YIELD_EVERY_ROWS: usize = 256;
/// What brokers may take to tell of a topic that took no records.
const PROBE_MAX: Duration = Duration::from_secs(2);

/// What is sent before its reports are waited for, at first: all of it must be acknowledged within `message.timeout.ms`.
const CHUNK_MAX_BYTES: usize = 8 << 20;

/// See the module.
#[derive(Debug)]
pub struct Courier {
    topic: KafkaTopic,
    pipeline: String,
    producer: Mutex<Arc<Producer>>,
    /// What is sent before its reports are waited for. A broker that finds a batch too large does not say which of its records is: ever
    /// fewer are then sent together, until one is alone.
    chunk_max_bytes: AtomicUsize,
}

/// Rows that were sent together.
struct Chunk {
    /// The row after them.
    end: usize,
    sent: usize,
    bytes: usize,
    failed: Vec<Failed>,
}

impl Courier {
    pub fn open(topic: &KafkaTopic, pipeline: &str) -> Result<Self, SinkError> {
        Ok(Self {
            topic: topic.clone(),
            pipeline: pipeline.to_owned(),
            producer: Mutex::new(make(topic, pipeline)?),
            chunk_max_bytes: AtomicUsize::new(CHUNK_MAX_BYTES),
        })
    }

    /// Returns once the topic's brokers acknowledged every row.
    pub async fn deliver(&self, rows: Rows<'_>) -> Result<(), SinkError> {
        let producer = self.producer()?;
        let mut refused = Vec::new();
        let mut next = 0;
        while next < rows.len() {
            let judged = match self.send(&producer, rows, next, &mut refused).await {
                Ok(chunk) => self.judge(&chunk, &mut refused),
                Err(code) => Err(code),
            };
            next = match judged {
                Ok(next) => next,
                Err(code) => return Err(self.trouble(producer, code).await),
            };
        }
        producer.works();
        if refused.is_empty() {
            return Ok(());
        }
        let topic = format!("topic `{}`", self.topic.topic);
        Err(failure::rows(&self.pipeline, &topic, refused))
    }

    /// Sends rows from `first` on, as many as may go together, and waits for their reports.
    async fn send(
        &self,
        producer: &Producer,
        rows: Rows<'_>,
        first: usize,
        refused: &mut Vec<RefusedRow>,
    ) -> Result<Chunk, Code> {
        let chunk_max_bytes = self.chunk_max_bytes.load(Ordering::Relaxed);
        let topic = &*self.topic.topic;
        let call = producer.open_call();
        let mut buffer = Vec::new();
        let (mut row, mut sent, mut bytes) = (first, 0, 0_usize);
        // The whole queue is free for this row: if it is not enough, it never will be.
        let mut has_room = false;
        while row < rows.len() {
            if refused.iter().any(|refused| refused.row == row) {
                row += 1;
                continue;
            }
            let record = rows.record(row, &self.pipeline, &mut buffer);
            let record_bytes = record.bytes();
            if sent > 0 && bytes.saturating_add(record_bytes) > chunk_max_bytes {
                break;
            }
            match producer.send(&call, row, topic, record) {
                Ok(()) => (sent, bytes) = (sent + 1, bytes + record_bytes),
                Err((Unsent::Full, _)) if !has_room => {
                    has_room = producer.is_idle();
                    if !has_room {
                        tokio::time::sleep(FULL_PAUSE).await;
                    }
                    continue;
                }
                Err((Unsent::Full | Unsent::TooLarge, _)) => {
                    refused.push(failure::too_large(row, topic));
                }
                Err((Unsent::Failed(code), _)) => return Err(code),
            }
            has_room = false;
            row += 1;
            if row % YIELD_EVERY_ROWS == 0 {
                tokio::task::yield_now().await;
            }
        }
        let failed = call.finish().await;
        Ok(Chunk {
            end: row,
            sent,
            bytes,
            failed,
        })
    }

    /// Which row is next after a chunk. Rows of a key stay in their order: what comes after a row that must be sent again is sent again too.
    fn judge(&self, chunk: &Chunk, refused: &mut Vec<RefusedRow>) -> Result<usize, Code> {
        let topic = &*self.topic.topic;
        let mut next = chunk.end;
        for &Failed { row, code } in &chunk.failed {
            match code {
                Code::MessageSizeTooLarge if chunk.sent == 1 => {
                    refused.push(failure::too_large(row, topic));
                }
                Code::MessageSizeTooLarge => {
                    self.chunk_max_bytes
                        .fetch_min(chunk.bytes / 4, Ordering::Relaxed);
                    next = next.min(row);
                }
                // The broker names the guilty ones of a batch, librdkafka the others.
                Code::InvalidRecord | Code::InvalidTimestamp => {
                    refused.push(failure::invalid(row, topic, code));
                }
                Code::InvalidDifferentRecord => next = next.min(row),
                code => return Err(code),
            }
        }
        Ok(next)
    }

    /// What the operator reads of a failure that is worth another try.
    async fn trouble(&self, producer: Arc<Producer>, code: Code) -> SinkError {
        let KafkaTopic { topic, client } = &self.topic;
        let took_none = format!(
            "topic `{topic}` at {} took no records: {code}",
            client.brokers
        );
        let detail = if producer.complains() {
            producer.explain(&took_none)
        } else {
            let probed = topic.clone();
            let probe = move || producer.trouble(&probed, PROBE_MAX);
            let trouble = tokio::task::spawn_blocking(probe).await;
            trouble.ok().flatten().unwrap_or(took_none)
        };
        failure::temporary(&self.pipeline, detail)
    }

    /// The client; another one where librdkafka declared the last one dead.
    fn producer(&self) -> Result<Arc<Producer>, SinkError> {
        let mut producer = self.producer.lock().unwrap_or_else(PoisonError::into_inner);
        if producer.is_broken() {
            *producer = make(&self.topic, &self.pipeline)?;
        }
        Ok(producer.clone())
    }

    /// Lets go of the client, which waits for its thread's end.
    pub async fn close(self) {
        tokio::task::spawn_blocking(move || drop(self)).await.ok();
    }
}

fn make(topic: &KafkaTopic, pipeline: &str) -> Result<Arc<Producer>, SinkError> {
    Producer::new(&topic.client, pipeline, Use::AtLeastOnce)
        .map(Arc::new)
        .map_err(|error| failure::permanent(pipeline, error.to_string()))
}
