//! The callbacks of a group's member. They run on the thread that polls, inside of the poll.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use rdkafka::{
    ClientContext, Offset, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance},
    error::{KafkaError, KafkaResult},
};

use super::{Reasons, View};
use crate::lane::Lane;

/// A group's member.
pub type Consumer = BaseConsumer<Member>;

/// Partitions that came or went, for the thread that polls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Assigned(Vec<i32>),
    Revoked(Vec<i32>),
}

/// What the member's callbacks and its group share; it outlives a consumer that is rebuilt.
#[derive(Debug)]
pub(super) struct Shared {
    pub topic: String,
    pub gate: Mutex<()>,
    /// Lanes of the partitions that are this member's, where any were read.
    pub lanes: Mutex<Vec<Arc<Lane>>>,
    pub changes: Mutex<Vec<Change>>,
    pub view: Mutex<Option<View>>,
    /// Offsets are committed by themselves, and not in a producer's transactions.
    pub commits: AtomicBool,
    pub asked: AtomicU64,
    /// Commits that were answered, well or not.
    pub answered: AtomicU64,
    pub commit_failure: Mutex<Option<String>>,
    pub reasons: Reasons,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Closes the lanes of these partitions, or all: from here on nothing of them is delivered. Waits for a delivery that is under way.
    pub fn close_lanes(&self, partitions: Option<&[i32]>) -> Vec<Arc<Lane>> {
        let _gate = lock(&self.gate);
        let mut lanes = lock(&self.lanes);
        let ours = |lane: &mut Arc<Lane>| {
            partitions.is_none_or(|partitions| partitions.contains(&lane.partition))
        };
        let closed: Vec<_> = lanes.extract_if(.., ours).collect();
        for lane in &closed {
            lane.close();
        }
        closed
    }

    /// Asks for a commit of where these lanes stand.
    pub fn commit<'l>(
        &self,
        consumer: &Consumer,
        marks: impl IntoIterator<Item = (&'l Arc<Lane>, i64)>,
    ) -> KafkaResult<()> {
        let mut offsets = TopicPartitionList::new();
        for (lane, next) in marks {
            offsets.add_partition_offset(&self.topic, lane.partition, Offset::Offset(next))?;
        }
        consumer.commit(&offsets, CommitMode::Async)?;
        self.asked.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    fn change(&self, change: Change) {
        lock(&self.changes).push(change);
    }
}

/// See the module.
pub struct Member {
    pub(super) shared: Arc<Shared>,
    /// Another consumer took its place: what comes and goes of its own is nobody's business any more.
    pub(super) retired: AtomicBool,
}

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.shared.reasons.log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.shared.reasons.error(error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        *lock(&self.shared.view) = Some(View::of(&statistics, &self.shared.topic));
    }
}

impl ConsumerContext for Member {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(revoked) = rebalance else {
            return;
        };
        if self.retired.load(Ordering::Acquire) {
            return;
        }
        let partitions = partitions(revoked);
        let lost = consumer.assignment_lost();
        let closed = self.shared.close_lanes(Some(&partitions));
        tracing::info!(
            topic = self.shared.topic,
            ?partitions,
            lost,
            "partitions went"
        );
        // librdkafka lets go of the partitions only after this commit is answered. Of what was lost it would be refused.
        if self.shared.commits.load(Ordering::Relaxed) && !lost && !closed.is_empty() {
            let marks = closed.iter().map(|lane| (lane, lane.watermark()));
            if let Err(error) = self.shared.commit(consumer, marks) {
                tracing::warn!(
                    topic = self.shared.topic,
                    "cannot commit at a revocation: {error}"
                );
            }
        }
        self.shared.change(Change::Revoked(partitions));
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(assigned) = rebalance {
            let partitions = partitions(assigned);
            tracing::info!(topic = self.shared.topic, ?partitions, "partitions came");
            self.shared.change(Change::Assigned(partitions));
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        *lock(&self.shared.commit_failure) = result.err().map(|error| super::client::cause(&error));
        self.shared.answered.fetch_add(1, Ordering::Release);
    }
}

fn partitions(list: &TopicPartitionList) -> Vec<i32> {
    list.elements()
        .iter()
        .map(|element| element.partition())
        .collect()
}
