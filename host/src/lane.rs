//! An ordered stream that a source reads, and how far the events of it were dealt with.
//!
//! A lane is a Kafka partition for as long as it is assigned, a followed file, or an outbox. Whatever is read from it holds it until the
//! event was delivered or dead-lettered. Events of a lane are dealt with in their order, so the last one's end is the watermark: nothing
//! before it is open. Once a lane is closed, because its partition went to somebody else or because an event got lost on the
//! way, nothing of it is delivered any more: its source, or the lane's next owner, reads again from the watermark.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
};

use tokio::sync::mpsc;

/// What a source reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    pub kind: StreamKind,
    /// A topic, a table, or a file's path.
    pub name: String,
    /// The consumer group of a topic; empty elsewhere.
    pub group: String,
}

/// The kinds of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamKind {
    Kafka,
    Postgres,
    File,
}

impl StreamKind {
    /// As in the configuration and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            StreamKind::Kafka => "kafka",
            StreamKind::Postgres => "postgres",
            StreamKind::File => "file",
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Lane {
    pub stream: Arc<Stream>,
    /// 0 where the stream has no partitions.
    pub partition: i32,
    /// Which ownership of the partition this is, where a database keeps its offset: a later owner has a larger one. Else 0.
    pub epoch: i64,
    open: AtomicBool,
    /// Where to read on: the end of the last event that was dealt with.
    watermark: AtomicI64,
    in_flight_events: AtomicUsize,
    load: Arc<Load>,
    /// Tells each event's position where order means nothing, as in an outbox.
    dealt_with: Option<mpsc::UnboundedSender<i64>>,
}

/// What of one source is on its way, over all its lanes.
#[derive(Debug, Default)]
pub struct Load {
    events: AtomicUsize,
    bytes: AtomicUsize,
}

impl Load {
    pub fn events(&self) -> usize {
        self.events.load(Ordering::Relaxed)
    }

    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Lane {
    /// A lane that is read from `start` on.
    pub fn new(
        stream: Arc<Stream>,
        partition: i32,
        start: i64,
        epoch: i64,
        load: Arc<Load>,
    ) -> Arc<Self> {
        Arc::new(Self {
            stream,
            partition,
            epoch,
            open: AtomicBool::new(true),
            watermark: AtomicI64::new(start),
            in_flight_events: AtomicUsize::new(0),
            load,
            dealt_with: None,
        })
    }

    /// A lane whose events are told one by one as they were dealt with, by their position.
    pub fn unordered(
        stream: Arc<Stream>,
        load: Arc<Load>,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<i64>) {
        let (tell, told) = mpsc::unbounded_channel();
        let lane = Self {
            stream,
            partition: 0,
            epoch: 0,
            open: AtomicBool::new(true),
            watermark: AtomicI64::new(0),
            in_flight_events: AtomicUsize::new(0),
            load,
            dealt_with: Some(tell),
        };
        (Arc::new(lane), told)
    }

    /// Takes one event in: where it is, and what must be released once it was dealt with. `next` is where the event after it begins,
    /// `bytes` what it keeps in memory.
    pub fn hold(self: &Arc<Self>, at: i64, next: i64, bytes: usize) -> (Position, Hold) {
        self.in_flight_events.fetch_add(1, Ordering::Relaxed);
        self.load.events.fetch_add(1, Ordering::Relaxed);
        self.load.bytes.fetch_add(bytes, Ordering::Relaxed);
        let position = Position {
            lane: self.clone(),
            at,
            next,
        };
        let hold = Hold {
            lane: self.clone(),
            at,
            next,
            bytes,
            dealt_with: false,
        };
        (position, hold)
    }

    /// Whether events of it may still be delivered.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Nothing of it is delivered any more.
    pub fn close(&self) {
        self.open.store(false, Ordering::Release);
    }

    /// Where to read on.
    pub fn watermark(&self) -> i64 {
        self.watermark.load(Ordering::Acquire)
    }

    /// Events that were taken in and neither dealt with nor lost.
    pub fn in_flight_events(&self) -> usize {
        self.in_flight_events.load(Ordering::Acquire)
    }
}

/// Where an event is in its lane.
#[derive(Clone)]
pub struct Position {
    pub lane: Arc<Lane>,
    /// A Kafka offset, a row's id, or a byte of the file.
    pub at: i64,
    /// Where the event after it begins.
    pub next: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stream { kind, name, .. } = &*self.lane.stream;
        match kind {
            StreamKind::Kafka => write!(f, "kafka:{name}/{}/{}", self.lane.partition, self.at),
            kind => write!(f, "{}:{name}/{}", kind.as_str(), self.at),
        }
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An event's hold on its lane. Dropped before it was released (a bug, a panic, or the end of the process) it closes the lane, so that
/// the event is read again and not forgotten.
#[derive(Debug)]
#[must_use]
pub struct Hold {
    lane: Arc<Lane>,
    at: i64,
    next: i64,
    bytes: usize,
    dealt_with: bool,
}

impl Hold {
    /// The event was delivered or dead-lettered, and all before it.
    pub fn release(mut self) {
        self.dealt_with = true;
        if let Some(tell) = &self.lane.dealt_with {
            // A source that ended reads it again: it was not told.
            tell.send(self.at).ok();
        }
        if self.lane.is_open() {
            self.lane.watermark.fetch_max(self.next, Ordering::AcqRel);
        }
    }

