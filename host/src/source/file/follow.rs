//! The files of one path, over its rotations: those that were rotated away are read to their end, the one at the path as it grows.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{
    identity::{Fingerprint, Identity, Sibling, siblings},
    lines::Line,
    positions::Place,
    start,
    tail::{Read, Tail},
};
use crate::{
    config::From,
    lane::{Lane, Load, Stream},
    limits::{FILE_ROTATED_MAX_COUNT, FILE_ROTATED_QUIET_MS},
};

/// See the module.
pub struct Follower {
    path: PathBuf,
    from: From,
    stream: Arc<Stream>,
    load: Arc<Load>,
    /// The oldest first; the last one is, or was, the one at the path.
    tails: VecDeque<Tail>,
    /// The largest that was given.
    incarnation: i64,
    /// There is a file, or there was one before: what comes next is read from its start.
    began: bool,
}

/// What a step gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// There may be more at once.
    Some,
    /// Nothing is to be read at the moment.
    Nothing,
    /// There are files whose places must be kept before anything of them is handed on.
    New,
}

impl Follower {
    /// Goes on where the places tell, in whatever the files are called by now.
    pub fn new(
        path: &Path,
        from: From,
        stream: Arc<Stream>,
        load: Arc<Load>,
        places: Vec<Place>,
    ) -> Self {
        let mut follower = Self {
            path: path.into(),
            from,
            stream,
            load,
            tails: VecDeque::new(),
            incarnation: places.last().map_or(0, |place| place.incarnation),
            began: !places.is_empty(),
        };
        for place in places {
            let incarnation = place.incarnation;
            match follower.find(place) {
                Ok(Some(tail)) => follower.tails.push_back(tail),
                Ok(None) => {
                    let path = path.display();
                    tracing::warn!(%path, incarnation, "a file that was rotated away is not to be found: what was not read of it is lost");
                }
                Err(error) => {
                    let path = path.display();
                    tracing::warn!(%path, incarnation, %error, "a file that was rotated away cannot be read: what was not read of it is lost");
                }
            }
        }
        follower
    }

    /// The file of that place: the one at the path, one that was renamed, or a copy that was made before the file was truncated.
    fn find(&self, place: Place) -> io::Result<Option<Tail>> {
        let siblings = siblings(&self.path)?;
        let same = |sibling: &&Sibling| sibling.identity.inode == place.identity.inode;
        let rotated = |sibling: &&Sibling| {
            // An empty begin is everybody's: it tells nothing.
            place.fingerprint.bytes > 0 && sibling.is_rotated(&self.path)
        };
        let candidates = siblings
            .iter()
            .filter(same)
            .chain(siblings.iter().filter(rotated));
        for candidate in candidates {
            if candidate.size < place.offset {
                continue;
            }
            let file = File::open(&candidate.path)?;
            if place.fingerprint.is_of(&file) {
                let copy = candidate.identity.inode != place.identity.inode;
                let lane = self.lane(place.offset);
                let mut tail = Tail::new(file, place, lane)?;
                tail.copy = copy;
                return Ok(Some(tail));
            }
        }
        Ok(None)
    }

    fn lane(&self, start: i64) -> Arc<Lane> {
        Lane::new(self.stream.clone(), 0, start, 0, self.load.clone())
    }

