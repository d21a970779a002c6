//! How a connection begins on a listener that speaks TLS.

use std::{io, sync::Arc, time::Duration};

use hyper::Version;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::server::TlsStream;

use super::{H2, Tls};
use crate::{
    http::activity::{Activity, Watched},
    telemetry::HandshakeFailure,
};

/// A client that spoke plain HTTP is given so long to take its answer.
const LINGER_MAX: Duration = Duration::from_secs(1);
const PLAINTEXT: &str = r#"{"error":"this listener speaks TLS: use https://"}"#;

/// Why there is no TLS on a connection.
enum Failed {
    /// The client went before it said anything: most do so to see whether somebody listens.
    Left,
    Plaintext(TcpStream),
    Refused(io::Error),
}

impl Tls {
    /// The connection once both sides trust it, and the protocol that they agreed on; none where they did not within that time.
    pub(in crate::http) async fn accept(
        &self,
        stream: TcpStream,
        activity: &Arc<Activity>,
        wait_max: Duration,
    ) -> Option<(TlsStream<Watched>, Version)> {
        let failure = match timeout(wait_max, self.handshake(stream, activity)).await {
            Ok(Ok(stream)) => {
                let agreed = stream.get_ref().1.alpn_protocol();
                let version = if agreed == Some(H2) {
                    Version::HTTP_2
                } else {
                    Version::HTTP_11
                };
                return Some((stream, version));
            }
            Ok(Err(Failed::Left)) => return None,
            Ok(Err(Failed::Plaintext(stream))) => {
                // Counted before it is answered: whoever has the answer finds it counted.
                self.handshakes.failed(HandshakeFailure::Plaintext);
                drop(timeout(LINGER_MAX, answer_plaintext(stream)).await);
                return None;
            }
            Ok(Err(Failed::Refused(error))) => {
                tracing::debug!(%error, "a handshake failed");
                HandshakeFailure::Refused
            }
            Err(_) => HandshakeFailure::Timeout,
        };
        self.handshakes.failed(failure);
        None
    }

    async fn handshake(
        &self,
        stream: TcpStream,
        activity: &Arc<Activity>,
    ) -> Result<TlsStream<Watched>, Failed> {
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return Err(Failed::Left),
        }
        // A handshake begins with 22 (RFC 8446, section 5.1), a request with its method.
        if first[0].is_ascii_uppercase() {
            return Err(Failed::Plaintext(stream));
        }
        let stream = Watched::new(stream, Arc::clone(activity));
        let accepted = self.acceptor.accept(stream).await;
        accepted.map_err(Failed::Refused)
    }
}

/// Says what is wrong, and reads on until the client has gone: a socket that is closed with bytes unread takes the answer back.
async fn answer_plaintext(mut stream: TcpStream) -> io::Result<()> {
    let length = PLAINTEXT.len();
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{PLAINTEXT}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    let mut ignored = [0; 4096];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}
