//! What stands between a gateway and a database, and loses what it is told to lose.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// See the module. It ends with the runtime that it was started on, which needs two threads: tests wait on one for gateways.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What is lost of the next commit; the connection breaks with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The server is never told to commit.
    Request,
    /// The server has committed.
    Answer,
}

struct Shared {
    server: SocketAddr,
    /// What is to be lost, and whether nothing comes through afterwards.
    armed: Mutex<Option<(Loss, bool)>>,
    away: watch::Sender<bool>,
}

const COMMIT: &[u8] = b"COMMIT";

impl Proxy {
    /// In front of a server.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            server,
            armed: Mutex::new(None),
            away: watch::Sender::new(false),
        });
        let of_task = shared.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, of_task.clone()));
            }
        });
        Self { address, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Loses that of the next commit, and with `stay_away` all that comes afterwards, until it is [back](Self::back).
    pub fn lose(&self, loss: Loss, stay_away: bool) {
        *self.shared.armed() = Some((loss, stay_away));
    }

    /// Whether what was to be lost is lost.
    pub fn has_lost(&self) -> bool {
        self.shared.armed().is_none()
    }

    /// Carries everything again.
    pub fn back(&self) {
        self.shared.away.send_replace(false);
    }
}

impl Shared {
    fn armed(&self) -> std::sync::MutexGuard<'_, Option<(Loss, bool)>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is to be lost now.
    fn is_due(&self, loss: Loss) -> bool {
        self.armed().is_some_and(|(armed, _)| armed == loss)
    }

    fn lost(&self) {
        let armed = self.armed().take();
        if armed.is_some_and(|(_, stay_away)| stay_away) {
            self.away.send_replace(true);
        }
    }
}

/// Until one side, or the proxy, ends it; both connections end with that.
async fn carry(client: TcpStream, shared: Arc<Shared>) {
    let mut away = shared.away.subscribe();
    if *away.borrow() {
        return;
    }
    let Ok(server) = TcpStream::connect(shared.server).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let committing = AtomicBool::new(false);
    let there = async {
        let mut part = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from_client.read(&mut part).await {
            let commits = part[..read]
                .windows(COMMIT.len())
                .any(|word| word == COMMIT);
            if commits && shared.is_due(Loss::Request) {
                return shared.lost();
            }
            let answer_is_due = commits && shared.is_due(Loss::Answer);
            committing.store(answer_is_due, Ordering::Relaxed);
            if to_server.write_all(&part[..read]).await.is_err() {
                return;
            }
        }
    };
    let back = async {
        let mut part = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from_server.read(&mut part).await {
            if committing.load(Ordering::Relaxed) {
                return shared.lost();
            }
            if to_client.write_all(&part[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = there => {}
        () = back => {}
        _ = away.wait_for(|away| *away) => {}
    }
}
