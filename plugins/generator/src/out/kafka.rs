//! To a topic, keyed: the events of one sender stay in order.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use generator::Sample;
use rdkafka::ClientConfig;
use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

const FLUSH_MAX: Duration = Duration::from_secs(60);
const FULL_PAUSE: Duration = Duration::from_millis(5);
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// An idempotent producer.
pub struct Kafka {
    producer: ThreadedProducer<Deliveries>,
    topic: String,
}

/// Counts what the cluster did not take, and says it once.
#[derive(Default)]
struct Deliveries {
    lost: AtomicU64,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, message)) = result
            && self.lost.fetch_add(1, Ordering::Relaxed) == 0
        {
            eprintln!("generate: not delivered to {}: {error}", message.topic());
        }
    }
}

impl Kafka {
    pub fn open(brokers: &str, topic: String) -> anyhow::Result<Self> {
        let producer: ThreadedProducer<Deliveries> = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            .set("compression.type", "lz4")
            .create_with_context(Deliveries::default())
            .context("Kafka's client could not be made")?;
        // A broker that is not there is told at once, not when the last event times out.
        let metadata = producer.client().fetch_metadata(Some(&topic), CONNECT_MAX);
        let metadata = metadata.with_context(|| format!("no Kafka broker answers at {brokers}"))?;
        let known = metadata
            .topics()
            .iter()
            .any(|t| t.name() == topic && t.error().is_none());
        anyhow::ensure!(
            known,
            "the topic `{topic}` does not exist at {brokers}; create it first"
        );
        Ok(Self { producer, topic })
    }

    pub fn send(&mut self, sample: &Sample) -> anyhow::Result<()> {
        let mut record = BaseRecord::to(&self.topic)
            .key(&sample.key)
            .payload(&sample.event);
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), unsent)) => {
                    record = unsent;
                    std::thread::sleep(FULL_PAUSE);
                }
                Err((error, _)) => {
                    return Err(error).context("Kafka's client does not take the event");
                }
            }
        }
    }

    pub fn finish(self) -> anyhow::Result<()> {
        let flushed = self.producer.flush(FLUSH_MAX);
        flushed.context("not every event was delivered within a minute")?;
        let lost = self.producer.context().lost.load(Ordering::Relaxed);
        anyhow::ensure!(lost == 0, "{lost} events were not delivered");
        Ok(())
    }
}
