//! The thread that polls.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{TopicPartitionList, consumer::Consumer as _, error::KafkaError};
use tokio::runtime::Handle;

use super::{
    KafkaSource,
    claims::Claims,
    partitions::{Partition, Partitions, State},
    record::Record,
    standstill::Standstill,
    upkeep::Upkeep,
    watch::Watch,
};
use crate::{
    failpoint,
    kafka::{Change, Consumer, client},
    lane::{Lane, Load},
    limits::STREAM_IN_FLIGHT_MAX_BYTES,
    pipeline::{Job, Pipeline},
    source::Stop,
};

/// Records between reading and the pipeline's queue.
const READ_MAX_EVENTS: usize = 512;
/// The longest that it waits for a record, or for room in the queue: in between it looks after everything else.
const WAIT_MAX: Duration = Duration::from_millis(100);
/// A pipeline that has no room for so long is waited for with partitions paused: callbacks must be served, and what librdkafka has read ahead
/// of a paused partition it may have to read again.
const STALL_MAX: Duration = Duration::from_secs(1);
const PAUSED_POLL: Duration = Duration::from_millis(10);
const NO_ROOM_PAUSE: Duration = Duration::from_millis(2);

/// See the module.
pub struct Reader {
    pub(super) source: KafkaSource,
    pipeline: Arc<Pipeline>,
    pub(super) consumer: Arc<Consumer>,
    load: Arc<Load>,
    pub(super) partitions: Partitions,
    /// Read, and not yet in the pipeline's queue.
    pub(super) jobs: VecDeque<Job>,
    pub(super) claims: Option<Claims>,
    pub(super) watch: Watch,
    pub(super) paused: bool,
    stalled: Option<Instant>,
    pub(super) standstill: Standstill,
    /// The consumer met a fatal error, or brings nothing: a new one is needed.
    pub(super) fatal: bool,
    pub(super) upkeep: Upkeep,
}

impl Reader {
    pub fn new(source: KafkaSource, pipeline: Arc<Pipeline>, runtime: Handle) -> Self {
        let ledger = source.ledger.clone();
        let claims = ledger.map(|ledger| Claims::new(ledger, source.stream.clone(), runtime));
        Self {
            consumer: source.group.consumer(),
            watch: Watch::new(source.health.clone(), &source.group),
            upkeep: Upkeep::new(source.group.commits_answered().0),
            load: Arc::default(),
            partitions: Partitions::new(),
            jobs: VecDeque::with_capacity(READ_MAX_EVENTS),
            claims,
            paused: false,
            stalled: None,
            standstill: Standstill::new(),
            fatal: false,
            source,
            pipeline,
        }
    }

    pub fn run(mut self, stop: &Stop) {
        self.subscribe();
        while !stop.reading.is_cancelled() {
            self.read();
            self.hand_over();
            self.look_after();
        }
        self.pause();
        while !stop.delivering.is_cancelled() {
            self.read();
            // What the pipeline still takes it will deliver; what it does not stays here, so that its lane stays open.
            self.pipeline.offer(&mut self.jobs, Duration::ZERO);
            self.look_after();
        }
        self.leave();
    }

    pub(super) fn subscribe(&mut self) {
        if let Err(error) = self.consumer.subscribe(&[&self.source.stream.name]) {
            self.failed(&error);
        }
    }

    /// Takes what is ready, while there is room.
    fn read(&mut self) {
        if self.is_full() && !self.paused {
            if self.jobs.is_empty() {
                std::thread::sleep(NO_ROOM_PAUSE);
            }
            return;
        }
        let mut wait = match (self.paused, self.jobs.is_empty()) {
            (true, _) => PAUSED_POLL,
            (false, true) => WAIT_MAX,
            (false, false) => Duration::ZERO,
        };
        let before = self.jobs.len();
        while let Some(polled) = Record::poll(&self.consumer, wait) {
            match polled {
                Ok(record) => self.take(record),
                Err(error) => self.failed(&error),
            }
            if self.is_full() || self.fatal {
                break;
            }
            wait = Duration::ZERO;
        }
        let count = self.jobs.len() - before;
        if count > 0 {
            self.source.metrics.read(count as u64);
            self.watch.reads();
        }
        self.follow_changes();
    }

