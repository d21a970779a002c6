//! The rows that this gateway leases, from the first to the moment when one of them gets lost or the source ends.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::{Notify, mpsc};

use super::{
    OutboxSource,
    table::{Row, Table},
};
use crate::{
    event::{Event, Origin},
    failpoint,
    lane::{Lane, Load, Stream},
    limits::{BACKOFF_MAX_MS, STREAM_IN_FLIGHT_MAX_BYTES},
    pipeline::{Job, Pipeline, Receipt},
    sink::trouble::Trouble,
    source::Stop,
};

/// Rows of one lease, and of one deletion.
const BATCH_MAX_ROWS: usize = 1_000;
/// What a row is taken to hold before any was seen.
const ROW_BYTES: usize = 64 << 10;
/// How soon a full queue is tried again.
const OFFER_MS: u64 = 2;
/// How often waiting rows are counted.
const LAG_MS: u64 = 5_000;
/// The first pause after a failure; each next one is twice as long.
const BACKOFF_FIRST_MS: u64 = 100;

/// Why it ended.
pub enum End {
    Stopped,
    /// A row was lost on its way, or its lease to somebody else: those in flight are leased anew.
    Lost,
}

/// See the module.
pub struct Leases<'s> {
    source: &'s OutboxSource,
    table: &'s Table,
    stream: Arc<Stream>,
    /// Another one for each lane, so that rows of an earlier one are not taken for this one's.
    owner: String,
    lane: Arc<Lane>,
    load: Arc<Load>,
    told: mpsc::UnboundedReceiver<i64>,
    /// Leased, and not yet in the queue.
    jobs: VecDeque<Job>,
    /// Leased, and not yet deleted.
    held: BTreeSet<i64>,
    /// Of these, what was dealt with.
    done: Vec<i64>,
    /// What one row holds, about.
    row_bytes: usize,
    next: Next,
    backoff_ms: u64,
}

/// When what is done again.
struct Next {
    /// None while there is no reason to wait.
    look: Option<Instant>,
    prolong: Instant,
    count: Instant,
    /// Nothing is asked of the server before, as it failed.
    server: Instant,
}

impl<'s> Leases<'s> {
    pub fn new(source: &'s OutboxSource, table: &'s Table, stream: Arc<Stream>) -> Self {
        let load = Arc::new(Load::default());
        let (lane, told) = Lane::unordered(stream.clone(), load.clone());
        let now = Instant::now();
        Self {
            owner: format!("{}/{}", source.owner, uuid::Uuid::now_v7()),
            source,
            table,
            stream,
            lane,
            load,
            told,
            jobs: VecDeque::new(),
            held: BTreeSet::new(),
            done: Vec::new(),
            row_bytes: ROW_BYTES,
            next: Next {
                look: None,
                prolong: now + prolong_after(source),
                count: now,
                server: now,
            },
            backoff_ms: BACKOFF_FIRST_MS,
        }
    }

    pub async fn run(mut self, pipeline: &Pipeline, stop: &Stop, woken: &Notify) -> End {
        let end = loop {
            if stop.delivering.is_cancelled() {
                break End::Stopped;
            }
            if !self.lane.is_open() {
                // What is in the queue still counts as in flight; it is not delivered.
                self.jobs.clear();
                let settled = self.told.is_empty() && self.done.is_empty();
                if settled && self.lane.in_flight_events() == 0 {
                    break End::Lost;
                }
            }
            let reading = self.lane.is_open() && !stop.reading.is_cancelled();
            if reading && !self.jobs.is_empty() {
                pipeline.offer(&mut self.jobs, Duration::ZERO);
            }
            if Instant::now() >= self.next.server {
                let asked = self.ask(pipeline, reading).await;
                self.told_of(asked);
            }
            self.wait(stop, woken, reading).await;
        };
        self.finish().await;
        end
    }

    /// What is to be asked of the server by now.
    async fn ask(&mut self, pipeline: &Pipeline, reading: bool) -> Result<(), Trouble> {
        self.delete().await?;
        let now = Instant::now();
        if now >= self.next.prolong {
            self.prolong().await?;
        }
        if now >= self.next.count {
            let waiting = self.table.waiting().await?;
            self.source.metrics.lag(0, waiting);
            self.next.count = now + Duration::from_millis(LAG_MS);
        }
        let room_bytes = STREAM_IN_FLIGHT_MAX_BYTES.saturating_sub(self.load.bytes());
        let due = self.next.look.is_none_or(|look| now >= look);
        if reading && due && self.jobs.is_empty() && room_bytes > 0 {
            let max = (room_bytes / self.row_bytes).clamp(1, BATCH_MAX_ROWS);
            let rows = self.table.lease(&self.owner, max).await?;
            let poll = Duration::from_millis(self.source.config.poll_ms);
            // Fewer than asked for are all that there were.
            self.next.look = (rows.len() < max).then(|| Instant::now() + poll);
            self.take(rows, pipeline);
        }
        Ok(())
    }

