//! A running gateway: the real binary as a process.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{client::Client, folder::Folder, workspace};

/// See the module. Dropped, the process is killed, and its log must hold no panic.
pub struct Gateway {
    /// The scoring listener.
    pub http: SocketAddr,
    /// The operators' listener.
    pub admin: SocketAddr,
    pub folder: Arc<Folder>,
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// Longer than a start takes on a busy machine that compiles all plugins anew.
const START_MAX: Duration = Duration::from_secs(120);

impl Gateway {
    /// Starts `scoregate serve` on the folder's configuration and waits until it answers.
    pub fn start(folder: Arc<Folder>) -> Self {
        let mut child = Command::new(workspace::scoregate())
            .arg("serve")
            .arg(folder.config())
            .args(["--log-format", "json"])
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(folder.path("stdout")).expect("a file for stdout"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stderr = child.stderr.take().expect("a pipe");
        let log = Arc::new(Mutex::new(String::new()));
        let (tell, ready) = mpsc::channel();
        let written = log.clone();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some(addresses) = ready_line(&line) {
                    tell.send(addresses).ok();
                }
                let mut log = written.lock().expect("the log");
                log.push_str(&line);
                log.push('\n');
            }
        });
        let Ok((http, admin)) = ready.recv_timeout(START_MAX) else {
            child.kill().ok();
            panic!(
                "the gateway did not become ready:\n{}",
                log.lock().expect("the log")
            );
        };
        Self {
            http,
            admin,
            folder,
            child,
            log,
            reader: Some(reader),
        }
    }

    /// Starts the sample pipeline.
    pub fn fraud() -> Self {
        Self::start(Arc::new(Folder::fraud("")))
    }

    /// A client of the scoring listener.
    pub fn client(&self) -> Client {
        Client::new(self.http)
    }

    /// A client of the operators' listener.
    pub fn admin_client(&self) -> Client {
        Client::new(self.admin)
    }

    /// What the gateway has logged so far, one JSON object a line.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// What the gateway has written to stdout so far.
    pub fn stdout(&self) -> String {
        std::fs::read_to_string(self.folder.path("stdout")).expect("stdout is text")
    }

    /// The database of the folder's sinks.
    pub fn database(&self) -> std::path::PathBuf {
        self.folder.path("scores.db")
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.child.id());
        let status = Command::new("sh").arg("-c").arg(kill).status();
        assert!(status.expect("a shell").success());
    }

    /// Sends SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().expect("the process is killed");
        self.child.wait().expect("the process ends");
    }

    /// Waits for the end.
    pub fn wait(&mut self, wait_max: Duration) -> ExitStatus {
        let deadline = Instant::now() + wait_max;
        loop {
            if let Some(status) = self
                .child
                .try_wait()
                .expect("the process can be waited for")
            {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "the gateway did not end:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Peak of the process's memory in bytes, where the system tells.
    pub fn memory_peak_bytes(&self) -> Option<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(Path::new(&path)).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
        Some(kilobytes * 1024)
    }

    /// Fails where anything has panicked.
    pub fn assert_no_panic(&self) {
        let log = self.log();
        assert!(!log.contains("panicked"), "the gateway panicked:\n{log}");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if let Some(reader) = self.reader.take() {
            reader.join().ok();
        }
        if !std::thread::panicking() {
            self.assert_no_panic();
        }
    }
}

fn ready_line(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").unwrap_or(&line);
    if fields["message"] != "ready" {
        return None;
    }
    let address = |key| fields[key].as_str()?.parse().ok();
    Some((address("http")?, address("admin")?))
}
