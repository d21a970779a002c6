//! A listener: accepts connections up to a limit, serves each with [`super::connection`], and drains without losing a request.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{Request, Response, body::Incoming};
use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use super::server_limits::ServerLimits;
use super::{body::Body, connection::Connection, tls::Tls};

/// How long accepting rests after an error that another attempt would meet again, such as too many open files.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// A bound listener that serves nobody yet.
pub struct Server {
    listener: TcpListener,
    limits: ServerLimits,
    open: Gauge,
    tls: Option<Tls>,
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because they outlasted the drain.
    pub cut: usize,
}

impl Server {
    /// Binds the address; port 0 takes a free one. `open` counts the connections open now.
    pub async fn bind(addr: SocketAddr, limits: ServerLimits, open: Gauge) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        Ok(Self {
            listener,
            limits,
            open,
            tls: None,
        })
    }

    /// Speaks TLS, where there is some.
    pub fn with_tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// Where it listens as a URL says it: with `https://` where it speaks TLS, else the address alone.
    pub fn local_name(&self) -> io::Result<String> {
        let addr = self.local_addr()?;
        Ok(match self.tls {
            Some(_) => format!("https://{addr}"),
            None => addr.to_string(),
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown`, then drains: stops accepting, answers what was accepted, closes idle connections, and cuts what is left
    /// after [`ServerLimits::drain_max`]. The handler is told the client's address.
    pub async fn run<H, F>(self, handler: H, shutdown: CancellationToken) -> Drained
    where
        H: Fn(Request<Incoming>, SocketAddr) -> F + Send + Sync + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let permits = Arc::new(Semaphore::new(self.limits.connections_max_count));
        let connections = TaskTracker::new();
        let cut = CancellationToken::new();
        let handler = Arc::new(handler);
        let serve = |(stream, peer): (TcpStream, SocketAddr), permit: OwnedSemaphorePermit| {
            let connection = Connection {
                handler: Arc::clone(&handler),
                limits: self.limits.clone(),
                tls: self.tls.clone(),
                shutdown: shutdown.clone(),
            };
            let (cut, open) = (cut.clone(), OpenConnection::count(&self.open));
            connections.spawn(async move {
                tokio::select! {
                    () = connection.serve(stream, peer) => {}
                    () = cut.cancelled() => {}
                }
                drop((permit, open));
            });
        };
        loop {
            // The permit first: a connection over the limit waits in the system's queue, where it costs nothing.
            let accepted = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                accepted = self.accept(&permits) => accepted,
            };
            match accepted {
                Ok((accepted, permit)) => serve(accepted, permit),
                Err(error) => rest_after(&error).await,
            }
        }
        accept_backlog(self.listener, &permits, serve);
        connections.close();
        let ended = timeout(self.limits.drain_max, connections.wait()).await;
        let left = connections.len();
        cut.cancel();
        connections.wait().await;
        Drained {
            cut: if ended.is_ok() { 0 } else { left },
        }
    }

    async fn accept(
        &self,
        permits: &Arc<Semaphore>,
    ) -> io::Result<((TcpStream, SocketAddr), OwnedSemaphorePermit)> {
        let permit = Arc::clone(permits)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        Ok((self.listener.accept().await?, permit))
    }
}

/// Takes the connections that the system had completed before the listener closes: their clients may have sent requests already.
fn accept_backlog(
    listener: TcpListener,
    permits: &Arc<Semaphore>,
    serve: impl Fn((TcpStream, SocketAddr), OwnedSemaphorePermit),
) {
    let Ok(listener) = listener.into_std() else {
        return;
    };
    while let Ok(permit) = Arc::clone(permits).try_acquire_owned() {
        let Ok((stream, peer)) = listener.accept() else {
            return;
        };
        if stream.set_nonblocking(true).is_ok()
            && let Ok(stream) = TcpStream::from_std(stream)
        {
            serve((stream, peer), permit);
        }
    }
}

/// An error of one connection (it was reset while it waited) costs nothing; any other would be met again at once.
async fn rest_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    ) {
        tracing::warn!(%error, "no connection can be accepted for now");
        sleep(ACCEPT_REST).await;
    }
}

/// Counts a connection as open for as long as it lives.
struct OpenConnection(Gauge);

impl OpenConnection {
    fn count(open: &Gauge) -> Self {
        open.inc();
        Self(open.clone())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests;
