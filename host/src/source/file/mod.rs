//! An application's log file as a stream, followed as `tail -F` does: one event a line, over rotations by rename and by copy-and-truncate.
//!
//! Lines end in LF or CRLF; empty ones are none. Of a line above [`limits::FILE_LINE_MAX_BYTES`] the first part is the event and the rest is
//! skipped, which is logged and counted: most adapters reject what remains, so that it can be found among the dead letters. A last line
//! without a newline waits for it, or for the end of its file.
//!
//! An event's id is `{file name}/{incarnation}/{offset}`. What was dealt with is kept in [`Positions`] at most a second later, so that after a
//! crash some lines come again, with the same ids. Not to be told from one another are a file that was truncated and has grown again,
//! within one look, to the same 256 bytes before the place that was reached.

mod follow;
mod identity;
mod lines;
mod positions;
mod start;
mod tail;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::runtime::Handle;
use tracing::{error, warn};

pub use positions::Positions;

use self::{
    follow::{Follower, Step},
    lines::Line,
    positions::Place,
    tail::Tail,
};
use super::Stop;
use crate::{
    clock::now_ms,
    config,
    event::{Event, Origin},
    failpoint,
    health::Health,
    lane::{Load, Stream, StreamKind},
    limits::{
        self, BACKOFF_MAX_MS, FILE_KEEP_MS, FILE_MISSING_MAX_MS, FILE_POLL_MS,
        STREAM_IN_FLIGHT_MAX_BYTES,
    },
    pipeline::{Job, KeyPointer, Pipeline, Receipt},
    telemetry::SourceMetrics,
};

/// How long one call waits for room in the queue, and for a look at whether to stop.
const WAIT_MAX: Duration = Duration::from_millis(50);
/// What an event keeps in memory beside its line.
const EVENT_BYTES: usize = 256;

/// See the module.
pub struct FileSource {
    path: PathBuf,
    from: config::From,
    positions: Arc<Positions>,
    pipeline: String,
    metrics: SourceMetrics,
    health: Health,
}

impl FileSource {
    /// `from` counts where nothing of the path was ever read for this pipeline.
    pub fn new(
        path: &Path,
        from: config::From,
        positions: Arc<Positions>,
        pipeline: &str,
        metrics: SourceMetrics,
        health: Health,
    ) -> Self {
        Self {
            path: std::path::absolute(path).unwrap_or_else(|_| path.into()),
            from,
            positions,
            pipeline: pipeline.into(),
            metrics,
            health,
        }
    }

    pub(super) async fn run(self, pipeline: Arc<Pipeline>, stop: Stop) {
        let reader = move |runtime: Handle| {
            let offer = |jobs: &mut VecDeque<Job>| pipeline.offer(jobs, WAIT_MAX);
            Reader::new(self, runtime, pipeline.key_pointer()).run(offer, &stop);
        };
        let runtime = Handle::current();
        if let Err(panic) = tokio::task::spawn_blocking(move || reader(runtime)).await {
            error!(%panic, "a file is not followed any more");
        }
    }
}

/// Reads on a thread of its own: files have no other way that does not block.
struct Reader<'k> {
    source: FileSource,
    runtime: Handle,
    key: Option<&'k KeyPointer>,
    file_name: String,
    load: Arc<Load>,
    jobs: VecDeque<Job>,
    kept: Vec<Place>,
    kept_at: Instant,
    /// Since when there is no file at the path.
    missing_since: Option<Instant>,
    /// Keeping places fails.
    unkept: bool,
    /// Reading fails.
    unread: bool,
}

impl<'k> Reader<'k> {
    fn new(source: FileSource, runtime: Handle, key: Option<&'k KeyPointer>) -> Self {
        let name = source.path.file_name().map(OsStr::to_string_lossy);
        Self {
            file_name: name.unwrap_or_default().into_owned(),
            source,
            runtime,
            key,
            load: Arc::default(),
            jobs: VecDeque::new(),
            kept: Vec::new(),
            kept_at: Instant::now(),
            missing_since: None,
            unkept: false,
            unread: false,
        }
    }

    /// `offer` hands jobs on from the front and leaves what does not fit.
    fn run(mut self, mut offer: impl FnMut(&mut VecDeque<Job>) -> bool, stop: &Stop) {
        let Some(mut follower) = self.begin(stop) else {
            return;
        };
        let mut watched: Option<Instant> = None;
        while !stop.reading.is_cancelled() {
            let poll = Duration::from_millis(FILE_POLL_MS);
            if watched.is_none_or(|watched| watched.elapsed() >= poll) {
                watched = Some(Instant::now());
                self.watch(&mut follower);
                self.keep(&mut follower, false);
            }
            if follower.begin_again() {
                warn!(path = %self.source.path.display(), "an event got lost on its way: the file is read again from what was delivered");
                self.jobs.clear();
                self.source.metrics.error();
                thread::sleep(WAIT_MAX);
            }
            if !self.jobs.is_empty() {
                failpoint::at("stream.batch-taken");
                if !offer(&mut self.jobs) {
                    // A queue that takes nothing any more does not wait.
                    thread::sleep(Duration::from_millis(1));
                }
            } else if self.load.bytes() >= STREAM_IN_FLIGHT_MAX_BYTES {
                thread::sleep(Duration::from_millis(5));
            } else if !self.read(&mut follower) {
                thread::sleep(Duration::from_millis(FILE_POLL_MS / 2));
            }
        }
        // What was not offered stays held until nothing is delivered any more: let go of, it would close the lane.
        while !stop.delivering.is_cancelled() {
            self.keep(&mut follower, false);
            thread::sleep(Duration::from_millis(20));
        }
        self.keep(&mut follower, true);
    }

