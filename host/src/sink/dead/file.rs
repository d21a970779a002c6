//! Dead letters in a file, one JSON object a line ([`super::line`]).

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _},
    path::Path,
    sync::Arc,
};

use super::{
    super::error::{Failure, SinkError},
    Filter, Letter, Order,
    append::AppendFile,
    line::{Line, Object},
};
use crate::{
    dead_letter::{Cause, DeadLetter},
    limits::DEAD_LETTER_LINE_MAX_BYTES,
};

pub const KIND: &str = "file";

/// The dead letters of one pipeline; several pipelines may share a file.
#[derive(Debug)]
pub struct FileDeadLetters {
    pipeline: String,
    file: Arc<AppendFile>,
}

impl FileDeadLetters {
    /// Opens the file, makes it and its folder where they are missing.
    pub async fn open(path: &Path, pipeline: &str) -> Result<Self, SinkError> {
        let letters = Self::new(path, pipeline);
        let file = letters.file.clone();
        letters.blocking(move || file.open()).await?;
        Ok(letters)
    }

    /// The file is opened, and made, by the first write.
    pub(super) fn new(path: &Path, pipeline: &str) -> Self {
        Self {
            pipeline: pipeline.into(),
            file: Arc::new(AppendFile::new(path)),
        }
    }

    /// Appends all of them; on Ok they survive the end of the process and of the machine.
    pub async fn write(&self, dead: &[DeadLetter]) -> Result<(), SinkError> {
        let object = |dead| Object::of(Letter::of(dead, &self.pipeline));
        self.append(dead.iter().map(object)).await
    }

    /// As [`Self::write`], of letters that another keeper refused, each for the reason beside it.
    pub(super) async fn write_refused(
        &self,
        refused: &[(DeadLetter, String)],
    ) -> Result<(), SinkError> {
        let object = |(dead, reason): &(DeadLetter, String)| {
            let mut object = Object::of(Letter::of(dead, &self.pipeline));
            object.refused_because = Some(reason.clone());
            object
        };
        self.append(refused.iter().map(object)).await
    }

    async fn append(&self, objects: impl Iterator<Item = Object>) -> Result<(), SinkError> {
        let mut lines = Vec::new();
        for object in objects {
            serde_json::to_writer(&mut lines, &object)
                .map_err(|error| self.failed(&error.into()))?;
            lines.push(b'\n');
        }
        let file = self.file.clone();
        self.blocking(move || file.append(&lines)).await
    }

    /// The letters asked for.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Letter>, SinkError> {
        let (file, filter) = (self.file.clone(), filter.clone());
        self.blocking(move || list(file.path(), &filter)).await
    }

    /// How many there are of each cause, of those that the filter takes wherever they stand.
    pub async fn counts(&self, filter: &Filter) -> Result<Vec<(Cause, u64)>, SinkError> {
        let (file, filter) = (self.file.clone(), filter.clone());
        self.blocking(move || {
            let mut counts = Cause::ALL.map(|cause| (cause, 0));
            each(file.path(), |letter| {
                if filter.takes(&letter) {
                    let count = counts.iter_mut().find(|(cause, _)| *cause == letter.fault);
                    count.expect("all causes are there").1 += 1;
                }
            })?;
            Ok(counts.into_iter().filter(|(_, count)| *count > 0).collect())
        })
        .await
    }

    /// The last letter of that event.
    pub async fn get(&self, id: &str) -> Result<Option<Letter>, SinkError> {
        let (file, id) = (self.file.clone(), id.to_owned());
        let pipeline = self.pipeline.clone();
        self.blocking(move || {
            let mut found = None;
            each(file.path(), |letter| {
                if letter.id == id && letter.pipeline == pipeline {
                    found = Some(letter);
                }
            })?;
            Ok(found)
        })
        .await
    }

    /// Says that the event of that id was sent again.
    pub async fn mark_retried(&self, id: &str, at_ms: u64) -> Result<(), SinkError> {
        let mark = serde_json::json!({ "retried": id, "retried_at_ms": at_ms });
        let file = self.file.clone();
        self.blocking(move || file.append(format!("{mark}\n").as_bytes()))
            .await
    }

    pub(super) async fn close(self) {}

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, SinkError> {
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done.map_err(|error| self.failed(&error)),
            Err(panic) => Err(self.failed(&io::Error::other(panic))),
        }
    }

    fn failed(&self, error: &io::Error) -> SinkError {
        let failure = Failure {
            sink: KIND,
            pipeline: self.pipeline.clone(),
            detail: format!("dead letters in {}: {error}", self.file.path().display()),
        };
        match error.kind() {
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::InvalidInput => SinkError::Permanent(failure),
            _ => SinkError::Temporary(failure),
        }
    }
}

fn list(path: &Path, filter: &Filter) -> io::Result<Vec<Letter>> {
    let mut taken: BTreeMap<(u64, String), Letter> = BTreeMap::new();
    each(path, |letter| {
        let place = (letter.dead_at_ms, letter.id.clone());
        let follows = filter
            .after
            .as_ref()
            .is_none_or(|after| match filter.order {
                Order::OldestFirst => place > *after,
                Order::NewestFirst => place < *after,
            });
        if !follows || !filter.takes(&letter) {
            return;
        }
        taken.insert(place, letter);
        if taken.len() > filter.limit {
            match filter.order {
                Order::OldestFirst => taken.pop_last(),
                Order::NewestFirst => taken.pop_first(),
            };
        }
    })?;
    let letters = taken.into_values();
    Ok(match filter.order {
        Order::OldestFirst => letters.collect(),
        Order::NewestFirst => letters.rev().collect(),
    })
}

/// Calls `take` with each letter, in the file's order. A line that is none, as one that a crash tore, is passed over and told.
fn each(path: &Path, mut take: impl FnMut(Letter)) -> io::Result<()> {
    // Event, and the place and moment of its last mark: only letters before it were sent again.
    let mut marks: HashMap<String, (usize, u64)> = HashMap::new();
    lines(path, |nth, line| {
        if let Some(Line::Retried {
            retried,
            retried_at_ms,
        }) = line
        {
            marks.insert(retried, (nth, retried_at_ms));
        }
    })?;
    let mut unreadable = 0_usize;
    lines(path, |nth, line| {
        let letter = match line {
            Some(Line::Retried { .. }) => return,
            Some(Line::Letter(object)) => object.into_letter(),
            None => None,
        };
        let Some(mut letter) = letter else {
            unreadable += 1;
            return;
        };
        if let Some((last, at_ms)) = marks.get(&letter.event_id)
            && nth < *last
        {
            letter.retried_at_ms = Some(*at_ms);
        }
        take(letter);
    })?;
    if unreadable > 0 {
        let path = path.display();
        tracing::warn!(%path, lines = unreadable, "lines of the file are no dead letters");
    }
    Ok(())
}

/// Calls `take` with each line that is not empty, `None` for one that is no object of ours. No file is no line.
fn lines(path: &Path, mut take: impl FnMut(usize, Option<Line>)) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut reader = BufReader::with_capacity(64 << 10, file);
    let mut line = Vec::new();
    for nth in 0.. {
        line.clear();
        let mut bounded = (&mut reader).take(DEAD_LETTER_LINE_MAX_BYTES);
        if bounded.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        take(nth, serde_json::from_slice(&line).ok());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
