//! A client that produces. Its own thread takes the delivery reports; nobody else's waits inside librdkafka.

mod reports;
mod transaction;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::KafkaError,
    message::{DeliveryResult, OwnedHeaders},
    producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer},
    types::RDKafkaErrorCode,
};
pub use reports::{Call, Failed};
pub use transaction::Trouble;

use super::{KafkaFailure, Reasons, client};
use crate::config::KafkaClient;

/// The gateway's own choice, which the user's settings override.
const SETTINGS: [(&str, &str); 6] = [
    // A key's records go where the clients of the Java world would put them.
    ("partitioner", "murmur2_random"),
    // A call waits for its records: what waits for company waits with it.
    ("linger.ms", "1"),
    ("batch.num.messages", "10000"),
    ("compression.type", "lz4"),
    // What an outcome may be; the topic's own limit decides.
    ("message.max.bytes", "33554432"),
    ("queue.buffering.max.kbytes", "65536"),
];
/// A call learns within it that the brokers are away, and its caller tries again.
const MESSAGE_TIMEOUT: (&str, &str) = ("message.timeout.ms", "3000");
/// For so long a gateway that is frozen in a transaction holds others back, and readers of its topics.
const TRANSACTION_TIMEOUT: (&str, &str) = ("transaction.timeout.ms", "15000");

/// What a producer is for.
#[derive(Clone, Copy, Debug)]
pub enum Use<'u> {
    AtLeastOnce,
    Transactions { id: &'u str },
}

/// See the module.
pub struct Producer {
    native: ThreadedProducer<Context>,
    reports: Arc<reports::Reports>,
    brokers: String,
}

/// A record on its way to a topic.
pub struct Record<'r> {
    pub key: Option<&'r [u8]>,
    /// None is a record without a value, which is not the same as an empty one.
    pub value: Option<&'r [u8]>,
    pub headers: OwnedHeaders,
    /// In milliseconds since the Unix epoch.
    pub timestamp_ms: u64,
}

/// Why a record was not even queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// Too much is on its way; there is room once some of it was reported.
    Full,
    /// It is larger than what this client sends.
    TooLarge,
    Failed(RDKafkaErrorCode),
}

struct Context {
    reasons: Reasons,
    reports: Arc<reports::Reports>,
    /// A topic was forbidden: this client sends nothing more to it, even after it was allowed.
    was_forbidden: AtomicBool,
}

impl Context {
    fn note(&self, code: RDKafkaErrorCode) {
        if code == RDKafkaErrorCode::TopicAuthorizationFailed {
            self.was_forbidden.store(true, Ordering::Relaxed);
        }
    }
}

impl Record<'_> {
    /// About what it takes in a batch: headers of the gateway's own are of much the same size everywhere.
    pub fn bytes(&self) -> usize {
        let (key, value) = (self.key, self.value);
        key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + Self::HEADERS_BYTES
    }

    pub const HEADERS_BYTES: usize = 512;
}

impl Producer {
    /// Makes the client, known to brokers as `name`. It connects by itself, now or later.
    ///
    /// # Errors
    /// A setting that librdkafka does not take.
    pub fn new(client: &KafkaClient, name: &str, purpose: Use<'_>) -> Result<Self, KafkaFailure> {
        Self::make(client, name, purpose, true)
    }

    /// What librdkafka itself says about the settings, without a connection.
    pub fn check(client: &KafkaClient, purpose: Use<'_>) -> Result<(), KafkaFailure> {
        Self::make(client, "scoregate", purpose, false).map(drop)
    }

    fn make(
        client: &KafkaClient,
        name: &str,
        purpose: Use<'_>,
        connects: bool,
    ) -> Result<Self, KafkaFailure> {
        let mut defaults = SETTINGS.to_vec();
        let mut fixed = vec![("enable.idempotence", "true")];
        match purpose {
            Use::AtLeastOnce => defaults.push(MESSAGE_TIMEOUT),
            Use::Transactions { id } => {
                defaults.push(TRANSACTION_TIMEOUT);
                fixed.push(("transactional.id", id));
            }
        }
        let mut config = client::settings(client, name, &defaults, &fixed);
        if !connects {
            config.remove("bootstrap.servers");
            config.remove("metadata.broker.list");
        }
        let reports = Arc::<reports::Reports>::default();
        let context = Context {
            reasons: Reasons::default(),
            reports: reports.clone(),
            was_forbidden: AtomicBool::new(false),
        };
        let native = config
            .create_with_context(context)
            .map_err(|error| client::not_made(client, &error))?;
        Ok(Self {
            native,
            reports,
            brokers: client.brokers.clone(),
        })
    }

