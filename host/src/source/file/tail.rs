//! One file that is read to its end, and beyond it as it grows, whatever it is renamed to.

use std::{
    fs::{File, Metadata},
    io,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::Arc,
    time::{Instant, SystemTime},
};

use bytes::{Bytes, BytesMut};

use super::{
    identity::{Fingerprint, Identity},
    lines::{Line, Lines},
    positions::Place,
};
use crate::{
    lane::Lane,
    limits::{FILE_CHUNK_BYTES, FILE_LINE_MAX_BYTES},
};

/// What was read last is read again with what comes after it: where it is not the same any more, the file was truncated and written anew.
const OVERLAP_MAX_BYTES: usize = 256;

/// See the module.
pub struct Tail {
    file: File,
    pub identity: Identity,
    pub incarnation: i64,
    pub lane: Arc<Lane>,
    lines: Lines,
    /// The end of what was read.
    overlap: Bytes,
    fingerprint: Fingerprint,
    /// Of the file as it was when nothing more was to be read.
    quiet: Option<(u64, SystemTime)>,
    /// Since when nothing was to be read.
    pub quiet_since: Instant,
    /// Where the last line ends that was taken of it.
    pub taken: i64,
    /// Nothing more is read of it.
    pub finished: bool,
    /// A copy of a file that was truncated: it does not grow.
    pub copy: bool,
}

/// What one reading gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// There may be more.
    Some,
    Nothing,
    /// The file does not hold any more what was read of it.
    Truncated,
}

impl Tail {
    /// Reading goes on where the lane does, in a file of these first bytes.
    pub fn new(file: File, place: Place, lane: Arc<Lane>) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            identity: Identity::of(&metadata),
            file,
            incarnation: place.incarnation,
            lines: Lines::new(lane.watermark(), FILE_LINE_MAX_BYTES),
            taken: lane.watermark(),
            lane,
            overlap: Bytes::new(),
            fingerprint: place.fingerprint,
            quiet: None,
            quiet_since: Instant::now(),
            finished: false,
            copy: false,
        })
    }

    /// Opens a file that is a copy of what this one was: reading goes on in it. `false` where it is none.
    pub fn go_on_in(&mut self, path: &Path) -> io::Result<bool> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let position = self.lines.position();
        let mut overlap = vec![0; self.overlap.len()];
        if (metadata.len() as i64) < position || !self.fingerprint.is_of(&file) {
            return Ok(false);
        }
        let known = overlap.len() as i64;
        file.read_exact_at(&mut overlap, (position - known) as u64)?;
        if overlap != self.overlap {
            return Ok(false);
        }
        self.identity = Identity::of(&metadata);
        self.file = file;
        self.copy = true;
        self.quiet = None;
        Ok(true)
    }

    /// Reads a chunk, and gives the lines that end in it.
    pub fn read(&mut self, take: impl FnMut(Line)) -> io::Result<Read> {
        let position = self.lines.position();
        let metadata = self.file.metadata()?;
        if self.quiet == Some(state(&metadata)) {
            return Ok(Read::Nothing);
        }
        let known = self.overlap.len();
        let mut chunk = BytesMut::zeroed(known + FILE_CHUNK_BYTES);
        let read = read_at(&self.file, &mut chunk, (position - known as i64) as u64)?;
        chunk.truncate(read);
        if read < known || chunk[..known] != self.overlap[..] || metadata.len() < position as u64 {
            return Ok(Read::Truncated);
        }
        let chunk = chunk.freeze();
        let new = chunk.slice(known..);
        if new.is_empty() {
            // What was asked before the reading: a line that came in between is then read by the next one.
            self.quiet = Some(state(&metadata));
            return Ok(Read::Nothing);
        }
        self.quiet_since = Instant::now();
        self.lines.feed(&new, take);
        self.overlap = Bytes::copy_from_slice(&chunk[read.saturating_sub(OVERLAP_MAX_BYTES)..]);
        if !self.fingerprint.is_full() {
            self.fingerprint = Fingerprint::of(&self.file, self.lines.position())?;
        }
        Ok(Read::Some)
    }

    /// Nothing more is read of it; a last line without a newline is one now.
    pub fn finish(&mut self, take: impl FnOnce(Line)) {
        self.lines.finish(take);
        self.finished = true;
    }

    /// Reads again from where the lane given begins.
    pub fn begin_again(&mut self, lane: Arc<Lane>) {
        self.lines = Lines::new(lane.watermark(), FILE_LINE_MAX_BYTES);
        self.taken = lane.watermark();
        self.lane = lane;
        self.overlap = Bytes::new();
        self.quiet = None;
        self.finished = false;
    }

    /// What was lost on its way cannot be read again.
    pub fn give_up(&mut self, lane: Arc<Lane>) {
        self.lane = lane;
    }

    /// Whether all that was ever in it was dealt with.
    pub fn is_done(&self) -> bool {
        self.finished && self.lane.is_open() && self.lane.watermark() >= self.taken
    }

    /// Whether anything was written into it.
    pub fn has_content(&self) -> bool {
        self.file
            .metadata()
            .is_ok_and(|metadata| metadata.len() > 0)
    }

    /// Bytes that are not dealt with.
    pub fn lag_bytes(&self) -> i64 {
        if self.is_done() {
            return 0;
        }
        let size = self.file.metadata().map_or(0, |metadata| metadata.len());
        (size as i64 - self.lane.watermark()).max(0)
    }

    /// What is kept of it.
    pub fn place(&self) -> Place {
        Place {
            incarnation: self.incarnation,
            identity: self.identity,
            offset: self.lane.watermark(),
            fingerprint: self.fingerprint.clone(),
        }
    }
}

fn state(metadata: &Metadata) -> (u64, SystemTime) {
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    (metadata.len(), modified)
}

/// As much as there is.
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
