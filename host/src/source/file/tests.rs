use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    sync::Mutex,
};

use super::*;
use crate::telemetry::Telemetry;

/// What a pipeline would get, and whether it deals with it.
#[derive(Default)]
struct Pipe {
    /// Ids and lines, in their order.
    taken: Vec<(String, String)>,
    /// Nothing is delivered: it waits here.
    held: Option<Vec<Job>>,
    /// The event of this line gets lost, once.
    lose: Option<&'static str>,
    full: bool,
}

impl Pipe {
    fn offer(&mut self, jobs: &mut VecDeque<Job>) -> bool {
        if self.full {
            return false;
        }
        for job in jobs.drain(..) {
            let line = String::from_utf8(job.event.payload.to_vec()).unwrap();
            if self.lose == Some(line.as_str()) {
                self.lose = None;
                continue;
            }
            let open = job.event.position().is_none_or(|at| at.lane.is_open());
            if !open {
                continue;
            }
            self.taken.push((job.event.id.clone(), line));
            match (&mut self.held, job.receipt) {
                (Some(held), receipt) => held.push(Job { receipt, ..job }),
                (None, Receipt::Stream(hold)) => hold.release(),
                (None, Receipt::Reply(_)) => unreachable!("a stream's job"),
            }
        }
        true
    }
}

/// A gateway's folder and the file that is followed.
struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("logs").join(name)
    }

    fn append(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path("")).unwrap();
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).open(self.path(name));
        file.unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// As logrotate does with `copytruncate`.
    fn copy_and_truncate(&self, from: &str, to: &str) {
        fs::copy(self.path(from), self.path(to)).unwrap();
        let file = OpenOptions::new().write(true).open(self.path(from));
        file.unwrap().set_len(0).unwrap();
    }

    async fn follow(&self, from: config::From) -> Following {
        self.follow_into(from, Pipe::default()).await
    }

    async fn follow_into(&self, from: config::From, pipe: Pipe) -> Following {
        let path = self.path("app.log");
        let positions = Positions::open(&self.dir.path().join("store")).await;
        let health = Health::default();
        let metrics = Telemetry::new().source("logs", "file", "app.log");
        let source = FileSource::new(
            &path,
            from,
            Arc::new(positions.unwrap()),
            "logs",
            metrics,
            health.clone(),
        );
        let pipe = Arc::new(Mutex::new(pipe));
        let (stop, runtime) = (Stop::default(), Handle::current());
        let (theirs, stopped) = (pipe.clone(), stop.clone());
        let reader = tokio::task::spawn_blocking(move || {
            let offer = |jobs: &mut VecDeque<Job>| theirs.lock().unwrap().offer(jobs);
            Reader::new(source, runtime, None).run(offer, &stopped);
        });
        Following {
            pipe,
            stop,
            health,
            reader,
        }
    }
}

struct Following {
    pipe: Arc<Mutex<Pipe>>,
    stop: Stop,
    health: Health,
    reader: tokio::task::JoinHandle<()>,
}

impl Following {
    /// Waits until something holds.
    async fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        for _ in 0..3_000 {
            if holds(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}; there is {:?}", self.taken());
    }

    fn taken(&self) -> Vec<(String, String)> {
        self.pipe.lock().unwrap().taken.clone()
    }

    fn lines(&self) -> Vec<String> {
        self.taken().into_iter().map(|(_, line)| line).collect()
    }

    /// Waits for these lines, and that there are no others.
    async fn gives(&self, lines: &[&str]) {
        self.until(&format!("{lines:?}"), |this| {
            this.lines().len() >= lines.len()
        })
        .await;
        assert_eq!(self.lines(), lines);
    }

    async fn stop(self) -> Vec<(String, String)> {
        self.stop.reading.cancel();
        self.stop.delivering.cancel();
        self.reader.await.unwrap();
        self.pipe.lock().unwrap().taken.clone()
    }
}

