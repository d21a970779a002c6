//! Replay capsules: events that met a fault, or a sample of all, with everything that their scoring depended on, kept to be scored again by
//! `scoregate replay`.
//!
//! Scoring threads copy an event and go on; writing is a task's. Where too many come at once, or the disk is slow or full, capsules are left
//! out and counted: an outcome never waits for one.

mod base64;
mod capsule;
mod folder;
mod result;
mod sample;
mod score;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::mpsc;

pub use capsule::{Capsule, CapsuleError, CapturedEvent, CapturedHeader, CapturedPlugin, ScoredAs};
pub use result::Captured;
pub use score::Score;
pub use writer::Writer;

use folder::Folder;
use sample::Sample;
use writer::Waiting;

use crate::{
    clock::now_ms,
    config,
    event::{Event, Outcome, Refusal},
    limits::{CAPTURE_QUEUE_MAX_BYTES, CAPTURE_QUEUE_MAX_COUNT},
    plugin::Parts,
    telemetry::CaptureMetrics,
};

/// The folder of capsules in a store's folder.
pub const FOLDER: &str = "capsules";

/// Bytes of the capsules of all pipelines that wait to be written. A clone is the same.
#[derive(Clone, Default)]
pub struct Room(Arc<AtomicUsize>);

/// Part of a [`Room`], until it is dropped.
struct Weight {
    bytes: usize,
    room: Room,
}

impl Room {
    /// None where there is not so much left.
    fn weigh(&self, bytes: usize) -> Option<Weight> {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        let room = self.clone();
        let weight = Weight { bytes, room };
        (before + bytes <= CAPTURE_QUEUE_MAX_BYTES).then_some(weight)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.room.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Whose capsules they are.
pub struct Place<'p> {
    /// The gateway's name.
    pub gateway: &'p str,
    pub pipeline: &'p str,
    /// The store's folder.
    pub store: &'p Path,
}

/// Who scored an event.
pub struct ScoredBy<'g> {
    pub scored_as: ScoredAs,
    pub adapter: &'g Parts,
    pub model: &'g Parts,
    /// Names of the headers that the adapter is given.
    pub headers: &'g [String],
}

/// A pipeline's way to its capsules.
pub struct Capture {
    gateway: String,
    pipeline: String,
    /// None where faults alone are kept.
    sample: Option<Sample>,
    room: Room,
    waiting: mpsc::Sender<Waiting>,
    metrics: CaptureMetrics,
}

/// What operators see of it: since the start.
#[derive(Debug, Serialize)]
pub struct CaptureStatus {
    pub written: u64,
    /// There was no room for them.
    pub dropped: u64,
    /// The folder did not take them.
    pub failed: u64,
}

impl Capture {
    /// And the task that writes them: the caller runs it.
    pub fn new(
        config: &config::Capture,
        place: &Place<'_>,
        room: Room,
        metrics: CaptureMetrics,
    ) -> (Self, Writer) {
        let (sender, receiver) = mpsc::channel(CAPTURE_QUEUE_MAX_COUNT);
        let path = place.store.join(FOLDER).join(place.pipeline);
        let folder = Folder::new(path, config);
        let writer = Writer::new(place.pipeline, folder, receiver, metrics.clone());
        let sample = match config.what {
            config::Kept::Faults => None,
            config::Kept::Sampled { every_events } => Some(Sample::new(every_events, now_ms())),
        };
        let capture = Self {
            gateway: place.gateway.to_owned(),
            pipeline: place.pipeline.to_owned(),
            sample,
            room,
            waiting: sender,
            metrics,
        };
        (capture, writer)
    }

    /// Keeps an event that was answered, if it is one of those that are kept. Never waits.
    pub fn take(&self, by: &ScoredBy<'_>, event: &Event, verdict: &Result<Outcome, Refusal>) {
        let is_kept = match verdict {
            Err(Refusal::Fault(_)) => true,
            Ok(_) | Err(Refusal::Rejected(_) | Refusal::InvalidInput(_)) => {
                self.sample.as_ref().is_some_and(Sample::takes_next)
            }
            Err(_) => false,
        };
        if is_kept {
            self.keep(by, event, verdict);
        }
    }

    /// Keeps an event that a candidate faulted on, whoever answered it.
    pub fn take_fault(&self, by: &ScoredBy<'_>, event: &Event, verdict: &Result<Outcome, Refusal>) {
        if matches!(verdict, Err(Refusal::Fault(_))) {
            self.keep(by, event, verdict);
        }
    }

