//! What the polling thread does between reading: commits, lanes that broke, partitions that are claimed, lag, and the end.

use std::time::{Duration, Instant};

use rdkafka::{Offset, TopicPartitionList, consumer::Consumer as _};

use super::{
    partitions::{Partition, State},
    reader::Reader,
    record::Record,
};
use crate::{config::Guarantee, failpoint, kafka::client};

/// How often lanes are looked after, and offsets committed.
const REPAIR_EVERY: Duration = Duration::from_millis(100);
const COMMIT_EVERY: Duration = Duration::from_secs(1);
const SEEK_MAX: Duration = Duration::from_secs(2);
/// The longest that the end waits for the last commit, and then for leaving the group.
const LAST_COMMIT_MAX: Duration = Duration::from_secs(5);
const LEAVE_MAX: Duration = Duration::from_secs(5);
const LEAVE_POLL: Duration = Duration::from_millis(20);

/// When what was done last.
pub struct Upkeep {
    repaired: Instant,
    committed: Instant,
    commits_answered: u64,
}

impl Upkeep {
    pub fn new(commits_answered: u64) -> Self {
        Self {
            repaired: Instant::now(),
            committed: Instant::now(),
            commits_answered,
        }
    }
}

impl Reader {
    pub(super) fn look_after(&mut self) {
        if self.upkeep.repaired.elapsed() >= REPAIR_EVERY {
            self.upkeep.repaired = Instant::now();
            if self.fatal {
                self.rebuild();
            }
            self.take_answers();
            self.repair();
        }
        if self.upkeep.committed.elapsed() >= COMMIT_EVERY {
            self.upkeep.committed = Instant::now();
            self.commit();
            self.watch.look(&self.source.group);
            self.look_for_standstill();
            self.tell_lag();
        }
    }

    fn look_for_standstill(&mut self) {
        let Some(view) = self
            .watch
            .view()
            .filter(|_| !self.paused && !self.is_full())
        else {
            return self.standstill.forget();
        };
        let standing = self.standstill.look(&self.partitions, view, Instant::now());
        if !standing.is_empty() {
            let topic = &self.source.stream.name;
            tracing::warn!(topic, partitions = ?standing, "there are more records, and none comes");
            self.source.metrics.error();
            self.fatal = true;
        }
    }

    /// A new consumer in the place of one that can do nothing any more.
    fn rebuild(&mut self) {
        let topic = &self.source.stream.name;
        tracing::warn!(
            topic,
            "the consumer is of no use any more and is built anew"
        );
        match self.source.group.rebuild() {
            Ok(()) => {
                for number in std::mem::take(&mut self.partitions).into_keys() {
                    self.source.metrics.forget(number);
                }
                self.fatal = false;
                self.drop_closed();
                self.consumer = self.source.group.consumer();
                self.subscribe();
            }
            Err(error) => self.source.health.fails(error.to_string()),
        }
    }

    /// What a database said of partitions.
    fn take_answers(&mut self) {
        let answers = self.claims.as_ref().map(|claims| claims.answers());
        for answer in answers.unwrap_or_default() {
            let number = answer.partition;
            let Some(partition) = self.partitions.get_mut(&number) else {
                continue;
            };
            if !matches!(partition.state, State::Claiming { .. }) {
                continue;
            }
            let claim = match answer.claim {
                Ok(claim) => claim,
                Err(error) => {
                    tracing::warn!(topic = self.source.stream.name, number, "{error}");
                    self.source.metrics.error();
                    self.watch.claiming =
                        Some(format!("partition {number} cannot be claimed: {error}"));
                    continue;
                }
            };
            self.watch.claiming = None;
            let epoch = claim.epoch;
            // Where nothing was ever delivered, the group's own place holds; what came of it already was left out.
            partition.state = match claim.next.or(partition.first) {
                Some(to) => State::Seeking { to, epoch },
                None => State::Ready { epoch, from: None },
            };
            if !self.paused {
                self.one(number, |consumer, list| consumer.resume(list));
            }
        }
    }

    /// Partitions that are ours and whose lanes are closed are read again from where the truth is.
    fn repair(&mut self) {
        let broken: Vec<i32> = self
            .partitions
            .iter()
            .filter(|(_, partition)| partition.is_broken())
            .map(|(number, _)| *number)
            .collect();
        if !broken.is_empty() {
            tracing::warn!(
                topic = self.source.stream.name,
                partitions = ?broken,
                "events were lost on their way and are read again"
            );
            self.drop_closed();
        }
        for number in broken {
            let state = match (&self.claims, self.source.guarantee) {
                (Some(claims), _) => {
                    self.one(number, |consumer, list| consumer.pause(list));
                    State::Claiming {
                        _asking: claims.ask(number),
                    }
                }
                (None, Guarantee::ExactlyOnce) => State::Locating,
                (None, Guarantee::AtLeastOnce) => {
                    let to = self.partitions[&number].watermark().unwrap_or_default();
                    State::Seeking { to, epoch: 0 }
                }
            };
            if let Some(partition) = self.partitions.get_mut(&number) {
                partition.state = state;
            }
        }
        self.locate();
        self.seek();
    }

