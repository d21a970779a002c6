//! What librdkafka knows of the cluster, from its statistics: asking for it costs no round trip and blocks nobody.

use std::collections::BTreeMap;

use rdkafka::Statistics;

/// One moment of one consumer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// A connection to any broker is up.
    pub broker_up: bool,
    /// The group's coordinator answers.
    pub coordinator_up: bool,
    /// Of the topic, those that are this member's.
    pub partitions: BTreeMap<i32, PartitionView>,
}

/// Offsets of one partition; none while they are not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionView {
    /// The end of what can be read.
    pub end: Option<i64>,
    /// What is fetched next.
    pub next: Option<i64>,
    /// What the group has committed.
    pub committed: Option<i64>,
    /// Records that were fetched and not handed out.
    pub fetched_events: i64,
    /// The brokers have told who leads it.
    pub has_leader: bool,
}

impl View {
    pub(super) fn of(statistics: &Statistics, topic: &str) -> Self {
        let partitions = statistics.topics.get(topic).map(|topic| {
            let own = topic.partitions.values();
            own.filter(|partition| partition.partition >= 0 && partition.desired)
                .map(|partition| {
                    let known = |offset: i64| (offset >= 0).then_some(offset);
                    let view = PartitionView {
                        end: known(partition.ls_offset).or(known(partition.hi_offset)),
                        next: known(partition.next_offset),
                        committed: known(partition.committed_offset),
                        fetched_events: partition.fetchq_cnt,
                        has_leader: partition.leader >= 0,
                    };
                    (partition.partition, view)
                })
                .collect()
        });
        Self {
            broker_up: statistics
                .brokers
                .values()
                .any(|broker| broker.state == "UP"),
            coordinator_up: statistics
                .cgrp
                .as_ref()
                .is_some_and(|group| group.state == "up"),
            partitions: partitions.unwrap_or_default(),
        }
    }
}

impl View {
    /// The first partition that nobody leads: nothing of it can be read.
    pub fn without_leader(&self) -> Option<i32> {
        let mut partitions = self.partitions.iter();
        let found = partitions.find(|(_, partition)| !partition.has_leader);
        found.map(|(number, _)| *number)
    }
}

impl PartitionView {
    /// Records that are not dealt with yet. `watermark` is where the lane stands; `idle` where nothing of it is on its way, so that only
    /// what librdkafka holds or has not fetched is left: the marks of transactions, which nobody is ever given, are then not counted.
    pub fn lag(&self, watermark: Option<i64>, idle: bool) -> Option<i64> {
        let end = self.end?;
        let at = if idle && self.fetched_events == 0 {
            self.next.max(watermark).or(self.committed)
        } else {
            watermark.or(self.committed).or(self.next)
        };
        Some((end - at?).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: PartitionView = PartitionView {
        end: Some(100),
        next: Some(100),
        committed: Some(40),
        fetched_events: 20,
        has_leader: true,
    };

    #[test]
    fn lag_counts_what_is_not_dealt_with() {
        assert_eq!(VIEW.lag(Some(60), false), Some(40));
        assert_eq!(VIEW.lag(None, true), Some(60));
        assert_eq!(PartitionView::default().lag(Some(60), false), None);
    }

    #[test]
    fn a_partition_of_ours_that_nobody_leads_is_told() {
        let partition = |number: i32, leader: i32, desired: bool| {
            let partition = rdkafka::statistics::Partition {
                partition: number,
                leader,
                desired,
                ..Default::default()
            };
            (number, partition)
        };
        let view = |partitions: &[(i32, rdkafka::statistics::Partition)]| {
            let topic = rdkafka::statistics::Topic {
                partitions: partitions.iter().cloned().collect(),
                ..Default::default()
            };
            let statistics = Statistics {
                topics: [("payments".to_owned(), topic)].into(),
                ..Statistics::default()
            };
            View::of(&statistics, "payments")
        };
        let led = [partition(0, 1, true), partition(1, -1, false)];
        assert_eq!(view(&led).without_leader(), None);
        let left = [partition(0, 1, true), partition(1, -1, true)];
        assert_eq!(view(&left).without_leader(), Some(1));
    }

    #[test]
    fn the_marks_of_transactions_at_the_end_are_no_lag() {
        let read = PartitionView {
            fetched_events: 0,
            ..VIEW
        };
        assert_eq!(read.lag(Some(99), true), Some(0));
        assert_eq!(read.lag(Some(99), false), Some(1));
    }
}