use config::From::{End, Start};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_from_its_start_and_on_as_it_grows() {
    let place = Folder::new();
    place.append("app.log", "a\nb\r\n\nto");
    let following = place.follow(Start).await;
    following.gives(&["a", "b"]).await;
    place.append("app.log", "rn\nc\n");
    following.gives(&["a", "b", "torn", "c"]).await;
    let taken = following.stop().await;
    let offsets: Vec<_> = taken
        .iter()
        .map(|(id, _)| id.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(offsets, ["0", "2", "6", "11"]);
    assert!(taken.iter().all(|(id, _)| id.starts_with("app.log/")));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_begins_the_line_that_is_not_written_yet_and_only_the_first_time() {
    let place = Folder::new();
    place.append("app.log", "old\nhalf");
    let following = place.follow(End).await;
    following
        .until("a first look", |this| this.health.trouble().is_none())
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    place.append("app.log", " a line\n");
    following.gives(&["half a line"]).await;
    following.stop().await;
    place.append("app.log", "meanwhile\n");
    let following = place.follow(End).await;
    following.gives(&["meanwhile"]).await;
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_file_is_read_to_its_end_before_the_new_one() {
    let place = Folder::new();
    place.append("app.log", "a\n");
    let following = place.follow(Start).await;
    following.gives(&["a"]).await;
    place.rename("app.log", "app.log.1");
    place.append("app.log", "");
    place.append("app.log.1", "late\nlast without a newline");
    following.gives(&["a", "late"]).await;
    place.append("app.log", "new\n");
    following
        .gives(&["a", "late", "last without a newline", "new"])
        .await;
    let taken = following.stop().await;
    let incarnation = |nth: usize| taken[nth].0.split('/').nth(1).unwrap().to_owned();
    assert_eq!(incarnation(0), incarnation(2));
    assert_ne!(incarnation(0), incarnation(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_copied_and_truncated_is_read_on_in_the_copy_and_then_anew() {
    let place = Folder::new();
    place.append("app.log", "a\nb\n");
    let pipe = Pipe {
        full: true,
        ..Pipe::default()
    };
    let following = place.follow_into(Start, pipe).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    // Nothing of these was looked at before the file was truncated.
    place.append("app.log", "c\nd\n");
    place.copy_and_truncate("app.log", "app.log.1");
    place.append("app.log", "e, longer than all that was read before\n");
    following.pipe.lock().unwrap().full = false;
    let all = [
        "a",
        "b",
        "c",
        "d",
        "e, longer than all that was read before",
    ];
    following.gives(&all).await;
    place.append("app.log", "f\n");
    following.until("f", |this| this.lines().len() == 6).await;
    let ids: std::collections::HashSet<_> = following
        .stop()
        .await
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(ids.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_emptied_is_read_from_its_start() {
    let place = Folder::new();
    place.append("app.log", "a\nb\n");
    let following = place.follow(Start).await;
    following.gives(&["a", "b"]).await;
    fs::write(place.path("app.log"), "c\n").unwrap();
    following.gives(&["a", "b", "c"]).await;
    fs::write(place.path("app.log"), "another and longer\n").unwrap();
    following
        .gives(&["a", "b", "c", "another and longer"])
        .await;
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_after_what_was_delivered_with_the_same_ids() {
    let place = Folder::new();
    place.append("app.log", "a\nb\n");
    let following = place.follow(Start).await;
    following.gives(&["a", "b"]).await;
    following.pipe.lock().unwrap().held = Some(Vec::new());
    place.append("app.log", "c\nd\n");
    following.gives(&["a", "b", "c", "d"]).await;
    let before = following.stop().await;
    place.append("app.log", "e\n");
    let following = place.follow(Start).await;
    following.gives(&["c", "d", "e"]).await;
    let after = following.stop().await;
    assert_eq!(before[2..], after[..2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_finishes_files_that_were_rotated_meanwhile() {
    let place = Folder::new();
    place.append("app.log", "a\n");
    let following = place.follow(Start).await;
    following.gives(&["a"]).await;
    following.stop().await;
    place.append("app.log", "b\n");
    tokio::time::sleep(Duration::from_millis(20)).await;
    place.rename("app.log", "app.log.2");
    place.append("app.log", "c\n");
    tokio::time::sleep(Duration::from_millis(20)).await;
    place.rename("app.log", "app.log.1");
    place.append("app.log", "d\n");
    place.append("app.log.err", "not ours\n");
    let following = place.follow(Start).await;
    following.gives(&["b", "c", "d"]).await;
    following.stop().await;
    let following = place.follow(Start).await;
    place.append("app.log", "e\n");
    following.gives(&["e"]).await;
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_finds_what_was_copied_before_the_file_was_truncated() {
    let place = Folder::new();
    place.append("app.log", "a\nb\n");
    let following = place.follow(Start).await;
    following.gives(&["a", "b"]).await;
    following.stop().await;
    place.append("app.log", "c\n");
    place.copy_and_truncate("app.log", "app.log.1");
    place.append("app.log", "d, and so much that the old place is in it\n");
    let following = place.follow(Start).await;
    following
        .gives(&["c", "d, and so much that the old place is in it"])
        .await;
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_is_waited_for_and_told() {
    let place = Folder::new();
    fs::create_dir_all(place.path("")).unwrap();
    let following = place.follow(End).await;
    following
        .until("trouble", |this| {
            let trouble = this.health.trouble().unwrap_or_default();
            trouble.contains("app.log is not there: waiting for it")
        })
        .await;
    place.append("app.log", "first\n");
    following.gives(&["first"]).await;
    following
        .until("no trouble", |this| this.health.trouble().is_none())
        .await;
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_got_lost_is_read_again() {
    let place = Folder::new();
    place.append("app.log", "a\nb\nc\n");
    let pipe = Pipe {
        lose: Some("b"),
        ..Pipe::default()
    };
    let following = place.follow_into(Start, pipe).await;
    following.gives(&["a", "b", "c"]).await;
    following.stop().await;
    let following = place.follow(Start).await;
    place.append("app.log", "d\n");
    following.gives(&["d"]).await;
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_are_read_in_pieces_and_whole() {
    let place = Folder::new();
    let lines: Vec<String> = (0..30_000).map(|nth| format!("line {nth}")).collect();
    place.append("app.log", &(lines.join("\n") + "\n"));
    let long = "x".repeat(limits::FILE_LINE_MAX_BYTES + 10);
    place.append("app.log", &format!("{long}\nafter\n"));
    let following = place.follow(Start).await;
    following
        .until("all", |this| {
            this.pipe.lock().unwrap().taken.len() >= 30_002
        })
        .await;
    let taken: Vec<_> = following
        .stop()
        .await
        .into_iter()
        .map(|(_, line)| line)
        .collect();
    assert_eq!(taken[..30_000], lines);
    assert_eq!(taken[30_000], long[..limits::FILE_LINE_MAX_BYTES]);
    assert_eq!(taken[30_001..], ["after"]);
}

#[test]
fn incarnations_grow_and_do_not_begin_anew_with_a_new_store() {
    let first = start::incarnation(0);
    assert!(start::incarnation(first) > first);
    assert!(start::incarnation(i64::MAX - 1) == i64::MAX);
    assert!(first > 1 << 40);
}
