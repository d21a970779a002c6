//! Whether anything happens on a connection: requests under way, bytes in and out. It tells a client who stalls from one who is
//! slow, whatever the protocol does above (an HTTP/2 client who opens no window stalls without a pending write).

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Counts of one connection.
#[derive(Debug, Default)]
pub(super) struct Activity {
    busy: AtomicUsize,
    began: AtomicU64,
    written_bytes: AtomicU64,
}

/// What has happened so far. Bytes read do not count: who sends a head or a body byte by byte has limits of his own, and stalls here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    began: u64,
    written_bytes: u64,
}

impl Activity {
    /// Something runs on the connection's behalf until the guard is dropped.
    pub(super) fn begin(this: &Arc<Self>) -> Busy {
        this.busy.fetch_add(1, Relaxed);
        this.began.fetch_add(1, Relaxed);
        Busy(Arc::clone(this))
    }

    /// Whether the client waits for us.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Relaxed) > 0
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            began: self.began.load(Relaxed),
            written_bytes: self.written_bytes.load(Relaxed),
        }
    }
}

/// Work on a connection's behalf.
#[derive(Debug)]
pub(super) struct Busy(Arc<Activity>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Relaxed);
    }
}

/// A socket that counts what is written.
pub(super) struct Watched {
    stream: TcpStream,
    activity: Arc<Activity>,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        Self { stream, activity }
    }

    fn wrote(&self, written: io::Result<usize>) -> Poll<io::Result<usize>> {
        if let Ok(bytes) = written {
            self.activity.written_bytes.fetch_add(bytes as u64, Relaxed);
        }
        Poll::Ready(written)
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf));
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs));
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