    /// Looks whether there is another file at the path. `Ok(false)` where there is none at all.
    pub fn watch(&mut self) -> io::Result<bool> {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Whatever comes is new.
                self.began = true;
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        if !metadata.is_file() {
            let reason = "it is no regular file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let identity = Identity::of(&metadata);
        let known = self.tails.iter().any(|tail| tail.identity == identity);
        if known || self.tails.len() >= FILE_ROTATED_MAX_COUNT {
            return Ok(true);
        }
        for rotated in self.between(identity)? {
            self.add(&rotated.path, 0)?;
        }
        let start = match self.from {
            From::End if !self.began => start::last_line(&File::open(&self.path)?)?,
            _ => 0,
        };
        self.add(&self.path.clone(), start)?;
        self.began = true;
        Ok(true)
    }

    /// Files that came to the path and were rotated away again since it was looked at.
    fn between(&self, newest: Identity) -> io::Result<Vec<Sibling>> {
        let Some(last) = self.tails.back() else {
            return Ok(Vec::new());
        };
        let mut siblings = siblings(&self.path)?;
        let since = siblings
            .iter()
            .find(|sibling| sibling.identity == last.identity);
        let Some(since) = since.map(|sibling| sibling.modified) else {
            return Ok(Vec::new());
        };
        siblings.retain(|sibling| {
            sibling.modified > since
                && sibling.is_rotated(&self.path)
                && sibling.identity != newest
                && !self
                    .tails
                    .iter()
                    .any(|tail| tail.identity == sibling.identity)
        });
        siblings.truncate(FILE_ROTATED_MAX_COUNT.saturating_sub(self.tails.len() + 1));
        Ok(siblings)
    }

    fn add(&mut self, path: &Path, start: i64) -> io::Result<()> {
        let file = File::open(path)?;
        let place = Place {
            incarnation: start::incarnation(self.incarnation),
            identity: Identity::of(&file.metadata()?),
            offset: start,
            fingerprint: Fingerprint::of(&file, start)?,
        };
        let (incarnation, lane) = (place.incarnation, self.lane(start));
        self.tails.push_back(Tail::new(file, place, lane)?);
        self.incarnation = incarnation;
        Ok(())
    }

    /// Reads on, in the oldest file that is not at its end. Lines go to `take` with the file that they are of.
    pub fn step(&mut self, mut take: impl FnMut(&mut Tail, Line)) -> io::Result<Step> {
        let Some(nth) = self.tails.iter().position(|tail| !tail.finished) else {
            return Ok(Step::Nothing);
        };
        let mut lines = Vec::new();
        let tail = &mut self.tails[nth];
        let read = tail.read(|line| lines.push(line));
        for line in lines {
            take(tail, line);
        }
        match read? {
            Read::Some => return Ok(Step::Some),
            Read::Truncated => return self.truncated(nth, take),
            Read::Nothing => {}
        }
        let switched = self.tails.iter().skip(nth + 1).any(Tail::has_content);
        let tail = &mut self.tails[nth];
        // Another thread of the writer may be about to write a last line into the old file.
        let quiet = tail.quiet_since.elapsed() >= Duration::from_millis(FILE_ROTATED_QUIET_MS);
        if !(tail.copy || switched && quiet) {
            return Ok(Step::Nothing);
        }
        finish(tail, take);
        Ok(Step::Some)
    }

    /// The file was emptied and is written anew. Where that was a rotation, what was in it is in a copy.
    fn truncated(&mut self, nth: usize, take: impl FnMut(&mut Tail, Line)) -> io::Result<Step> {
        let identity = self.tails[nth].identity;
        let mut copied = false;
        for sibling in siblings(&self.path)?.iter().rev() {
            if sibling.identity != identity && sibling.is_rotated(&self.path) {
                copied = self.tails[nth].go_on_in(&sibling.path)?;
            }
            if copied {
                break;
            }
        }
        let tail = &mut self.tails[nth];
        if !copied {
            let path = self.path.display();
            tracing::warn!(%path, incarnation = tail.incarnation, "the file was truncated and no copy of it is to be found: what was not read of it is lost");
            finish(tail, take);
            tail.identity = Identity::NONE;
        }
        // Not a rotated one that somebody emptied: nothing will be written there.
        if fs::metadata(&self.path).is_ok_and(|now| Identity::of(&now) == identity) {
            self.add(&self.path.clone(), 0)?;
        }
        Ok(Step::New)
    }

    /// Where a lane was closed, as an event of it got lost, everything is read again from what was dealt with. Whether one was.
    pub fn begin_again(&mut self) -> bool {
        if self.tails.iter().all(|tail| tail.lane.is_open()) {
            return false;
        }
        for nth in 0..self.tails.len() {
            let tail = &self.tails[nth];
            if tail.is_done() {
                continue;
            }
            tail.lane.close();
            if tail.identity == Identity::NONE {
                tracing::warn!(path = %self.path.display(), incarnation = tail.incarnation, "the file was truncated: what was not delivered of it is lost");
                let lane = self.lane(tail.taken);
                self.tails[nth].give_up(lane);
            } else {
                let lane = self.lane(tail.lane.watermark());
                self.tails[nth].begin_again(lane);
            }
        }
        true
    }

    /// Forgets files that were dealt with to their end.
    pub fn forget(&mut self) {
        while self.tails.len() > 1 && self.tails[0].is_done() {
            self.tails.pop_front();
        }
    }

    /// What is to be kept of each file.
    pub fn places(&self) -> Vec<Place> {
        self.tails.iter().map(Tail::place).collect()
    }

    /// Bytes that are not dealt with.
    pub fn lag_bytes(&self) -> i64 {
        self.tails.iter().map(Tail::lag_bytes).sum()
    }
}

fn finish(tail: &mut Tail, mut take: impl FnMut(&mut Tail, Line)) {
    let mut last = None;
    tail.finish(|line| last = Some(line));
    if let Some(line) = last {
        take(tail, line);
    }
}
