//! One try of one transaction, from the look at the lanes to the commit or the abort. Each wait in it has an end.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rdkafka::{consumer::ConsumerGroupMetadata, types::RDKafkaErrorCode as Code};
use tokio::runtime::Handle;

use super::{Inner, State, parcel::Parcel};
use crate::{
    failpoint,
    kafka::{Call, Failed, Producer, Trouble, Unsent, Use},
    lane::{self, Lane},
    sink::{
        error::{RefusedRow, SinkError},
        kafka::failure,
    },
};

/// One step that asks brokers.
const STEP_MAX: Duration = Duration::from_secs(5);
/// All steps up to the commit. So long may others wait at the gate; as long again for the commit, and for an abort.
const STEPS_MAX: Duration = Duration::from_secs(10);
/// Between two tries of one step.
const PAUSE: Duration = Duration::from_millis(10);
/// How often it is looked whether librdkafka has put away the last delivery report.
const SWEEP_PAUSE: Duration = Duration::from_micros(50);

/// See the module.
pub struct Attempt<'i> {
    inner: &'i Inner,
    runtime: &'i Handle,
}

/// Why a transaction was not committed.
enum Stop {
    /// It must be aborted, or the client with it.
    Trouble(Trouble),
    /// These rows can never be committed.
    Rows(Vec<RefusedRow>),
    /// A broker found a batch of several records too large.
    Batch { bytes: usize },
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Stop::Trouble(trouble)
    }
}

impl<'i> Attempt<'i> {
    pub fn new(inner: &'i Inner, runtime: &'i Handle) -> Self {
        Self { inner, runtime }
    }

    pub fn run(&self, state: &mut State, parcel: &mut Parcel) -> Result<(), SinkError> {
        let group = &self.inner.group;
        if state.producer.is_none() {
            // It ends what was left open before: from here on the group's committed offsets tell what was delivered.
            state.producer = Some(self.begin_anew(STEPS_MAX)?);
        }
        let gate = group.gate();
        let settled = state.delivered.settle(group);
        settled.map_err(|error| self.temporary(error.to_string()))?;
        parcel.leave_out(|row| state.delivered.has(row));
        let metadata = self.check_lanes(parcel)?;
        if parcel.records.is_empty() {
            return Ok(());
        }
        let Err(stop) = self.transaction(state, parcel, metadata.as_ref()) else {
            return Ok(());
        };
        let usable = state
            .producer
            .as_ref()
            .is_some_and(|producer| self.abort(producer, &stop) && !producer.is_broken());
        drop(gate);
        if !usable {
            state.producer = None;
        }
        Err(self.failure(state, stop))
    }

    /// Ends what an earlier life of this gateway left open: until then the group's offsets of its last events cannot be read, and
    /// without those nothing comes that would begin a transaction.
    pub fn prepare(&self, state: &mut State) {
        if state.producer.is_some() {
            return;
        }
        match self.begin_anew(STEP_MAX) {
            Ok(producer) => state.producer = Some(producer),
            Err(error) => {
                tracing::debug!(%error, "transactions do not begin yet; the first outcome tries again");
            }
        }
    }

    /// A client that has fenced all before it with this id.
    fn begin_anew(&self, wait_max: Duration) -> Result<Producer, SinkError> {
        let Inner {
            cluster,
            id,
            pipeline,
            ..
        } = self.inner;
        let producer = Producer::new(&cluster.client, id, Use::Transactions { id })
            .map_err(|error| failure::permanent(pipeline, error.to_string()))?;
        let deadline = Instant::now() + wait_max;
        repeat(deadline, |wait_max| producer.init_transactions(wait_max)).map_err(|trouble| {
            self.temporary(format!(
                "transactions of `{id}` cannot begin at {}: {}",
                cluster.client.brokers,
                trouble.reason()
            ))
        })?;
        Ok(producer)
    }

