//! A shadow's part: copies of events that were answered are scored once more on a thread of their own, and both answers compared.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use bytes::Bytes;

use super::{
    answer::Job,
    capsules,
    isolation::{Held, Isolation, Verdict},
    queue::Queue,
    serving::{Serving, Side},
    share::Share,
    tally::Reply,
    workers::Workers,
};
use crate::{
    capture::{Capture, ScoredAs},
    event::{Event, Header, Origin},
    limits::{
        SHADOW_BATCH_MAX_EVENTS, SHADOW_GIVE_WAY_MAX_MS, SHADOW_QUEUE_MAX_BYTES,
        SHADOW_QUEUE_MAX_EVENTS,
    },
    telemetry::PipelineMetrics,
};

/// Between two passes: the thread is seldom on a processor that somebody who is waited for wants, and copies come together.
const REST: Duration = Duration::from_millis(1);

/// The events of one pipeline that wait to be scored a second time.
pub struct Shadow {
    workers: Workers<Second>,
    waiting_bytes: Arc<AtomicUsize>,
}

/// An event that was answered, to be scored once more.
struct Second {
    event: Event,
    answered: Reply,
    side: Arc<Side>,
    _weight: Weight,
}

/// Counts an event's bytes for as long as it waits.
struct Weight {
    bytes: usize,
    waiting: Arc<AtomicUsize>,
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Shadow {
    /// Its thread gives way to what waits in `first`.
    pub fn new(
        name: Arc<str>,
        serving: Arc<ArcSwap<Serving>>,
        first: Arc<Queue<Job>>,
        metrics: PipelineMetrics,
        capture: Option<Arc<Capture>>,
    ) -> Self {
        let thread_name = format!("shadow-{name}");
        let queue = Arc::new(Queue::new(SHADOW_QUEUE_MAX_EVENTS, 1));
        let scorer = move || {
            let mut thread = ShadowThread {
                name: name.clone(),
                serving: serving.clone(),
                first: first.clone(),
                metrics: metrics.clone(),
                capture: capture.clone(),
            };
            let score = move |seconds: &mut Vec<Second>, _| thread.score(seconds);
            Box::new(score) as super::workers::Scorer<Second>
        };
        Self {
            workers: Workers::new(thread_name, queue, SHADOW_BATCH_MAX_EVENTS, scorer),
            waiting_bytes: Arc::default(),
        }
    }

    /// Copies those events of the share that were answered, as far as there is room. Never waits.
    pub fn offer(&self, side: &Arc<Side>, share: Share, events: &[&Event], verdicts: &[Verdict]) {
        let room = SHADOW_QUEUE_MAX_EVENTS.saturating_sub(self.workers.queue().len());
        let (mut copies, mut left_out) = (VecDeque::new(), 0);
        for (event, verdict) in events.iter().zip(verdicts) {
            if !Reply::is_in(verdict) || !share.takes(event) {
                continue;
            }
            let weight = (copies.len() < room).then(|| self.weigh(event)).flatten();
            match Reply::of(verdict).zip(weight) {
                Some((answered, weight)) => copies.push_back(Second {
                    event: copy(event, &side.generation.adapter.contract.headers),
                    answered,
                    side: side.clone(),
                    _weight: weight,
                }),
                None => left_out += 1,
            }
        }
        if !copies.is_empty() {
            self.workers
                .submit_some(&mut copies, SHADOW_QUEUE_MAX_EVENTS, Duration::ZERO);
            left_out += copies.len() as u64;
        }
        if left_out > 0 {
            side.tally.left_out(left_out);
        }
    }

    /// What still waits is forgotten.
    pub fn close(&self) {
        self.workers.queue().close();
    }

    /// None where there is no room for the event's bytes.
    fn weigh(&self, event: &Event) -> Option<Weight> {
        let headers = event.headers.iter();
        let headers = headers.map(|h| h.name.len() + h.value.as_ref().map_or(0, Bytes::len));
        let key = event.key.as_ref().map_or(0, Bytes::len);
        let bytes = event.id.len() + key + event.payload.len() + headers.sum::<usize>();
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let weight = Weight {
            bytes,
            waiting: self.waiting_bytes.clone(),
        };
        (waiting + bytes <= SHADOW_QUEUE_MAX_BYTES).then_some(weight)
    }
}

/// A copy that owns its bytes: the event's own may be lent by the client of a broker, which wants them back. It has those headers that
/// the candidate reads.
fn copy(event: &Event, names: &[String]) -> Event {
    let headers = event.headers.iter();
    let asked_for = headers.filter(|header| {
        let mut names = names.iter();
        names.any(|name| header.name.eq_ignore_ascii_case(name))
    });
    Event {
        id: event.id.clone(),
        key: event.key.as_deref().map(Bytes::copy_from_slice),
        payload: Bytes::copy_from_slice(&event.payload),
        timestamp_ms: event.timestamp_ms,
        headers: asked_for
            .map(|header| Header {
                name: header.name.clone(),
                value: header.value.as_deref().map(Bytes::copy_from_slice),
            })
            .collect(),
        origin: Origin::Http,
    }
}

struct ShadowThread {
    name: Arc<str>,
    serving: Arc<ArcSwap<Serving>>,
    first: Arc<Queue<Job>>,
    metrics: PipelineMetrics,
    capture: Option<Arc<Capture>>,
}

impl ShadowThread {
    /// Between two passes nothing is held of a candidate: what did nothing wrong waits warm with its release.
    fn score(&mut self, seconds: &mut Vec<Second>) {
        self.give_way();
        let serving = self.serving.load_full();
        let side = serving.candidate();
        // Of a trial that is over nothing more is asked.
        seconds.retain(|second| side.is_some_and(|side| Arc::ptr_eq(side, &second.side)));
        if let Some(side) = side.filter(|_| !seconds.is_empty()) {
            let mut held = Held::new(side.generation.clone());
            let events: Vec<&Event> = seconds.iter().map(|second| &second.event).collect();
            let isolation = Isolation {
                name: &self.name,
                breaker: &side.tally.breaker,
            };
            let start = Instant::now();
            let verdicts = isolation.verdicts(&mut held, &events);
            side.tally.scored(verdicts.iter(), start.elapsed());
            verdicts
                .iter()
                .for_each(|verdict| self.metrics.candidate(verdict));
            if let Some(capture) = &self.capture {
                let by = capsules::by(ScoredAs::Shadow, &side.generation);
                for (event, verdict) in events.iter().zip(&verdicts) {
                    capture.take_fault(&by, event, verdict);
                }
            }
            for (second, verdict) in seconds.drain(..).zip(verdicts) {
                if let Some(candidate) = Reply::of(&verdict) {
                    side.tally
                        .compared(&second.event.id, second.answered, candidate);
                }
            }
        }
        drop(serving);
        thread::sleep(REST);
    }

    /// Waits while events wait that somebody wants answered, but not for ever: under full load a little is compared all the same.
    fn give_way(&self) {
        let start = Instant::now();
        let most = Duration::from_millis(SHADOW_GIVE_WAY_MAX_MS);
        while self.first.len() > 0 && start.elapsed() < most {
            thread::sleep(REST);
        }
    }
}
