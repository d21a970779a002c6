//! Membership in a consumer group, shared by the source that reads and, where delivery is exactly once, the sink that commits its offsets.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use arc_swap::ArcSwap;
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    config::FromClientConfigAndContext,
    consumer::{BaseConsumer, Consumer as _, ConsumerGroupMetadata},
};

use super::{
    Change, KafkaFailure, Reasons, View, client,
    member::{Consumer, Member, Shared, lock},
};
use crate::{config, health::Health, lane::Lane};

/// The longest that a broker is asked for committed offsets.
const COMMITTED_MAX: Duration = Duration::from_secs(5);

/// A consumer as a member of its group: shared by the source that reads and, where delivery is exactly once, the sink that commits its
/// offsets in transactions.
pub struct Group {
    name: String,
    client: config::KafkaClient,
    settings: ClientConfig,
    consumer: ArcSwap<Consumer>,
    shared: Arc<Shared>,
    health: Health,
}

impl Group {
    /// Makes the client; nothing is read yet. `server` is this gateway's name.
    ///
    /// # Errors
    /// A setting that librdkafka does not take.
    pub fn new(
        source: &config::KafkaSource,
        server: &str,
        health: Health,
    ) -> Result<Self, KafkaFailure> {
        let settings = settings(source, server);
        let shared = Arc::new(Shared {
            topic: source.topic.clone(),
            gate: Mutex::default(),
            lanes: Mutex::default(),
            changes: Mutex::default(),
            view: Mutex::default(),
            commits: AtomicBool::new(source.delivery == config::Guarantee::AtLeastOnce),
            asked: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            commit_failure: Mutex::default(),
            reasons: Reasons::default(),
        });
        let consumer = consumer(&source.client, &settings, &shared)?;
        Ok(Self {
            name: source.group.clone(),
            client: source.client.clone(),
            settings,
            consumer: ArcSwap::from_pointee(consumer),
            shared,
            health,
        })
    }

    /// What librdkafka itself says about the settings, without a connection.
    pub fn check(source: &config::KafkaSource, server: &str) -> Result<(), KafkaFailure> {
        let mut settings = settings(source, server);
        settings.remove("bootstrap.servers");
        let consumer: Result<BaseConsumer<Reasons>, _> =
            settings.create_with_context(Reasons::default());
        consumer
            .map(drop)
            .map_err(|error| client::not_made(&source.client, &error))
    }

