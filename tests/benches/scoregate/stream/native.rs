//! The bound of a stream: a Rust program with rdkafka that does the same natively, or that only copies. At least once: offsets are committed
//! every second, after all that was produced before has been delivered.

use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use bytes::Bytes;
use rdkafka::{
    ClientConfig, Message as _,
    consumer::{BaseConsumer, CommitMode, Consumer as _},
    error::RDKafkaErrorCode,
    message::{BorrowedMessage, Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer as _},
};
use scoregate::{
    event::{Event, Origin, Outcome, Releases, Scored},
    record,
    release::{Digest, ReleaseName},
};

use crate::native::Native;

/// As the gateway's default.
const BATCH: usize = 64;
const COMMIT_EVERY: Duration = Duration::from_secs(1);
const FLUSH_MAX: Duration = Duration::from_secs(30);

struct Program {
    producer: BaseProducer,
    output: String,
    native: Native,
    releases: Arc<Releases>,
    /// The digests as headers have them.
    names: [String; 2],
    value: Vec<u8>,
}

/// `brokers input output group copy|score`, until it is killed.
pub fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let [brokers, input, output, group, work] = args else {
        anyhow::bail!("five arguments, not {args:?}");
    };
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        // As the gateway: with the default of a second, what was read ahead runs dry.
        .set("fetch.queue.backoff.ms", "5")
        .create()?;
    let releases = Releases {
        adapter: ReleaseName::new("payments", Digest::of(b"native payments")),
        model: ReleaseName::new("fraud", Digest::of(b"native fraud")),
    };
    let mut program = Program {
        producer: ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("enable.idempotence", "true")
            .set("linger.ms", "1")
            .set("batch.num.messages", "10000")
            .set("compression.type", "lz4")
            .create()?,
        output: output.clone(),
        native: Native::new()?,
        names: [releases.adapter.to_string(), releases.model.to_string()],
        releases: Arc::new(releases),
        value: Vec::new(),
    };
    consumer.subscribe(&[input])?;
    let mut committed = Instant::now();
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        let mut wait = Duration::from_millis(100);
        while let Some(message) = consumer.poll(wait) {
            batch.push(message?);
            wait = Duration::ZERO;
            if batch.len() == BATCH {
                break;
            }
        }
        match work.as_str() {
            "copy" => program.copy(&batch)?,
            _ => program.score(&batch)?,
        }
        drop(batch);
        program.producer.poll(Duration::ZERO);
        if committed.elapsed() > COMMIT_EVERY {
            program.producer.flush(FLUSH_MAX)?;
            match consumer.commit_consumer_state(CommitMode::Async) {
                Err(error) if error.rdkafka_error_code() != Some(RDKafkaErrorCode::NoOffset) => {
                    return Err(error.into());
                }
                _ => committed = Instant::now(),
            }
        }
    }
}

impl Program {
    fn copy(&self, batch: &[BorrowedMessage<'_>]) -> anyhow::Result<()> {
        for message in batch {
            let mut record = BaseRecord::<[u8], [u8]>::to(&self.output)
                .payload(message.payload().unwrap_or_default())
                .key(message.key().unwrap_or_default());
            if let Some(timestamp) = message.timestamp().to_millis() {
                record = record.timestamp(timestamp);
            }
            self.send(record)?;
        }
        Ok(())
    }

    fn score(&mut self, batch: &[BorrowedMessage<'_>]) -> anyhow::Result<()> {
        let payloads: Vec<&[u8]> = batch
            .iter()
            .map(|m| m.payload().unwrap_or_default())
            .collect();
        let scored_at_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as u64;
        for (message, outcome) in batch.iter().zip(self.native.score(&payloads)) {
            let outcome = outcome
                .map_err(anyhow::Error::msg)
                .context("a payment was rejected")?;
            let timestamp_ms = message.timestamp().to_millis().unwrap_or_default();
            let (topic, partition, offset) =
                (message.topic(), message.partition(), message.offset());
            let scored = Scored {
                event: Event {
                    id: format!("{topic}/{partition}/{offset}"),
                    key: None,
                    payload: Bytes::new(),
                    timestamp_ms: timestamp_ms as u64,
                    headers: Vec::new(),
                    origin: Origin::Http,
                },
                outcome: Outcome {
                    score: outcome.score,
                    decision: outcome.decision,
                    payload: outcome.payload,
                    route: outcome.route,
                },
                releases: self.releases.clone(),
                scored_at_ms,
            };
            self.value.clear();
            record::write_json(&mut self.value, &scored);
            let [adapter, model] = &self.names;
            let mut headers = OwnedHeaders::new_with_capacity(4);
            for (key, value) in [
                ("scoregate-event-id", &scored.event.id),
                ("scoregate-pipeline", &"fraud".to_owned()),
                ("scoregate-adapter", adapter),
                ("scoregate-model", model),
            ] {
                let value = Some(value);
                headers = headers.insert(Header { key, value });
            }
            let record = BaseRecord::<[u8], [u8]>::to(&self.output)
                .payload(&self.value)
                .key(message.key().unwrap_or_default())
                .timestamp(timestamp_ms)
                .headers(headers);
            self.send(record)?;
        }
        Ok(())
    }

    /// Waits where librdkafka's queue is full.
    fn send(&self, mut record: BaseRecord<'_, [u8], [u8]>) -> anyhow::Result<()> {
        while let Err((error, back)) = self.producer.send(record) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(error.into());
            }
            self.producer.poll(Duration::from_millis(1));
            record = back;
        }
        Ok(())
    }
}