    /// Whether all events are still this gateway's; none where no event is of a stream.
    fn check_lanes(
        &self,
        parcel: &Parcel,
    ) -> Result<Option<Arc<ConsumerGroupMetadata>>, SinkError> {
        let lanes: Vec<&Arc<Lane>> = lane::advances(parcel.positions())
            .into_iter()
            .map(|(lane, _)| lane)
            .collect();
        if lanes.is_empty() {
            return Ok(None);
        }
        let closed = |detail: &str| failure::closed(&self.inner.pipeline, detail);
        if lanes.iter().any(|lane| !lane.is_open()) {
            return Err(closed("a partition of these events went to somebody else"));
        }
        let Some(metadata) = self.inner.group.metadata() else {
            for lane in lanes {
                lane.close();
            }
            return Err(closed("the group has taken this member's partitions away"));
        };
        Ok(Some(Arc::new(metadata)))
    }

    fn transaction(
        &self,
        state: &mut State,
        parcel: &mut Parcel,
        metadata: Option<&Arc<ConsumerGroupMetadata>>,
    ) -> Result<(), Stop> {
        let deadline = Instant::now() + STEPS_MAX;
        let advances: Vec<_> = lane::advances(parcel.positions())
            .into_iter()
            .map(|(lane, next)| (lane.partition, next))
            .collect();
        let producer = state.producer.as_ref().expect("made above");
        producer.begin()?;
        failpoint::at("kafka.transaction-begun");
        self.deliver(producer, state.chunk_max_bytes, parcel, deadline)?;
        failpoint::at("kafka.flushed");
        if let Some(metadata) = metadata {
            let topic = self.inner.group.topic();
            repeat(deadline, |wait_max| {
                producer.send_offsets(topic, &advances, metadata, wait_max)
            })?;
        }
        failpoint::at("kafka.offsets-sent");
        // A commit that finds a report which is not put away yet waits for 100 ms.
        while !producer.is_idle() && Instant::now() < deadline {
            std::thread::sleep(SWEEP_PAUSE);
        }
        state.delivered.commit_begins(parcel);
        let deadline = Instant::now() + STEPS_MAX;
        let committed = repeat(deadline, |wait_max| producer.commit(wait_max));
        committed.map_err(|trouble| match trouble {
            // It may still be under way, and cannot be aborted then.
            Trouble::Again(reason) => Trouble::Broken(reason),
            trouble => trouble,
        })?;
        failpoint::at("kafka.committed");
        state.delivered.committed();
        producer.works();
        Ok(())
    }

    /// Sends all records and waits for their reports.
    fn deliver(
        &self,
        producer: &Producer,
        chunk_max_bytes: usize,
        parcel: &mut Parcel,
        deadline: Instant,
    ) -> Result<(), Stop> {
        let Parcel {
            values, records, ..
        } = parcel;
        let (mut call, mut sent, mut bytes) = (producer.open_call(), 0, 0_usize);
        let mut refused = Vec::new();
        for record in records {
            let (row, topic) = (record.row, &*self.inner.topics[record.topic]);
            let record_bytes = record.bytes();
            if sent > 0 && bytes.saturating_add(record_bytes) > chunk_max_bytes {
                self.finish(producer, &call, (sent, bytes), deadline)?;
                (call, sent, bytes) = (producer.open_call(), 0, 0);
            }
            let mut has_room = false;
            loop {
                match producer.send(&call, row, topic, record.take(values)) {
                    Ok(()) => (sent, bytes) = (sent + 1, bytes + record_bytes),
                    Err((Unsent::Full, headers)) if !has_room => {
                        if Instant::now() > deadline {
                            return Err(self.late(producer).into());
                        }
                        record.put_back(headers);
                        has_room = self.wait_for_room(producer);
                        continue;
                    }
                    Err((Unsent::Full | Unsent::TooLarge, _)) => {
                        refused.push(failure::too_large(row, topic));
                    }
                    Err((Unsent::Failed(code), _)) => {
                        return Err(Trouble::Abort(format!("topic `{topic}`: {code}")).into());
                    }
                }
                break;
            }
        }
        failpoint::at("kafka.produced");
        if !refused.is_empty() {
            return Err(Stop::Rows(refused));
        }
        self.finish(producer, &call, (sent, bytes), deadline)
    }

