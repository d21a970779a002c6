//! One connection: HTTP/1.1 or HTTP/2, by prior knowledge or as TLS agreed on, watched for stalls, closed gently when the listener drains.

use std::{
    convert::Infallible, future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration,
};

use hyper::{
    Request, Response, Version,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::{http1, http2},
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    activity::{Activity, Watched},
    body::Body,
    server_limits::ServerLimits,
    tls::Tls,
};

/// What serves one connection.
pub(super) struct Connection<H> {
    pub handler: Arc<H>,
    pub limits: ServerLimits,
    pub tls: Option<Tls>,
    pub shutdown: CancellationToken,
}

/// How an HTTP/2 connection begins; no HTTP/1 request does (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

impl<H, F> Connection<H>
where
    H: Fn(Request<Incoming>, SocketAddr) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    pub(super) async fn serve(self, stream: TcpStream, peer: SocketAddr) {
        // Answers are written whole: waiting for more to send only delays them.
        drop(stream.set_nodelay(true));
        let activity = Arc::new(Activity::default());
        if let Some(tls) = &self.tls {
            // Boxed: its state is large, and every plain connection would hold room for it.
            return Box::pin(self.serve_tls(tls, stream, peer, activity)).await;
        }
        let first = tokio::select! {
            first = timeout(self.limits.idle_max, first_bytes(&stream)) => first,
            () = self.drain_begins() => return,
        };
        if let Ok(Some(version)) = first {
            let stream = Watched::new(stream, Arc::clone(&activity));
            self.serve_http(stream, version, peer, activity).await;
        }
    }

    /// The handshake has the time of a head; a drain ends one that has not come to its end.
    async fn serve_tls(
        &self,
        tls: &Tls,
        stream: TcpStream,
        peer: SocketAddr,
        activity: Arc<Activity>,
    ) {
        let accepted = tokio::select! {
            accepted = tls.accept(stream, &activity, self.limits.idle_max) => accepted,
            () = self.drain_begins() => return,
        };
        if let Some((stream, version)) = accepted {
            self.serve_http(stream, version, peer, activity).await;
        }
    }

    async fn serve_http<S>(
        &self,
        stream: S,
        version: Version,
        peer: SocketAddr,
        activity: Arc<Activity>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let io = TokioIo::new(stream);
        let service = Self::service(
            Arc::clone(&self.handler),
            peer,
            self.shutdown.clone(),
            Arc::clone(&activity),
        );
        let limits = &self.limits;
        let ended = if version == Version::HTTP_2 {
            let conn = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_concurrent_streams(limits.streams_max_count)
                .max_header_list_size(limits.headers_max_bytes as u32)
                // Streams that a client opens and resets at once (CVE-2023-44487), or makes the server reset.
                .max_pending_accept_reset_streams(Some(20))
                .max_local_error_reset_streams(Some(256))
                .max_send_buf_size(256 << 10)
                .serve_connection(io, service);
            self.watch(conn, &activity).await
        } else {
            let conn = http1::Builder::new()
                .timer(TokioTimer::new())
                // Ours is `watch`: theirs sets a timer for each request, half a microsecond that a busy connection need not pay.
                .header_read_timeout(None)
                .max_headers(limits.headers_max_count)
                .max_header_size(limits.headers_max_bytes)
                .half_close(true)
                .serve_connection(io, service);
            self.watch(conn, &activity).await
        };
        if let Err(error) = ended {
            // The client's doing: it left, stalled or spoke something else.
            tracing::debug!(%error, "a connection ended early");
        }
    }

    /// What hyper calls for each request: the handler, watched.
    fn service(
        handler: Arc<H>,
        peer: SocketAddr,
        shutdown: CancellationToken,
        activity: Arc<Activity>,
    ) -> impl Service<
        Request<Incoming>,
        Response = Response<Body>,
        Error = Infallible,
        Future = impl Future<Output = Result<Response<Body>, Infallible>> + Send + 'static,
    > {
        service_fn(move |request: Request<Incoming>| {
            let busy = Activity::begin(&activity);
            let http1 = request.version() <= Version::HTTP_11;
            let answer = handler(request, peer);
            let shutdown = shutdown.clone();
            let activity = Arc::clone(&activity);
            async move {
                let mut response = answer.await;
                response.body_mut().watch(&activity);
                if http1 && shutdown.is_cancelled() {
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(CONNECTION, close);
                }
                drop(busy);
                Ok(response)
            }
        })
    }

    /// Drives the connection to its end, which a stall or the drain may hasten.
    async fn watch<C: GracefulConnection>(
        &self,
        conn: C,
        activity: &Activity,
    ) -> Result<(), C::Error> {
        let mut conn = pin!(conn);
        let period = self.limits.idle_max / 2;
        let mut stalled = pin!(sleep(period));
        let mut drain = pin!(self.drain_begins());
        let mut draining = false;
        let mut seen = activity.snapshot();
        let mut idle_periods = 0;
        loop {
            tokio::select! {
                biased;
                ended = conn.as_mut() => return ended,
                () = &mut drain, if !draining => {
                    draining = true;
                    conn.as_mut().graceful_shutdown();
                }
                () = &mut stalled => {
                    let now = activity.snapshot();
                    let idle = !activity.is_busy() && now == seen;
                    idle_periods = if idle { idle_periods + 1 } else { 0 };
                    if idle_periods == 2 {
                        return Ok(());
                    }
                    seen = now;
                    stalled.set(sleep(period));
                }
            }
        }
    }

    /// Until its grace is over, an idle connection may still bring the request that was on its way when the drain began.
    async fn drain_begins(&self) {
        self.shutdown.cancelled().await;
        sleep(self.limits.drain_grace).await;
    }
}

/// Waits for the first bytes and tells the protocol by them, leaving them in the socket; none if the client left.
async fn first_bytes(stream: &TcpStream) -> Option<Version> {
    let mut first = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut first).await.ok()?;
        if length == 0 {
            return None;
        }
        if first[..length] != PREFACE[..length] {
            return Some(Version::HTTP_11);
        }
        if length == PREFACE.len() {
            return Some(Version::HTTP_2);
        }
        // Bytes that stay in the socket keep it readable: only time tells whether more come.
        sleep(Duration::from_millis(5)).await;
    }
}