    /// Asks for the committed offsets of partitions whose events went out in transactions.
    fn locate(&mut self) {
        let located = |partition: &Partition| matches!(partition.state, State::Locating);
        let numbers: Vec<i32> = self
            .partitions
            .iter()
            .filter(|(_, partition)| located(partition))
            .map(|(number, _)| *number)
            .collect();
        if numbers.is_empty() {
            return;
        }
        // Not before a transaction that holds events of them has come to its end.
        let committed = {
            let _gate = self.source.group.gate();
            self.source.group.committed_of(&numbers)
        };
        match committed {
            Ok(committed) => {
                for (number, committed) in numbers.iter().zip(committed) {
                    let Some(partition) = self.partitions.get_mut(number) else {
                        continue;
                    };
                    let to = committed.or(partition.first).unwrap_or_default();
                    partition.state = State::Seeking { to, epoch: 0 };
                }
            }
            Err(error) => {
                self.source.metrics.error();
                tracing::warn!(topic = self.source.stream.name, "{error}");
            }
        }
    }

    fn seek(&mut self) {
        let topic = &self.source.stream.name;
        for (number, partition) in &mut self.partitions {
            let State::Seeking { to, epoch } = partition.state else {
                continue;
            };
            let mut list = TopicPartitionList::new();
            let sought = list
                .add_partition_offset(topic, *number, Offset::Offset(to))
                .and_then(|()| self.consumer.seek_partitions(list, SEEK_MAX))
                .and_then(|told| match told.find_partition(topic, *number) {
                    Some(element) => element.error(),
                    None => Ok(()),
                });
            match sought {
                Ok(()) => {
                    let from = Some(to);
                    partition.state = State::Ready { epoch, from };
                }
                // A partition that was just assigned cannot be sought before librdkafka knows its place: once more in a moment.
                Err(error) => {
                    let cause = client::cause(&error);
                    tracing::debug!(topic, partition = number, "cannot seek yet: {cause}");
                }
            }
        }
    }

    /// Asks for a commit of what moved. The answer comes while polling.
    fn commit(&mut self) {
        if !self.source.group.commits() {
            return;
        }
        let (answered, failure) = self.source.group.commits_answered();
        if answered > self.upkeep.commits_answered {
            self.upkeep.commits_answered = answered;
            match failure {
                None => failpoint::at("stream.acknowledged"),
                Some(failure) => self.commit_failed(&failure),
            }
        }
        let moved = |partition: &Partition| {
            let (lane, next) = partition.mark()?;
            Some((lane.clone(), next))
        };
        let marks: Vec<_> = self.partitions.values().filter_map(moved).collect();
        if marks.is_empty() {
            return;
        }
        let asked = marks.iter().map(|(lane, next)| (lane, *next));
        match self.source.group.commit(asked) {
            Ok(()) => {
                for (lane, next) in &marks {
                    if let Some(partition) = self.partitions.get_mut(&lane.partition) {
                        partition.committed = *next;
                    }
                }
            }
            Err(error) => self.commit_failed(&error.to_string()),
        }
    }

    /// The next commit takes everything again.
    fn commit_failed(&mut self, failure: &str) {
        let topic = &self.source.stream.name;
        let told = self.source.group.reasons().explain(failure);
        tracing::warn!(topic, "offsets were not committed: {told}");
        self.source.metrics.error();
        for partition in self.partitions.values_mut() {
            partition.committed = i64::MIN;
        }
    }

    fn tell_lag(&self) {
        let Some(view) = self.watch.view() else {
            return;
        };
        for (number, partition) in &self.partitions {
            let lag = view.partitions.get(number).and_then(|known| {
                let idle = partition.is_idle() && self.jobs.is_empty();
                known.lag(partition.watermark(), idle)
            });
            if let Some(lag) = lag {
                self.source.metrics.lag(*number, lag);
            }
        }
    }

    /// The last commit, and good-bye to the group, so that others need not wait for a session's end.
    pub(super) fn leave(mut self) {
        self.commit();
        let asked = Instant::now();
        let acknowledges = self.source.group.commits_open() > 0;
        while self.source.group.commits_open() > 0 {
            if asked.elapsed() > LAST_COMMIT_MAX {
                let topic = &self.source.stream.name;
                tracing::warn!(topic, "the last offsets are committed too slowly to wait");
                break;
            }
            drop(Record::poll(&self.consumer, LEAVE_POLL));
        }
        if acknowledges && self.source.group.commits_open() == 0 {
            failpoint::at("stream.acknowledged");
        }
        self.jobs.clear();
        if let Err(error) = self.consumer.close_queue() {
            tracing::warn!(topic = self.source.stream.name, "{error}");
            return;
        }
        let leaving = Instant::now();
        while !self.consumer.closed() && leaving.elapsed() < LEAVE_MAX {
            drop(Record::poll(&self.consumer, LEAVE_POLL));
        }
    }
}
