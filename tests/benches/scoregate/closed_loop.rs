//! A load generator that costs little: plain sockets, requests written beforehand, one thread.

use std::{
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::LocalSet,
};

/// Requests as bytes on the wire, and what an answer's body must hold.
pub struct Requests {
    bytes: Vec<Vec<u8>>,
    check: Option<Check>,
}

type Check = Arc<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// What a round saw.
#[derive(Debug, Default)]
pub struct Load {
    /// Of the requests answered with 200, ascending.
    pub took_ns: Vec<u64>,
    /// Answers other than 200, and those that do not hold what was asked for.
    pub refused: usize,
    pub seconds: f64,
}

impl Load {
    pub fn per_second(&self) -> f64 {
        self.took_ns.len() as f64 / self.seconds
    }

    /// Milliseconds.
    pub fn quantile_ms(&self, q: f64) -> f64 {
        let at = (self.took_ns.len() as f64 * q) as usize;
        let ns = self
            .took_ns
            .get(at.min(self.took_ns.len().saturating_sub(1)));
        ns.map_or(f64::NAN, |&ns| ns as f64 / 1e6)
    }
}

impl Requests {
    pub fn new(path: &str, payloads: &[String]) -> Self {
        let request = |payload: &String| {
            format!("POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{payload}", payload.len()).into_bytes()
        };
        Self {
            bytes: payloads.iter().map(request).collect(),
            check: None,
        }
    }

    /// An answer that does not hold this counts as one that was refused.
    pub fn checked(self, check: Check) -> Self {
        Self {
            check: Some(check),
            ..self
        }
    }

    pub fn get(&self, at: usize) -> &[u8] {
        &self.bytes[at % self.bytes.len()]
    }

    fn hold(&self, answered: &Connection) -> bool {
        let check = self.check.as_ref();
        check.is_none_or(|check| check(answered.body()))
    }
}

/// Each connection sends its next request when the last one is answered.
pub fn run(
    addr: SocketAddr,
    requests: Requests,
    connections: usize,
    duration: Duration,
) -> anyhow::Result<(Load, Requests)> {
    on_a_thread(async move || {
        let requests = Rc::new(requests);
        let mut tasks = Vec::new();
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Connection::open(addr).await?);
        }
        let start = Instant::now();
        for (nth, mut connection) in open.into_iter().enumerate() {
            let requests = requests.clone();
            tasks.push(tokio::task::spawn_local(async move {
                let mut load = Load::default();
                let mut at = nth * 31;
                while start.elapsed() < duration {
                    let sent = Instant::now();
                    let status = connection.ask(requests.get(at)).await?;
                    load.add(status, sent);
                    if !requests.hold(&connection) {
                        load.refused += 1;
                    }
                    at += 1;
                }
                anyhow::Ok(load)
            }));
        }
        let mut all = Load::default();
        for task in tasks {
            all.merge(task.await??);
        }
        all.finish(start);
        let requests = Rc::into_inner(requests).context("no connection is left")?;
        Ok((all, requests))
    })
}

/// Runs a load generator off the caller's thread, so that its own runtime is torn down with it.
pub fn on_a_thread<T: Send + 'static>(
    work: impl AsyncFnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        LocalSet::new().block_on(&runtime, work())
    });
    thread
        .join()
        .map_err(|_| anyhow::anyhow!("the load generator panicked"))?
}

impl Load {
    pub fn add(&mut self, status: u16, since: Instant) {
        if status == 200 {
            self.took_ns.push(since.elapsed().as_nanos() as u64);
        } else {
            self.refused += 1;
        }
    }

    pub fn merge(&mut self, other: Load) {
        self.took_ns.extend(other.took_ns);
        self.refused += other.refused;
    }

    pub fn finish(&mut self, start: Instant) {
        self.seconds = start.elapsed().as_secs_f64();
        self.took_ns.sort_unstable();
    }
}

/// One keep-alive connection.
pub struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub async fn open(addr: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and reads the whole answer; its status.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.answer).await?;
            anyhow::ensure!(read > 0, "the server closed the connection");
            if let Some((status, length)) = head(&self.answer)?
                && self.answer.len() >= length
            {
                return Ok(status);
            }
        }
    }

    /// The last answer's body.
    pub fn body(&self) -> &[u8] {
        let at = self.answer.windows(4).position(|four| four == b"\r\n\r\n");
        at.map_or(&[], |at| &self.answer[at + 4..])
    }
}

/// Status and length of an answer whose head is whole.
fn head(answer: &[u8]) -> anyhow::Result<Option<(u16, usize)>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&answer[..end])?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .context("a status")?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let length: usize = length.context("a content-length")?.parse()?;
    Ok(Some((status.parse()?, end + 4 + length)))
}
