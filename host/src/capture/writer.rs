//! Writes a pipeline's capsules, off everybody's way.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Weight, capsule::Capsule, folder::Folder};
use crate::{
    limits::{CAPSULE_MAX_BYTES, CAPTURE_TROUBLE_TOLD_MS},
    telemetry::CaptureMetrics,
};

/// Written in one go of a blocking thread.
const GROUP_MAX_COUNT: usize = 16;

/// A capsule on its way to the folder.
pub(super) struct Waiting {
    pub(super) capsule: Box<Capsule>,
    pub(super) _weight: Weight,
}

/// See the module.
pub struct Writer {
    waiting: mpsc::Receiver<Waiting>,
    desk: Desk,
}

/// What it writes with.
struct Desk {
    pipeline: String,
    folder: Folder,
    metrics: CaptureMetrics,
    /// When the log was told last that none could be kept.
    told: Option<Instant>,
}

impl Writer {
    pub(super) fn new(
        pipeline: &str,
        folder: Folder,
        waiting: mpsc::Receiver<Waiting>,
        metrics: CaptureMetrics,
    ) -> Self {
        let desk = Desk {
            pipeline: pipeline.to_owned(),
            folder,
            metrics,
            told: None,
        };
        Self { waiting, desk }
    }

    /// Writes until `no_more`, and then what still waits.
    pub async fn run(self, no_more: CancellationToken) {
        let Self {
            mut waiting,
            mut desk,
        } = self;
        let mut group = Vec::with_capacity(GROUP_MAX_COUNT);
        loop {
            tokio::select! {
                biased;
                _ = waiting.recv_many(&mut group, GROUP_MAX_COUNT) => {}
                () = no_more.cancelled() => waiting.close(),
            }
            if group.is_empty() {
                if waiting.is_closed() && waiting.is_empty() {
                    return;
                }
                continue;
            }
            let written = tokio::task::spawn_blocking(move || {
                group.drain(..).for_each(|waiting| desk.write(&waiting));
                (desk, group)
            });
            // What panicked is told of by itself; from then on there is no room, which is counted.
            let Ok(back) = written.await else {
                return;
            };
            (desk, group) = back;
        }
    }
}

impl Desk {
    fn write(&mut self, waiting: &Waiting) {
        let capsule = &waiting.capsule;
        let Ok(json) = serde_json::to_vec(capsule) else {
            self.metrics.failed.inc();
            return;
        };
        let bytes = json.len() as u64;
        if bytes > CAPSULE_MAX_BYTES || !self.folder.takes(bytes) {
            self.metrics.dropped.inc();
            return;
        }
        let (at_ms, word) = (capsule.captured_at_ms, capsule.result.word());
        match self.folder.keep(at_ms, word, &json) {
            Ok(()) => {
                self.metrics.written.inc();
            }
            Err(error) => {
                self.metrics.failed.inc();
                let often = Duration::from_millis(CAPTURE_TROUBLE_TOLD_MS);
                if self.told.is_none_or(|told| told.elapsed() > often) {
                    self.told = Some(Instant::now());
                    let folder = self.folder.path().display();
                    warn!(pipeline = self.pipeline, %folder, %error, "capsules cannot be kept; scoring goes on without them");
                }
            }
        }
    }
}