    pub(super) fn is_full(&self) -> bool {
        self.jobs.len() >= READ_MAX_EVENTS || self.load.bytes() >= STREAM_IN_FLIGHT_MAX_BYTES
    }

    fn take(&mut self, record: Record) {
        let number = record.partition();
        let Some(partition) = self.partitions.get_mut(&number) else {
            return;
        };
        let (stream, load) = (&self.source.stream, &self.load);
        let group = &self.source.group;
        let lane = partition.admit(record.offset(), |start, epoch| {
            let lane = Lane::new(stream.clone(), number, start, epoch, load.clone());
            group.open(lane.clone());
            lane
        });
        if let Some(lane) = lane {
            self.jobs.push_back(record.into_job(lane, &self.pipeline));
        }
    }

    fn failed(&mut self, error: &KafkaError) {
        if matches!(error, KafkaError::PartitionEOF(_)) {
            return;
        }
        self.source.metrics.error();
        let topic = &self.source.stream.name;
        let cause = client::cause(error);
        let told = self.source.group.reasons().explain(cause);
        tracing::warn!(topic, "reading failed: {told}");
        self.fatal |= self.watch.failed(&self.source.group, error);
    }

    /// Gives the pipeline what it has room for.
    fn hand_over(&mut self) {
        let waits = !self.jobs.is_empty();
        if waits && self.pipeline.offer(&mut self.jobs, WAIT_MAX) {
            failpoint::at("stream.batch-taken");
            self.stalled = None;
        } else if !waits && !self.is_full() {
            self.stalled = None;
        } else {
            let since = *self.stalled.get_or_insert_with(Instant::now);
            if since.elapsed() > STALL_MAX && !self.paused {
                self.pause();
            }
        }
        if self.paused && self.jobs.is_empty() && !self.is_full() {
            self.paused = false;
            self.each_partition(|consumer, list| consumer.resume(list));
        }
    }

    fn pause(&mut self) {
        self.paused = true;
        self.each_partition(|consumer, list| consumer.pause(list));
    }

    /// Of those partitions that are not paused for a reason of their own.
    fn each_partition(
        &self,
        act: impl FnOnce(&Consumer, &TopicPartitionList) -> Result<(), KafkaError>,
    ) {
        let mut list = TopicPartitionList::new();
        for (number, partition) in &self.partitions {
            if !matches!(partition.state, State::Claiming { .. }) {
                list.add_partition(&self.source.stream.name, *number);
            }
        }
        if let Err(error) = act(&self.consumer, &list) {
            tracing::warn!(topic = self.source.stream.name, "{error}");
        }
    }

    /// What the callbacks told.
    fn follow_changes(&mut self) {
        for change in self.source.group.take_changes() {
            self.source.metrics.rebalance();
            match change {
                Change::Assigned(numbers) if numbers.is_empty() => self.watch.joined(),
                Change::Assigned(numbers) => {
                    for number in numbers {
                        self.assigned(number);
                    }
                    self.watch.reads();
                }
                Change::Revoked(numbers) => {
                    for number in numbers {
                        self.partitions.remove(&number);
                        self.source.metrics.forget(number);
                    }
                    self.drop_closed();
                }
            }
        }
    }

    fn assigned(&mut self, number: i32) {
        let state = match &self.claims {
            Some(claims) => State::Claiming {
                _asking: claims.ask(number),
            },
            None => State::Ready {
                epoch: 0,
                from: None,
            },
        };
        if self.paused || self.claims.is_some() {
            self.one(number, |consumer, list| consumer.pause(list));
        }
        self.partitions.insert(number, Partition::new(state));
    }

    pub(super) fn one(
        &self,
        number: i32,
        act: impl FnOnce(&Consumer, &TopicPartitionList) -> Result<(), KafkaError>,
    ) {
        let mut list = TopicPartitionList::new();
        list.add_partition(&self.source.stream.name, number);
        if let Err(error) = act(&self.consumer, &list) {
            tracing::warn!(topic = self.source.stream.name, number, "{error}");
        }
    }

    /// Events of closed lanes are not worth scoring.
    pub(super) fn drop_closed(&mut self) {
        self.jobs.retain(|job| {
            let position = job.event.position();
            position.is_some_and(|position| position.lane.is_open())
        });
    }
}
