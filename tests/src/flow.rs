//! A topic that is filled while gateways read it, what they made of it, and whether that is everything exactly once.

mod destination;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rdkafka::ClientConfig;

pub use destination::Destination;

use crate::{
    checker::{self, Verdict},
    folder::Folder,
    payments::{self, Made},
    servers::{Kafka, records},
    streams,
};

/// Partitions of the topic that is read.
pub const PARTITIONS: i32 = 4;
/// Keys, so that each has its events in many transactions.
const CARDS: u64 = 60;
/// So many payments can be made for a flow.
const PAYMENTS_MAX: usize = 2_000_000;
const POLL: Duration = Duration::from_millis(100);

/// What gateways of a flow are told beyond the ends.
#[derive(Clone, Copy)]
pub struct Pace {
    /// Scoring threads.
    pub workers: usize,
    /// A member that is silent for so long is put out of its group.
    pub session_ms: u32,
    /// A transaction that is left open is ended after so long.
    pub transaction_ms: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            workers: 1,
            session_ms: 2_000,
            transaction_ms: 5_000,
        }
    }
}

/// See the module.
pub struct Flow {
    client: ClientConfig,
    brokers: String,
    /// The topic that gateways read.
    pub input: String,
    /// Their group.
    pub group: String,
    pub destination: Destination,
    pace: Pace,
    feed: Mutex<Feed>,
}

/// What is still to be sent, and how much was.
struct Feed {
    payments: Box<dyn Iterator<Item = Made> + Send>,
    sent: i64,
}

impl Flow {
    /// From a fresh topic of `kafka` to `destination`; the payments are the same for the same seed.
    pub fn new(kafka: &Kafka, destination: Destination, seed: u64, pace: Pace) -> Self {
        let input = kafka.fresh_topic("payments", PARTITIONS);
        Self::over(
            kafka.client(),
            kafka.brokers(),
            input,
            destination,
            seed,
            pace,
        )
    }

    /// From a topic of a server of any sort.
    pub fn over(
        client: ClientConfig,
        brokers: &str,
        input: String,
        destination: Destination,
        seed: u64,
        pace: Pace,
    ) -> Self {
        Self {
            client,
            brokers: brokers.to_owned(),
            group: format!("{input}-readers"),
            input,
            destination,
            pace,
            feed: Mutex::new(Feed {
                payments: Box::new(payments::made(seed, PAYMENTS_MAX, CARDS)),
                sent: 0,
            }),
        }
    }

    /// A folder for a gateway of that name.
    pub fn folder(&self, name: &str) -> Arc<Folder> {
        let folder = streams::folder(&self.config(name));
        self.destination.is_in(&folder);
        Arc::new(folder)
    }

    /// The configuration of a gateway of that name, but for the listeners.
    pub fn config(&self, name: &str) -> String {
        let Pace {
            workers,
            session_ms,
            transaction_ms,
        } = self.pace;
        let session = session_ms.to_string();
        let heartbeat = (session_ms / 6).to_string();
        let source = streams::kafka_source(&self.brokers, &self.input, &self.group, "exactly-once");
        let source_settings = streams::librdkafka(&[
            ("session.timeout.ms", &session),
            ("heartbeat.interval.ms", &heartbeat),
        ]);
        let ends = self.destination.config(&self.brokers, transaction_ms);
        let pipeline = streams::with_workers(workers);
        format!("name = \"{name}\"\n{pipeline}{source}{source_settings}{ends}")
    }

    /// Sends so many records more.
    pub fn send(&self, count: usize) {
        let mut feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        let next: Vec<_> = feed.payments.by_ref().take(count).collect();
        assert_eq!(next.len(), count, "there are no more payments");
        records::produce(&self.client, &self.input, next.iter().map(Made::record));
        feed.sent += count as i64;
    }

    /// How many records were sent.
    pub fn sent(&self) -> i64 {
        self.feed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .sent
    }

    /// How many records the gateways have left behind them, as the place tells that is kept with the outcomes.
    pub fn place(&self) -> i64 {
        self.destination
            .place(&self.client, &self.group, &self.input)
    }

    /// Waits until all that was sent was left behind.
    #[track_caller]
    pub fn wait_until_done(&self, wait_max: Duration) {
        let (sent, deadline) = (self.sent(), Instant::now() + wait_max);
        loop {
            let place = self.place();
            if place >= sent {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "only {place} of {sent} records were dealt with in {wait_max:?}"
            );
            std::thread::sleep(POLL);
        }
    }

    /// Compares the topic with what came out of it. Nothing may be under way.
    pub fn verdict(&self) -> Verdict {
        let sent = records::read_committed(&self.client, &self.input);
        let sent = checker::sources(&self.input, &sent);
        self.destination.verdict(&self.client, &self.input, sent)
    }
}