    /// A call for records that are waited for together.
    pub fn open_call(&self) -> Call {
        self.reports.open()
    }

    /// Queues a record as row `row` of `call`. One that is not queued gives its headers back.
    pub fn send(
        &self,
        call: &Call,
        row: usize,
        topic: &str,
        record: Record<'_>,
    ) -> Result<(), (Unsent, OwnedHeaders)> {
        self.send_to(call, row, topic, None, record)
    }

    /// [`Self::send`] into a partition; none for that of the record's key.
    pub fn send_to(
        &self,
        call: &Call,
        row: usize,
        topic: &str,
        partition: Option<i32>,
        record: Record<'_>,
    ) -> Result<(), (Unsent, OwnedHeaders)> {
        let native = BaseRecord::<[u8], [u8], _> {
            topic,
            partition,
            payload: record.value,
            key: record.key,
            timestamp: i64::try_from(record.timestamp_ms).ok(),
            headers: Some(record.headers),
            delivery_opaque: call.tag(row),
        };
        self.native.send(native).map_err(|(error, native)| {
            call.untag();
            let unsent = match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::QueueFull) => Unsent::Full,
                Some(RDKafkaErrorCode::MessageSizeTooLarge) => Unsent::TooLarge,
                code => {
                    let code = code.unwrap_or(RDKafkaErrorCode::Fail);
                    self.native.context().note(code);
                    Unsent::Failed(code)
                }
            };
            (unsent, native.headers.unwrap_or_default())
        })
    }

    /// Whether every record was reported.
    pub fn is_idle(&self) -> bool {
        self.native.in_flight_count() == 0
    }

    /// Whether this client can do nothing any more, so that another must be made.
    pub fn is_broken(&self) -> bool {
        let was_forbidden = &self.native.context().was_forbidden;
        was_forbidden.load(Ordering::Relaxed) || self.native.client().fatal_error().is_some()
    }

    /// Why a topic takes no records, as far as brokers tell within `wait_max`. It blocks.
    pub fn trouble(&self, topic: &str, wait_max: Duration) -> Option<String> {
        let metadata = match self.native.client().fetch_metadata(Some(topic), wait_max) {
            Ok(metadata) => metadata,
            Err(_) => return Some(self.unreachable()),
        };
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let error = found.map(|found| found.error());
        match error {
            Some(None) => None,
            Some(Some(error))
                if RDKafkaErrorCode::from(error) == RDKafkaErrorCode::UnknownTopicOrPartition =>
            {
                Some(format!(
                    "topic `{topic}` does not exist at {}",
                    self.brokers
                ))
            }
            Some(Some(error)) => Some(format!(
                "topic `{topic}` at {}: {}",
                self.brokers,
                RDKafkaErrorCode::from(error)
            )),
            None => Some(format!("{} tell nothing of topic `{topic}`", self.brokers)),
        }
    }

    /// All is well: what was complained of before explains no later failure.
    pub fn works(&self) {
        self.native.context().reasons.clear();
    }

    /// Whether brokers cannot be used, as librdkafka has complained a moment ago.
    pub fn complains(&self) -> bool {
        self.native.context().reasons.last().is_some()
    }

    /// A failure's text with librdkafka's last complaint behind it.
    pub fn explain(&self, failure: &str) -> String {
        self.native.context().reasons.explain(failure)
    }

    /// No broker answers, and why as far as that is known.
    pub fn unreachable(&self) -> String {
        let brokers = &self.brokers;
        match self.native.context().reasons.last() {
            Some(reason) => format!("no broker of {brokers} can be used: {reason}"),
            None => format!("no broker of {brokers} answers"),
        }
    }
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer")
            .field("brokers", &self.brokers)
            .finish_non_exhaustive()
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.reasons.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.reasons.error(error, reason);
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, tag: usize) {
        let failure = result
            .as_ref()
            .err()
            .map(|(error, _)| error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail));
        if let Some(code) = failure {
            self.note(code);
        }
        self.reports.report(tag, failure);
    }
}