    fn take(&mut self, rows: Vec<Row>, pipeline: &Pipeline) {
        if rows.is_empty() {
            return;
        }
        failpoint::at("stream.batch-taken");
        self.source.metrics.read(rows.len() as u64);
        let bytes: usize = rows.iter().map(Row::bytes).sum();
        self.row_bytes = (bytes / rows.len()).max(1);
        for row in rows {
            self.held.insert(row.id);
            let (position, hold) = self.lane.hold(row.id, row.id + 1, row.bytes());
            let null_payload = row.payload.is_none();
            let payload = row.payload.unwrap_or_default();
            let pointed = || pipeline.key_pointer()?.find(&payload);
            let key: Option<Bytes> = row.key.or_else(pointed);
            let event = Event {
                id: format!("{}/{}", self.stream.name, row.id),
                key,
                payload,
                timestamp_ms: row.created_ms,
                headers: row.headers,
                origin: Origin::Stream {
                    position,
                    null_payload,
                },
            };
            self.jobs.push_back(Job {
                event,
                deadline: None,
                receipt: Receipt::Stream(hold),
            });
        }
        pipeline.offer(&mut self.jobs, Duration::ZERO);
    }

    async fn delete(&mut self) -> Result<(), Trouble> {
        while let Ok(id) = self.told.try_recv() {
            self.done.push(id);
        }
        while !self.done.is_empty() {
            let first = self.done.len().saturating_sub(BATCH_MAX_ROWS);
            self.table.delete(&self.owner, &self.done[first..]).await?;
            for id in self.done.drain(first..) {
                self.held.remove(&id);
            }
            failpoint::at("stream.acknowledged");
        }
        Ok(())
    }

    /// Where fewer rows are ours than are held, the gateway slept too long and somebody else has them: nothing more is delivered.
    async fn prolong(&mut self) -> Result<(), Trouble> {
        let held: Vec<i64> = self.held.iter().copied().collect();
        if !held.is_empty() && self.table.prolong(&self.owner, &held).await? < held.len() as u64 {
            tracing::warn!(
                owner = self.owner,
                "leases of an outbox ended while its rows were worked on; they are leased anew"
            );
            self.lane.close();
        }
        self.next.prolong = Instant::now() + prolong_after(self.source);
        Ok(())
    }

    fn told_of(&mut self, asked: Result<(), Trouble>) {
        match asked {
            Ok(()) => {
                self.source.health.works();
                self.backoff_ms = BACKOFF_FIRST_MS;
            }
            Err(trouble) => {
                tracing::warn!(owner = self.owner, "{}; trying again", trouble.detail());
                self.source.metrics.error();
                self.source.health.fails(trouble.detail());
                self.next.server = Instant::now() + Duration::from_millis(self.backoff_ms);
                self.backoff_ms = (self.backoff_ms * 2).min(BACKOFF_MAX_MS);
            }
        }
    }

    /// Until there is something to do.
    async fn wait(&mut self, stop: &Stop, woken: &Notify, reading: bool) {
        let now = Instant::now();
        let mut until = self.next.prolong.min(self.next.count);
        let room = self.load.bytes() < STREAM_IN_FLIGHT_MAX_BYTES;
        if reading && self.jobs.is_empty() && room {
            until = until.min(self.next.look.unwrap_or(now));
        }
        if now < self.next.server {
            until = self.next.server;
        }
        let is_leaving = !self.lane.is_open() && self.lane.in_flight_events() > 0;
        if is_leaving || reading && !self.jobs.is_empty() {
            until = until.min(now + Duration::from_millis(OFFER_MS));
        }
        let server_is_well = now >= self.next.server;
        tokio::select! {
            () = tokio::time::sleep_until(until.into()) => {}
            Some(id) = self.told.recv(), if server_is_well => self.done.push(id),
            () = woken.notified(), if reading => self.next.look = None,
            () = stop.reading.cancelled(), if reading => {}
            () = stop.delivering.cancelled() => {}
        }
    }

    /// Deletes what was dealt with and gives the rest back; where the server is away, the leases end by themselves.
    async fn finish(mut self) {
        self.jobs.clear();
        let finish = async {
            self.delete().await?;
            let held: Vec<i64> = self.held.iter().copied().collect();
            self.table.release(&self.owner, &held).await
        };
        if let Err(trouble) = finish.await {
            tracing::warn!(
                owner = self.owner,
                "{}; rows that are leased are worked on once their leases end",
                trouble.detail()
            );
        }
    }
}

fn prolong_after(source: &OutboxSource) -> Duration {
    Duration::from_millis((source.config.lease_ms / 3).max(1))
}
