//! A server's process and folder, which both end with the test process.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::files;
use crate::signal::{self, Signal};

/// See the module. A shell waits at a pipe: when the test process ends, for whatever reason, the pipe ends, and the shell ends the server.
pub struct Process {
    folder: PathBuf,
    running: Mutex<Option<Child>>,
    watchdog: Mutex<(Child, Option<ChildStdin>)>,
}

/// Reads the server's process id from each line (an empty one: there is none); at the end asks it to go at once, then makes it.
/// A process that ended but that nobody waits for has no `exe` any more.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
    kill "-$2" "$pid"
    for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e "/proc/$pid/exe" ] || break; sleep 0.1; done
    kill -KILL "$pid"
fi
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
"#;

/// Lines of a server's log that a failure shows.
const LOG_TAIL_LINES: usize = 40;

impl Process {
    /// A folder for a server that is not started yet. `at_once` is the signal that ends it without ceremony, with all its children.
    pub fn new(name: &str, at_once: Signal) -> Self {
        let dir = tempfile::Builder::new()
            .prefix(&format!("scoregate-{name}-"))
            .tempdir()
            .expect("a temporary folder");
        let folder = dir.keep();
        let mut watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "sh"])
            .arg(&folder)
            .arg(at_once.name())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C reaches the test process only, whose end tells the watchdog.
            .process_group(0)
            .spawn()
            .expect("a shell");
        let pipe = watchdog.stdin.take();
        Self {
            folder,
            running: Mutex::new(None),
            watchdog: Mutex::new((watchdog, pipe)),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a command to its end in the folder, as an ordinary user. Fails where it fails.
    pub fn run(&self, command: &mut Command) {
        files::give(&self.folder);
        files::lower(command, &self.folder);
        let name = command.get_program().to_owned();
        let output = command.stdin(Stdio::null()).output();
        let output = output.unwrap_or_else(|error| panic!("{name:?} does not start: {error}"));
        assert!(
            output.status.success(),
            "{command:?} failed:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Starts the server in its folder, as an ordinary user. What it says goes to `server.log`, which begins anew.
    pub fn start(&self, command: &mut Command) {
        let mut running = self.running();
        assert!(running.is_none(), "the server runs already");
        files::give(&self.folder);
        files::lower(command, &self.folder);
        let log = File::create(self.log_path()).expect("a log file");
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{:?} does not start: {error}", command.get_program()));
        self.tell_watchdog(&child.id().to_string());
        *running = Some(child);
    }

    /// None where it does not run.
    pub fn pid(&self) -> Option<u32> {
        self.running().as_ref().map(Child::id)
    }

    /// False too where the server has ended by itself.
    pub fn is_running(&self) -> bool {
        let mut running = self.running();
        let ended = running
            .as_mut()
            .is_some_and(|child| child.try_wait().is_ok_and(|status| status.is_some()));
        if ended {
            *running = None;
            self.tell_watchdog("");
        }
        running.is_some()
    }

    /// Sends a signal to the server, which must run.
    pub fn signal(&self, signal: Signal) {
        signal::send(signal, self.pid().expect("the server runs"));
    }

    /// Sends the signal and waits for the end; a server that stays longer is killed. Nothing where it does not run.
    pub fn end(&self, signal: Signal, wait_max: Duration) {
        if !self.is_running() {
            return;
        }
        self.signal(signal);
        let deadline = Instant::now() + wait_max;
        while self.is_running() {
            if Instant::now() > deadline {
                self.signal(Signal::Kill);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// All that the server has said since its last start.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    /// The end of [`log`](Self::log), for messages.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    fn running(&self) -> MutexGuard<'_, Option<Child>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_watchdog(&self, line: &str) {
        let mut watchdog = self.watchdog.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = watchdog.1.as_mut().expect("open until the end");
        writeln!(pipe, "{line}").expect("the watchdog listens");
    }
}

impl Drop for Process {
    /// Leaves the work to the watchdog, so that it is done one way only.
    fn drop(&mut self) {
        let watchdog = self
            .watchdog
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        drop(watchdog.1.take());
        if let Some(mut child) = self
            .running
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            child.wait().ok();
        }
        watchdog.0.wait().ok();
    }
}