    pub fn lane(&self) -> &Arc<Lane> {
        &self.lane
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if !self.dealt_with {
            self.lane.close();
        }
        self.lane.load.events.fetch_sub(1, Ordering::Relaxed);
        self.lane
            .load
            .bytes
            .fetch_sub(self.bytes, Ordering::Relaxed);
        self.lane.in_flight_events.fetch_sub(1, Ordering::AcqRel);
    }
}

/// How far a group of events moves each of its lanes: what is stored with them where both go in one transaction.
pub fn advances<'p>(
    positions: impl IntoIterator<Item = &'p Position>,
) -> Vec<(&'p Arc<Lane>, i64)> {
    let mut advances: Vec<(&Arc<Lane>, i64)> = Vec::new();
    for position in positions {
        let lane = &position.lane;
        match advances
            .iter_mut()
            .rev()
            .find(|(known, _)| Arc::ptr_eq(known, lane))
        {
            Some((_, next)) => *next = (*next).max(position.next),
            None => advances.push((lane, position.next)),
        }
    }
    advances
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> (Arc<Lane>, Arc<Load>) {
        let stream = Stream {
            kind: StreamKind::Kafka,
            name: "payments".into(),
            group: "fraud".into(),
        };
        let load = Arc::new(Load::default());
        (Lane::new(stream.into(), 3, 100, 0, load.clone()), load)
    }

    #[test]
    fn the_watermark_follows_what_was_dealt_with() {
        let (lane, load) = lane();
        let (position, first) = lane.hold(100, 101, 30);
        let (_, second) = lane.hold(101, 102, 30);
        assert_eq!(position.to_string(), "kafka:payments/3/100");
        assert_eq!(
            (load.events(), load.bytes(), lane.watermark()),
            (2, 60, 100)
        );
        first.release();
        assert_eq!((load.events(), lane.watermark()), (1, 101));
        second.release();
        assert_eq!((load.bytes(), lane.watermark()), (0, 102));
        assert!(lane.is_open());
    }

    #[test]
    fn an_event_that_gets_lost_closes_its_lane_and_the_watermark_stays_before_it() {
        let (lane, load) = lane();
        let (_, lost) = lane.hold(100, 101, 1);
        let (_, next) = lane.hold(101, 102, 1);
        drop(lost);
        next.release();
        assert!(!lane.is_open());
        assert_eq!((lane.watermark(), load.events()), (100, 0));
    }

    #[test]
    fn a_group_moves_each_lane_to_the_end_of_its_last_event() {
        let ((a, _), (b, _)) = (lane(), lane());
        let held: Vec<_> = [(&a, 100), (&b, 7), (&a, 101), (&b, 9)]
            .map(|(lane, at)| lane.hold(at, at + 1, 0))
            .into();
        let advances = advances(held.iter().map(|(position, _)| position));
        assert_eq!(advances.len(), 2);
        assert!(Arc::ptr_eq(advances[0].0, &a) && advances[0].1 == 102);
        assert!(Arc::ptr_eq(advances[1].0, &b) && advances[1].1 == 10);
        for (_, hold) in held {
            hold.release();
        }
    }
}
