//! A server in a process of its own: its CPU time is its own, and the load generator's is not in it.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context as _;

/// First arguments by which the benchmark's own binary becomes what is measured.
pub const AS_SCOREGATE: &str = "scoregate";
pub const AS_NATIVE: &str = "native";
pub const AS_NATIVE_STREAM: &str = "native-stream";

/// Ends with its owner.
pub struct Server {
    child: Child,
    pub http: SocketAddr,
    /// The operators' listener; bare hyper has none and names its only one.
    pub admin: SocketAddr,
    /// From the start of the process to its word that it is ready.
    pub ready_after: Duration,
}

impl Server {
    /// Starts this binary again with these arguments, and waits until its stderr says `ready http=ADDRESS`.
    pub fn start(args: &[&str]) -> anyhow::Result<Self> {
        let start = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().context("the server has a stderr")?;
        let mut lines = BufReader::new(stderr).lines();
        let mut said = String::new();
        let (http, admin) = loop {
            let Some(line) = lines.next() else {
                anyhow::bail!("the server {args:?} ended before it was ready: {said}");
            };
            let line = line?;
            if line.contains("ready")
                && let Some(http) = field(&line, "http=")
            {
                break (http, field(&line, "admin=").unwrap_or(http));
            }
            said.push_str(&line);
        };
        let ready_after = start.elapsed();
        // A full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self {
            child,
            http,
            admin,
            ready_after,
        })
    }

    /// Memory of the process that is in RAM, in bytes.
    pub fn memory_bytes(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.context("a process's memory")?.trim();
        Ok(kilobytes.trim_end_matches(" kB").parse::<u64>()? * 1024)
    }

    /// CPU seconds of the process so far, in user and in system mode.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold spaces; what follows it does not. Ticks are hundredths of a second on Linux.
        let (_, rest) = stat.rsplit_once(')').context("a process's stat")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |at: usize| -> anyhow::Result<f64> { Ok(fields[at].parse::<f64>()?) };
        Ok((ticks(11)? + ticks(12)?) / 100.0)
    }
}

/// An address of a line such as `ready http=127.0.0.1:8080`.
fn field(line: &str, name: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(name)?;
    rest.split(' ').next()?.parse().ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