    /// Whether the queue is empty now; waits a moment where it is not.
    fn wait_for_room(&self, producer: &Producer) -> bool {
        let empty = producer.is_idle();
        if !empty {
            std::thread::sleep(PAUSE);
        }
        empty
    }

    /// Waits for the reports of a chunk.
    fn finish(
        &self,
        producer: &Producer,
        call: &Call,
        (sent, bytes): (usize, usize),
        deadline: Instant,
    ) -> Result<(), Stop> {
        let left = deadline.saturating_duration_since(Instant::now());
        if call.all_delivered(self.runtime, left) {
            return Ok(());
        }
        let mut refused = Vec::new();
        let topics = self.inner.topics_text();
        for Failed { row, code } in call.failed() {
            match code {
                Code::MessageSizeTooLarge if sent == 1 => {
                    refused.push(failure::too_large(row, &topics));
                }
                Code::MessageSizeTooLarge => return Err(Stop::Batch { bytes }),
                Code::InvalidRecord | Code::InvalidTimestamp => {
                    refused.push(failure::invalid(row, &topics, code));
                }
                Code::InvalidDifferentRecord => {}
                code if refused.is_empty() => {
                    let reason = format!("{topics} took no records: {code}");
                    return Err(Trouble::Abort(reason).into());
                }
                _ => {}
            }
        }
        if refused.is_empty() {
            return Err(self.late(producer).into());
        }
        Err(Stop::Rows(refused))
    }

    fn late(&self, producer: &Producer) -> Trouble {
        let topics = self.inner.topics_text();
        let why = producer.explain("in time");
        Trouble::Abort(format!("{topics} did not acknowledge all records {why}"))
    }

    /// Ends a transaction that is not to be committed. Whether the client can be used again.
    fn abort(&self, producer: &Producer, stop: &Stop) -> bool {
        if let Stop::Trouble(Trouble::Broken(_)) = stop {
            return false;
        }
        let deadline = Instant::now() + STEPS_MAX;
        let aborted = repeat(deadline, |wait_max| producer.abort(wait_max));
        if let Err(trouble) = &aborted {
            let pipeline = &*self.inner.pipeline;
            let reason = trouble.reason();
            tracing::warn!(
                pipeline,
                reason,
                "a transaction could not be aborted; another client will"
            );
        }
        aborted.is_ok()
    }

    fn failure(&self, state: &mut State, stop: Stop) -> SinkError {
        let Inner { pipeline, id, .. } = self.inner;
        match stop {
            Stop::Trouble(trouble) => self.temporary(format!(
                "the transaction of `{id}` was not committed: {}",
                trouble.reason()
            )),
            Stop::Rows(refused) => failure::rows(pipeline, &self.inner.topics_text(), refused),
            Stop::Batch { bytes } => {
                state.chunk_max_bytes = state.chunk_max_bytes.min(bytes / 4);
                self.temporary(format!(
                    "{} took no batch of {bytes} bytes; smaller ones follow",
                    self.inner.topics_text()
                ))
            }
        }
    }

    fn temporary(&self, detail: String) -> SinkError {
        failure::temporary(&self.inner.pipeline, detail)
    }
}

/// Tries a step until it succeeds, fails for good, or the time is over.
fn repeat(
    deadline: Instant,
    step: impl Fn(Duration) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match step(left.clamp(PAUSE, STEP_MAX)) {
            Err(Trouble::Again(_)) if left > PAUSE => std::thread::sleep(PAUSE),
            result => return result,
        }
    }
}