    /// The group's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn topic(&self) -> &str {
        &self.shared.topic
    }

    /// `host:port`, separated by commas.
    pub fn brokers(&self) -> &str {
        &self.client.brokers
    }

    /// Held from the look at the lanes to the end of the transaction that carries their offsets: until it is let go, no partition of the group can
    /// be anybody else's with this member's consent.
    pub fn gate(&self) -> MutexGuard<'_, ()> {
        lock(&self.shared.gate)
    }

    /// Who this member is at the moment, for `send_offsets_to_transaction`; to be asked for inside of the gate, after the lanes were seen to be
    /// open. None where its partitions are lost.
    pub fn metadata(&self) -> Option<ConsumerGroupMetadata> {
        let consumer = self.consumer.load();
        let metadata = consumer.group_metadata()?;
        // In this order: the member's id is emptied, which no broker would fence, together with the mark that partitions are lost.
        (!consumer.assignment_lost()).then_some(metadata)
    }

    /// What the group has committed of each lane's partition, once no transaction is open on it; none where nothing ever was. Blocks its thread for 5 s at most.
    ///
    /// # Errors
    /// The coordinator does not answer, or refuses.
    pub fn committed(&self, lanes: &[&Arc<Lane>]) -> Result<Vec<Option<i64>>, KafkaFailure> {
        let partitions: Vec<_> = lanes.iter().map(|lane| lane.partition).collect();
        self.committed_of(&partitions)
    }

    /// [`Self::committed`] of partitions.
    pub fn committed_of(&self, partitions: &[i32]) -> Result<Vec<Option<i64>>, KafkaFailure> {
        let topic = &self.shared.topic;
        let failed = |cause: String| {
            let name = &self.name;
            let brokers = &self.client.brokers;
            KafkaFailure(self.shared.reasons.explain(format!(
                "cannot read what group `{name}` committed of topic `{topic}` from the brokers {brokers}: {cause}"
            )))
        };
        let mut asked = TopicPartitionList::new();
        for partition in partitions {
            asked.add_partition(topic, *partition);
        }
        let consumer = self.consumer.load_full();
        let told = consumer
            .committed_offsets(asked, COMMITTED_MAX)
            .map_err(|error| failed(client::cause(&error)))?;
        let committed = partitions.iter().map(|partition| {
            let element = told
                .find_partition(topic, *partition)
                .ok_or_else(|| failed(format!("no answer for partition {partition}")))?;
            element
                .error()
                .map_err(|error| failed(client::cause(&error)))?;
            match element.offset() {
                Offset::Offset(offset) => Ok(Some(offset)),
                _ => Ok(None),
            }
        });
        committed.collect()
    }

    /// librdkafka's last complaint about this group's consumer.
    pub fn reasons(&self) -> &Reasons {
        &self.shared.reasons
    }

    /// Readiness tells what this says.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// The member, until it is rebuilt.
    pub fn consumer(&self) -> Arc<Consumer> {
        self.consumer.load_full()
    }

    /// Offsets are to be committed by themselves, even though delivery is exactly once: what is true stands in a database.
    pub fn commit_for_show(&self) {
        self.shared.commits.store(true, Ordering::Relaxed);
    }

    /// Whether offsets are committed by themselves.
    pub fn commits(&self) -> bool {
        self.shared.commits.load(Ordering::Relaxed)
    }

    /// A lane of a partition that is this member's: it is closed when the partition goes.
    pub fn open(&self, lane: Arc<Lane>) {
        let mut lanes = lock(&self.shared.lanes);
        lanes.retain(|known| known.partition != lane.partition);
        lanes.push(lane);
    }

    /// What came or went since it was asked for last.
    pub fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut lock(&self.shared.changes))
    }

    /// What librdkafka knew of the cluster a moment ago; none if nothing new.
    pub fn take_view(&self) -> Option<View> {
        lock(&self.shared.view).take()
    }

    /// Commits that were answered so far, and why the last was refused.
    pub fn commits_answered(&self) -> (u64, Option<String>) {
        let answered = self.shared.answered.load(Ordering::Acquire);
        (answered, lock(&self.shared.commit_failure).clone())
    }

    /// Commits that were asked for and not answered yet.
    pub fn commits_open(&self) -> u64 {
        let asked = self.shared.asked.load(Ordering::Acquire);
        asked.saturating_sub(self.shared.answered.load(Ordering::Acquire))
    }

    /// Asks for a commit of where these lanes stand. The answer comes while polling.
    ///
    /// # Errors
    /// librdkafka does not take the request.
    pub fn commit<'l>(
        &self,
        marks: impl IntoIterator<Item = (&'l Arc<Lane>, i64)>,
    ) -> Result<(), KafkaFailure> {
        self.shared
            .commit(&self.consumer.load(), marks)
            .map_err(|error| KafkaFailure(client::cause(&error)))
    }

    /// A new member in the place of one that met a fatal error.
    ///
    /// # Errors
    /// No client can be made; the old one stays.
    pub fn rebuild(&self) -> Result<(), KafkaFailure> {
        self.shared.close_lanes(None);
        let new = consumer(&self.client, &self.settings, &self.shared)?;
        let old = self.consumer.swap(Arc::new(new));
        old.context().retired.store(true, Ordering::Release);
        self.take_changes();
        retire(old);
        Ok(())
    }
}

impl Drop for Group {
    /// A sink may be the last to let go of it, on a thread that must not wait for brokers.
    fn drop(&mut self) {
        retire(self.consumer.load_full());
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("name", &self.name)
            .field("client", &self.client)
            .field("topic", &self.shared.topic)
            .finish_non_exhaustive()
    }
}

fn settings(source: &config::KafkaSource, server: &str) -> ClientConfig {
    let defaults = [
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("auto.offset.reset", "earliest"),
        // What librdkafka has read ahead, and what one answer of a broker may hold: it stays in memory while one record of it does.
        ("queued.max.messages.kbytes", "16384"),
        // Once so much is read ahead, it fetches on so soon after some of it was taken; a second, as librdkafka has it, would empty what is read ahead.
        ("fetch.queue.backoff.ms", "5"),
        ("fetch.max.bytes", "8388608"),
        ("message.max.bytes", "8388608"),
        // A topic or a partition that appears later is found within so long.
        ("topic.metadata.refresh.interval.ms", "5000"),
        ("isolation.level", "read_committed"),
    ];
    let mut fixed = vec![
        ("group.id", &*source.group),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        // Lag and readiness are read from them.
        ("statistics.interval.ms", "1000"),
    ];
    if source.delivery == config::Guarantee::ExactlyOnce {
        fixed.push(("isolation.level", "read_committed"));
    }
    client::settings(&source.client, server, &defaults, &fixed)
}

fn consumer(
    client: &config::KafkaClient,
    settings: &ClientConfig,
    shared: &Arc<Shared>,
) -> Result<Consumer, KafkaFailure> {
    let member = Member {
        shared: shared.clone(),
        retired: AtomicBool::new(false),
    };
    BaseConsumer::from_config_and_context(settings, member)
        .map_err(|error| client::not_made(client, &error))
}

/// Destroys a consumer once no record of it is held any more, on a thread that may wait for that.
fn retire(mut consumer: Arc<Consumer>) {
    thread::spawn(move || {
        while Arc::get_mut(&mut consumer).is_none() {
            thread::sleep(Duration::from_millis(100));
        }
    });
}
