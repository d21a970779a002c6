//! The metrics of one stream.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabel {
    pipeline: Arc<str>,
    source: &'static str,
    /// A topic, a table, or a file's path.
    stream: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartitionLabel {
    pipeline: Arc<str>,
    source: &'static str,
    stream: Arc<str>,
    partition: i32,
}

pub(super) struct Families {
    read: Family<SourceLabel, Counter>,
    errors: Family<SourceLabel, Counter>,
    rebalances: Family<SourceLabel, Counter>,
    lag: Family<PartitionLabel, Gauge>,
}

impl Families {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let families = Self {
            read: Family::default(),
            errors: Family::default(),
            rebalances: Family::default(),
            lag: Family::default(),
        };
        registry.register(
            "source_events",
            "Events that were read from a stream, each as often as it was",
            families.read.clone(),
        );
        registry.register(
            "source_errors",
            "Failures of a stream's server or file that were met while reading or acknowledging",
            families.errors.clone(),
        );
        registry.register(
            "source_rebalances",
            "Times that partitions were given to this gateway or taken from it",
            families.rebalances.clone(),
        );
        registry.register(
            "source_lag",
            "What of a partition is not dealt with yet: records of a topic, rows of a table, bytes of a file",
            families.lag.clone(),
        );
        families
    }

    pub(super) fn resolve(
        &self,
        pipeline: &str,
        source: &'static str,
        stream: &str,
    ) -> SourceMetrics {
        let label = SourceLabel {
            pipeline: pipeline.into(),
            source,
            stream: stream.into(),
        };
        SourceMetrics {
            read: self.read.get_or_create_owned(&label),
            errors: self.errors.get_or_create_owned(&label),
            rebalances: self.rebalances.get_or_create_owned(&label),
            lag: self.lag.clone(),
            lags: Arc::default(),
            label,
        }
    }
}

/// Handles of one stream's metrics; a clone counts into the same.
#[derive(Clone)]
pub struct SourceMetrics {
    label: SourceLabel,
    read: Counter,
    errors: Counter,
    rebalances: Counter,
    lag: Family<PartitionLabel, Gauge>,
    /// The same to be read back.
    lags: Arc<Mutex<BTreeMap<i32, i64>>>,
}

impl SourceMetrics {
    /// Events were read.
    pub fn read(&self, events: u64) {
        self.read.inc_by(events);
    }

    /// Reading or acknowledging failed.
    pub fn error(&self) {
        self.errors.inc();
    }

    /// Partitions came or went.
    pub fn rebalance(&self) {
        self.rebalances.inc();
    }

    /// What of a partition is not dealt with yet; 0 is the partition of a stream that has none.
    pub fn lag(&self, partition: i32, lag: i64) {
        self.lag.get_or_create(&self.partition(partition)).set(lag);
        self.known().insert(partition, lag);
    }

    /// The partition is somebody else's.
    pub fn forget(&self, partition: i32) {
        self.lag.remove(&self.partition(partition));
        self.known().remove(&partition);
    }

    /// What of each partition is not dealt with yet: for the operators' status.
    pub fn lags(&self) -> BTreeMap<i32, i64> {
        self.known().clone()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<i32, i64>> {
        self.lags.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was counted so far: for the operators' status.
    pub fn events(&self) -> u64 {
        self.read.get()
    }

    fn partition(&self, partition: i32) -> PartitionLabel {
        PartitionLabel {
            pipeline: self.label.pipeline.clone(),
            source: self.label.source,
            stream: self.label.stream.clone(),
            partition,
        }
    }
}
