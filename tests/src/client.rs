//! A caller: HTTP/1.1 with keep-alive over hyper, and raw bytes for what no client would send.

use std::{future::Future, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::authority::Authority;

/// One connection, opened anew where the server closed it.
pub struct Client {
    address: SocketAddr,
    tls: Option<TlsConnector>,
    sender: Option<http1::SendRequest<Full<Bytes>>>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

pub const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

/// Longer than any answer takes: who waits so long has been forgotten.
const WAIT_MAX: Duration = Duration::from_secs(60);

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            tls: None,
            sender: None,
        }
    }

    /// Over TLS, to whoever that authority believes.
    pub fn secure(address: SocketAddr, authority: &Authority) -> Self {
        Self {
            tls: Some(authority.connector(&["http/1.1"])),
            ..Self::new(address)
        }
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[], Bytes::new()).await
    }

    pub async fn post(&mut self, path: &str, body: impl Into<Bytes>) -> Reply {
        self.send("POST", path, &[], body.into()).await
    }

    /// Posts one event to a pipeline.
    pub async fn score(&mut self, pipeline: &str, event: impl Into<Bytes>) -> Reply {
        self.post(&format!("/pipelines/{pipeline}/score"), event)
            .await
    }

    /// Posts many events to a pipeline, one a line.
    pub async fn score_lines(&mut self, pipeline: &str, lines: impl Into<Bytes>) -> Reply {
        let path = format!("/pipelines/{pipeline}/score");
        self.send("POST", &path, &[NDJSON], lines.into()).await
    }

    /// Sends a request that must be answered.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Reply {
        let reply = self.try_send(method, path, headers, body).await;
        reply.unwrap_or_else(|error| panic!("{method} {path} was not answered: {error}"))
    }

    /// Sends a request; an error where the connection ended without an answer.
    pub async fn try_send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Reply, String> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "gateway");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).expect("a request");
        let text = |error: hyper::Error| format!("{error:?}");
        let sender = self.sender().await?;
        let reply = async {
            let response = sender.send_request(request).await.map_err(text)?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(text)?.to_bytes();
            Ok(Reply {
                status: head.status.as_u16(),
                headers: head.headers,
                body,
            })
        };
        within(reply).await
    }

    async fn sender(&mut self) -> Result<&mut http1::SendRequest<Full<Bytes>>, String> {
        let ready = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !ready {
            let stream = TcpStream::connect(self.address)
                .await
                .map_err(|e| e.to_string())?;
            stream.set_nodelay(true).map_err(|e| e.to_string())?;
            let sender = match &self.tls {
                Some(tls) => over(shaken(tls, self.address, stream).await?).await?,
                None => over(stream).await?,
            };
            self.sender = Some(sender);
        }
        Ok(self.sender.as_mut().expect("a connection"))
    }
}

/// Makes the handshake, in which the server proves to be who has that address.
pub async fn shaken(
    tls: &TlsConnector,
    address: SocketAddr,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, String> {
    let name = ServerName::IpAddress(address.ip().into());
    within(tls.connect(name, stream))
        .await
        .map_err(|e| e.to_string())
}

async fn over<S>(stream: S) -> Result<http1::SendRequest<Full<Bytes>>, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shaken = http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = shaken.map_err(|e| e.to_string())?;
    // Its end is seen by the sender.
    tokio::spawn(connection);
    Ok(sender)
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The body's lines as JSON.
    pub fn lines(&self) -> Vec<Value> {
        let lines = self
            .body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        lines
            .map(|line| {
                serde_json::from_slice(line)
                    .unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
            })
            .collect()
    }

    /// The error's sentence.
    pub fn error(&self) -> String {
        let body = self.json();
        assert_eq!(
            body.as_object().map(serde_json::Map::len),
            Some(1),
            "{body}"
        );
        body["error"]
            .as_str()
            .unwrap_or_else(|| panic!("no error: {body}"))
            .to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends these bytes as they are and returns all that comes back until the server closes.
pub async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // A server that refuses early may have closed before all is sent.
    stream.write_all(bytes).await.ok();
    let mut answer = Vec::new();
    within(async {
        // A reset after the answer ends it as well as a close.
        while let Ok(read) = stream.read_buf(&mut answer).await
            && read > 0
        {}
    })
    .await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// What must come soon.
pub async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(WAIT_MAX, future)
        .await
        .expect("nothing came for a minute")
}
