//! A running gateway: the real binary as a process.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    client::Client,
    command::Ended,
    folder::Folder,
    servers::blocking::block_on,
    signal::{self, Signal},
    workspace,
};

/// See the module. Dropped, the process is killed, and its log must hold no panic.
pub struct Gateway {
    /// The scoring listener.
    pub http: SocketAddr,
    /// The operators' listener.
    pub admin: SocketAddr,
    pub folder: Arc<Folder>,
    env: Vec<(String, String)>,
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// The environment variable that names points where the process ends itself.
pub const FAILPOINTS: &str = "FAILPOINTS";

/// Longer than a start takes on a busy machine that compiles all plugins anew.
const START_MAX: Duration = Duration::from_secs(120);

impl Gateway {
    /// Starts `scoregate serve` on the folder's configuration and waits until it answers.
    pub fn start(folder: Arc<Folder>) -> Self {
        Self::start_with(folder, &[])
    }

    /// With these environment variables beside those of the test.
    pub fn start_with(folder: Arc<Folder>, env: &[(&str, &str)]) -> Self {
        Self::spawn(folder, env)
            .unwrap_or_else(|ended| panic!("the gateway did not become ready:\n{}", ended.stderr))
    }

    /// For starts that may end before the gateway is ready: then how it ended. With [`FAILPOINTS`] it is the binary that has them.
    pub fn spawn(folder: Arc<Folder>, env: &[(&str, &str)]) -> Result<Self, Ended> {
        Self::spawn_with_args(folder, env, &[])
    }

    /// With these options of `serve` as well.
    pub fn spawn_with_args(
        folder: Arc<Folder>,
        env: &[(&str, &str)],
        args: &[&str],
    ) -> Result<Self, Ended> {
        let binary = if env.iter().any(|(name, _)| *name == FAILPOINTS) {
            workspace::scoregate_with_failpoints()
        } else {
            workspace::scoregate()
        };
        let mut child = Command::new(binary)
            .arg("serve")
            .arg(folder.config())
            .args(["--log-format", "json"])
            .args(args)
            .env_remove("RUST_LOG")
            .env_remove(FAILPOINTS)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(folder.path("stdout")).expect("a file for stdout"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let log = Arc::new(Mutex::new(String::new()));
        let (tell, ready) = mpsc::channel();
        let stderr = child.stderr.take().expect("a pipe");
        let reader = std::thread::spawn({
            let log = log.clone();
            move || read_log(stderr, &log, &tell)
        });
        let addresses = ready.recv_timeout(START_MAX);
        if addresses == Err(mpsc::RecvTimeoutError::Timeout) {
            child.kill().ok();
            child.wait().ok();
            panic!(
                "the gateway did not become ready:\n{}",
                log.lock().expect("the log")
            );
        }
        let Ok((http, admin)) = addresses else {
            let status = child.wait().expect("the process ends");
            reader.join().ok();
            return Err(Ended {
                code: status.code(),
                stdout: std::fs::read_to_string(folder.path("stdout")).expect("stdout is text"),
                stderr: log.lock().expect("the log").clone(),
            });
        };
        let env = env.iter().map(|(k, v)| (k.to_string(), v.to_string()));
        Ok(Self {
            http,
            admin,
            folder,
            env: env.collect(),
            child,
            log,
            reader: Some(reader),
        })
    }

    /// Starts it again in its folder with its environment, but without failpoints; what runs is killed before. Ports and log are new.
    pub fn restart(&mut self) {
        let env = std::mem::take(&mut self.env);
        let kept = env.iter().filter(|(name, _)| name != FAILPOINTS);
        let kept: Vec<(&str, &str)> = kept.map(|(k, v)| (k.as_str(), v.as_str())).collect();
        self.restart_with(&kept);
    }

    /// [`restart`](Self::restart) with other environment variables.
    pub fn restart_with(&mut self, env: &[(&str, &str)]) {
        self.child.kill().ok();
        self.child.wait().expect("the process ends");
        *self = Self::start_with(self.folder.clone(), env);
    }

    /// Starts the sample pipeline.
    pub fn fraud() -> Self {
        Self::start(Arc::new(Folder::fraud("")))
    }

    /// A client of the scoring listener.
    pub fn client(&self) -> Client {
        Client::new(self.http)
    }

    /// Where the operators' listener is.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// A client of the operators' listener.
    pub fn admin_client(&self) -> Client {
        Client::new(self.admin)
    }

    /// Samples of a metric, their sum, and how many they are; both 0 where there is none. `name` may begin a line or hold labels' first part.
    pub fn metric(&self, name: &str) -> (f64, usize) {
        let text = block_on(async { self.admin_client().get("/metrics").await.body });
        let text = String::from_utf8(text.to_vec()).expect("text");
        let samples = text.lines().filter(|line| line.starts_with(name));
        let values = samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1))
    }

    /// The status of `/health/ready`, and its body.
    pub fn readiness(&self) -> (u16, String) {
        let reply = block_on(async { self.admin_client().get("/health/ready").await });
        (
            reply.status,
            String::from_utf8_lossy(&reply.body).into_owned(),
        )
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
        signal::send(Signal::Terminate, self.pid());
    }

    /// Sends SIGSTOP: it lives and does nothing.
    pub fn freeze(&self) {
        signal::send(Signal::Stop, self.pid());
    }

    /// Sends SIGCONT.
    pub fn thaw(&self) {
        signal::send(Signal::Continue, self.pid());
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process has not ended.
    pub fn is_running(&mut self) -> bool {
        let status = self.child.try_wait();
        status.expect("the process can be waited for").is_none()
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
        self.memory_bytes("VmHWM:")
    }

    /// The process's memory now in bytes, where the system tells.
    pub fn memory_now_bytes(&self) -> Option<u64> {
        self.memory_bytes("VmRSS:")
    }

    fn memory_bytes(&self, field: &str) -> Option<u64> {
        let path = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(Path::new(&path)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
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

/// Keeps each line, and tells the addresses when it finds them.
fn read_log(
    stderr: ChildStderr,
    log: &Mutex<String>,
    tell: &mpsc::Sender<(SocketAddr, SocketAddr)>,
) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        let mut log = log.lock().expect("the log");
        log.push_str(&line);
        log.push('\n');
        drop(log);
        if let Some(addresses) = ready_line(&line) {
            tell.send(addresses).ok();
        }
    }
}

fn ready_line(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").unwrap_or(&line);
    if fields["message"] != "ready" {
        return None;
    }
    let address = |key| {
        let name = fields[key].as_str()?;
        name.strip_prefix("https://").unwrap_or(name).parse().ok()
    };
    Some((address("http")?, address("admin")?))
}
