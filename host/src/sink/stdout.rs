//! Standard output: one JSON line an outcome, for a terminal, a pipe or a container's log.

use std::{
    fs::File,
    io::{self, ErrorKind, Write},
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::error::{Failure, SinkError};
use crate::{event::Scored, limits, record};

pub const KIND: &str = "stdout";

/// A write that failed in the middle of a line: whoever writes next ends that line first, so that its own lines stay whole.
static TORN: AtomicBool = AtomicBool::new(false);

/// A pipeline's lines on standard output. At least once: after an error some of the rows may be out, and they are written again with the retry.
#[derive(Debug)]
pub struct StdoutSink {
    pipeline: String,
    /// Standard output without the standard library's buffer, which could hold back lines of a failed write.
    out: Arc<File>,
}

impl StdoutSink {
    pub(super) fn open(pipeline: &str) -> Result<Self, SinkError> {
        let out = io::stdout().as_fd().try_clone_to_owned();
        match out {
            Ok(out) => Ok(Self {
                pipeline: pipeline.into(),
                out: Arc::new(out.into()),
            }),
            Err(error) => Err(failed(pipeline, &error)),
        }
    }

    /// Writes all rows as lines that stand together. A reader that does not read makes it wait.
    pub(super) async fn write(&self, scored: &[Scored]) -> Result<(), SinkError> {
        let mut lines = Vec::with_capacity(scored.len() * 384);
        for scored in scored {
            record::write_json(&mut lines, scored);
            lines.push(b'\n');
        }
        let out = Arc::clone(&self.out);
        let written = tokio::task::spawn_blocking(move || {
            // The lock is the whole process's: lines of other sinks and of `println!` wait for it.
            let mut lock = io::stdout().lock();
            lock.flush()?;
            write_lines(&mut &*out, &lines, &TORN)
        })
        .await
        .unwrap_or_else(|panic| Err(io::Error::other(panic)));
        written.map_err(|error| failed(&self.pipeline, &error))
    }
}

/// Writes `lines`, which end with a newline, and remembers in `torn` whether it stopped within a line.
fn write_lines(out: &mut impl Write, lines: &[u8], torn: &AtomicBool) -> io::Result<()> {
    if torn.load(Ordering::Relaxed) {
        write_whole(out, b"\n").1?;
        torn.store(false, Ordering::Relaxed);
    }
    let (written, result) = write_whole(out, lines);
    if result.is_err() && written > 0 && lines[written - 1] != b'\n' {
        torn.store(true, Ordering::Relaxed);
    }
    result
}

/// `write_all` that says how many bytes went out. An output set to not block (a terminal shared with another program) is tried again for
/// [`limits::SINK_RETRY_MAX_MS`] without progress.
fn write_whole(out: &mut impl Write, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    let mut progress = Instant::now();
    while written < bytes.len() {
        match out.write(&bytes[written..]) {
            Ok(0) => return (written, Err(ErrorKind::WriteZero.into())),
            Ok(count) => {
                written += count;
                progress = Instant::now();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error)
                if error.kind() == ErrorKind::WouldBlock
                    && progress.elapsed() < Duration::from_millis(limits::SINK_RETRY_MAX_MS) =>
            {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}

fn failed(pipeline: &str, error: &io::Error) -> SinkError {
    let failure = |detail| Failure {
        sink: KIND,
        pipeline: pipeline.into(),
        detail,
    };
    match error.kind() {
        ErrorKind::BrokenPipe => SinkError::Permanent(failure(
            "nobody reads standard output any more: the pipe is closed".into(),
        )),
        _ => SinkError::Temporary(failure(format!("cannot write to standard output: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashMap,
        io::{BufRead, BufReader, Read},
    };

    use super::*;
    use crate::sink::testing;

    /// Takes so many bytes, then fails once.
    struct Full(usize, Vec<u8>);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = bytes.len().min(self.0);
            self.0 = self.0.checked_sub(room.max(1)).unwrap_or(usize::MAX);
            if room == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            self.1.extend_from_slice(&bytes[..room]);
            Ok(room)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn after_a_write_that_stopped_within_a_line_the_next_line_is_whole() {
        for room in 0..=12 {
            let torn = AtomicBool::new(false);
            let mut out = Full(room, Vec::new());
            let first = write_lines(&mut out, b"{1}\n{22}\n", &torn);
            assert_eq!(first.is_err(), room < 9, "room for {room}");
            out.0 = usize::MAX;
            write_lines(&mut out, b"{3}\n", &torn).unwrap();
            let text = String::from_utf8(out.1).unwrap();
            assert!(text.lines().any(|line| line == "{3}"), "{text:?}");
            assert!(!text.contains("\n\n"), "no line too many: {text:?}");
        }
    }

    #[test]
    fn a_closed_pipe_is_permanent_and_anything_else_may_pass() {
        assert!(!failed("fraud", &ErrorKind::BrokenPipe.into()).is_temporary());
        assert!(failed("fraud", &ErrorKind::StorageFull.into()).is_temporary());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    #[ignore = "run by the test that reads it"]
    async fn child_with_two_sinks() {
        if testing::child_argument().is_none() {
            return;
        }
        println!();
        let mut writers = Vec::new();
        for pipeline in ["fraud", "churn"] {
            let sink = Arc::new(StdoutSink::open(pipeline).unwrap());
            for task in 0..4 {
                let sink = Arc::clone(&sink);
                writers.push(tokio::spawn(async move {
                    for group in 0..25 {
                        let id = |n| format!("{pipeline}/{task}/{group}/{n}");
                        sink.write(&testing::batch((0..200).map(id))).await.unwrap();
                    }
                }));
            }
        }
        for writer in writers {
            writer.await.unwrap();
        }
    }

    #[test]
    fn lines_of_two_sinks_never_mix() {
        let mut child = testing::child("sink::stdout::tests::child_with_two_sinks", "-");
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut open = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if !line.starts_with('{') {
                continue;
            }
            let record: serde_json::Value = serde_json::from_str(&line).expect(&line);
            let (group, n) = record["event_id"]
                .as_str()
                .unwrap()
                .rsplit_once('/')
                .unwrap();
            let next = seen.entry(group.to_owned()).or_default();
            assert_eq!(n, next.to_string(), "in order");
            assert!(
                *next == 0 || group == open,
                "rows of one call stand together"
            );
            *next += 1;
            open = group.to_owned();
        }
        assert!(child.wait().unwrap().success());
        assert_eq!(seen.len(), 200);
        assert!(seen.values().all(|&rows| rows == 200));
    }

    #[tokio::test]
    #[ignore = "run by the test that closes its pipe"]
    async fn child_whose_reader_leaves() {
        if testing::child_argument().is_none() {
            return;
        }
        let sink = StdoutSink::open("fraud").unwrap();
        println!("\nready");
        io::stdin().read_to_end(&mut Vec::new()).unwrap();
        let error = sink.write(&[testing::scored("e")]).await.unwrap_err();
        // The test harness could not say so itself: its output is that closed pipe.
        std::process::exit(if error.is_temporary() { 1 } else { 42 });
    }

    #[test]
    fn a_closed_pipe_is_an_error_and_no_panic() {
        let mut child = testing::child("sink::stdout::tests::child_whose_reader_leaves", "-");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "ready"));
        drop(lines);
        drop(child.stdin.take());
        assert_eq!(child.wait().unwrap().code(), Some(42));
    }
}