    fn keep(&self, by: &ScoredBy<'_>, event: &Event, verdict: &Result<Outcome, Refusal>) {
        let weight = self.room.weigh(weight_bytes(by, event, verdict));
        // Room first: what finds none is not copied.
        let (Some(weight), Ok(permit)) = (weight, self.waiting.try_reserve()) else {
            self.metrics.dropped.inc();
            return;
        };
        let Some(result) = Captured::of(verdict) else {
            return;
        };
        let capsule = Capsule::new(
            now_ms(),
            (&self.gateway, &self.pipeline, by.scored_as),
            CapturedEvent::of(event, by.headers),
            (by.adapter, by.model),
            result,
        );
        permit.send(Waiting {
            capsule: Box::new(capsule),
            _weight: weight,
        });
    }

    pub fn status(&self) -> CaptureStatus {
        CaptureStatus {
            written: self.metrics.written.get(),
            dropped: self.metrics.dropped.get(),
            failed: self.metrics.failed.get(),
        }
    }
}

/// What a capsule has in memory, but for some names.
fn weight_bytes(by: &ScoredBy<'_>, event: &Event, verdict: &Result<Outcome, Refusal>) -> usize {
    let headers = event.headers.iter();
    let headers = headers.map(|h| h.name.len() + h.value.as_ref().map_or(0, Bytes::len));
    let configs = by.adapter.settings.config_json.len() + by.model.settings.config_json.len();
    let output = verdict.as_ref().map_or(0, |outcome| outcome.payload.len());
    let key = event.key.as_ref().map_or(0, Bytes::len);
    event.id.len() + key + event.payload.len() + headers.sum::<usize>() + configs + output
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        event::Origin,
        plugin::{Info, Settings},
        release::{Digest, ReleaseName},
        telemetry::Telemetry,
    };

    fn parts(telemetry: &Telemetry, slot: &str) -> Parts {
        let digest = Digest::of(slot.as_bytes());
        Parts {
            name: ReleaseName::new(slot, digest),
            info: Info::default(),
            settings: Settings {
                slot: slot.to_owned(),
                config_json: "{}".to_owned(),
                memory_max_bytes: 1,
                call_deadline_ms: 1,
                result_max_bytes: 1,
            },
            imports: Vec::new(),
            size_bytes: 1,
            cached: false,
            golden_cases: 0,
            steps_ms: Vec::new(),
            metrics: telemetry.plugin(slot, &digest),
        }
    }

    fn event(bytes: usize) -> Event {
        Event {
            id: "event".to_owned(),
            key: None,
            payload: vec![0; bytes].into(),
            timestamp_ms: 0,
            headers: Vec::new(),
            origin: Origin::Http,
        }
    }

    #[tokio::test]
    async fn what_waits_is_bounded_by_count_and_by_bytes_and_is_written_at_the_end() {
        let (dir, telemetry) = (tempfile::tempdir().unwrap(), Telemetry::new());
        let config = config::Capture {
            what: config::Kept::Sampled { every_events: 1 },
            max_count: 1_000,
            max_bytes: 64 << 20,
        };
        let place = Place {
            gateway: "gw-1",
            pipeline: "fraud",
            store: dir.path(),
        };
        let (room, metrics) = (Room::default(), telemetry.capture("fraud"));
        let (capture, writer) = Capture::new(&config, &place, room.clone(), metrics);
        let (adapter, model) = (parts(&telemetry, "payments"), parts(&telemetry, "fraud"));
        let by = ScoredBy {
            scored_as: ScoredAs::Active,
            adapter: &adapter,
            model: &model,
            headers: &[],
        };
        capture.take(
            &by,
            &event(CAPTURE_QUEUE_MAX_BYTES),
            &Ok(Outcome::default()),
        );
        assert_eq!(capture.status().dropped, 1, "too large");
        for _ in 0..CAPTURE_QUEUE_MAX_COUNT + 5 {
            capture.take(&by, &event(10), &Ok(Outcome::default()));
        }
        assert_eq!(capture.status().dropped, 6, "too many");
        let unavailable = Refusal::Unavailable {
            reason: String::new(),
            retry_after_s: 1,
        };
        capture.take(&by, &event(10), &Err(unavailable));
        assert_eq!(
            capture.status().dropped,
            6,
            "what was not scored is not kept"
        );

        let ended = CancellationToken::new();
        ended.cancel();
        writer.run(ended).await;
        let status = capture.status();
        assert_eq!(
            (status.written, status.failed),
            (CAPTURE_QUEUE_MAX_COUNT as u64, 0)
        );
        assert_eq!(room.0.load(Ordering::Relaxed), 0, "nothing waits any more");
        let files = std::fs::read_dir(dir.path().join(FOLDER).join("fraud")).unwrap();
        assert_eq!(files.count(), CAPTURE_QUEUE_MAX_COUNT);
    }
}