    /// Finds out where to read on; waits while the store does not tell.
    fn begin(&self, stop: &Stop) -> Option<Follower> {
        let path = self.stream();
        loop {
            let load = self.source.positions.load(&self.source.pipeline, &path);
            match self.runtime.block_on(load) {
                Ok(places) => {
                    let stream = Stream {
                        kind: StreamKind::File,
                        name: path,
                        group: String::new(),
                    };
                    let source = &self.source;
                    return Some(Follower::new(
                        &source.path,
                        source.from,
                        stream.into(),
                        self.load.clone(),
                        places,
                    ));
                }
                Err(error) if stop.reading.is_cancelled() => {
                    warn!(%error, "a file was never read");
                    return None;
                }
                Err(error) => self.fails(&error.to_string()),
            }
            thread::sleep(Duration::from_millis(BACKOFF_MAX_MS / 10));
        }
    }

    /// The stream's name, as in events' origins.
    fn stream(&self) -> String {
        self.source.path.to_string_lossy().into_owned()
    }

    fn fails(&self, reason: &str) {
        if self.source.health.trouble().as_deref() != Some(reason) {
            warn!(pipeline = self.source.pipeline, "{reason}");
        }
        self.source.metrics.error();
        self.source.health.fails(reason);
    }

    fn cannot(&self, error: &io::Error) {
        let path = self.source.path.display();
        self.fails(&format!("the file {path} cannot be read: {error}"));
    }

    /// Looks for another file at the path, and whether there is one at all.
    fn watch(&mut self, follower: &mut Follower) {
        self.source.metrics.lag(0, follower.lag_bytes());
        match follower.watch() {
            Ok(true) => {
                self.missing_since = None;
                if !self.unkept && !self.unread {
                    self.source.health.works();
                }
            }
            Ok(false) => {
                let since = self.missing_since.get_or_insert_with(Instant::now);
                let first = self.kept.is_empty();
                if first || since.elapsed() >= Duration::from_millis(FILE_MISSING_MAX_MS) {
                    let path = self.source.path.display();
                    let reason = format!("the file {path} is not there: waiting for it");
                    self.source.health.fails(reason);
                }
            }
            Err(error) => self.cannot(&error),
        }
    }

    /// Keeps what was dealt with: at once where there is a new file or this is the end, else once in a while.
    fn keep(&mut self, follower: &mut Follower, at_once: bool) {
        follower.forget();
        let places = follower.places();
        let newest = |places: &[Place]| places.last().map(|place| place.incarnation);
        let due = self.kept_at.elapsed() >= Duration::from_millis(FILE_KEEP_MS);
        let new = newest(&places) != newest(&self.kept);
        if places == self.kept || !(at_once || due || new) {
            return;
        }
        self.kept_at = Instant::now();
        let (pipeline, path) = (&self.source.pipeline, self.stream());
        let keep = self.source.positions.keep(pipeline, &path, &places);
        match self.runtime.block_on(keep) {
            Ok(()) => {
                self.unkept = false;
                self.kept = places;
                failpoint::at("stream.acknowledged");
            }
            Err(error) => {
                self.unkept = true;
                self.fails(&error.to_string());
            }
        }
    }

    /// Reads on. `false` where there is nothing at the moment.
    fn read(&mut self, follower: &mut Follower) -> bool {
        // Events' ids name their file: it is kept before anything of it is handed on, lest the same ids come again for another one.
        let known = |place: &Place| {
            self.kept
                .iter()
                .any(|kept| kept.incarnation == place.incarnation)
        };
        if !follower.places().iter().all(known) {
            self.keep(follower, true);
            return !self.unkept;
        }
        let mut read = 0;
        let (jobs, name, key) = (&mut self.jobs, &self.file_name, self.key);
        let mut long = None;
        let step = follower.step(|tail, line| {
            if line.skipped_bytes > 0 {
                long = Some((line.at, line.skipped_bytes));
            }
            read += 1;
            jobs.push_back(job(tail, line, name, key));
        });
        self.source.metrics.read(read);
        if let Some((at, skipped_bytes)) = long {
            let path = self.source.path.display();
            self.source.metrics.error();
            warn!(%path, at, skipped_bytes, "a line is longer than {} bytes: the rest is skipped", limits::FILE_LINE_MAX_BYTES);
        }
        self.unread = step.is_err();
        match step {
            Ok(step) => step != Step::Nothing,
            Err(error) => {
                self.cannot(&error);
                false
            }
        }
    }
}

fn job(tail: &mut Tail, line: Line, file_name: &str, key: Option<&KeyPointer>) -> Job {
    tail.taken = line.next;
    let id = format!("{file_name}/{}/{}", tail.incarnation, line.at);
    let bytes = line.text.len() + EVENT_BYTES;
    let (position, hold) = tail.lane.hold(line.at, line.next, bytes);
    Job {
        event: Event {
            key: key.and_then(|key| key.find(&line.text)),
            id,
            payload: line.text,
            timestamp_ms: now_ms(),
            headers: Vec::new(),
            origin: Origin::Stream {
                position,
                null_payload: false,
            },
        },
        deadline: None,
        receipt: Receipt::Stream(hold),
    }
}
