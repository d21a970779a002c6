//! A small client of this gateway's own listeners: one connection, one request after the other.

use std::net::SocketAddr;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, StatusCode, client::conn::http1::SendRequest, header::HOST, http::request};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::{endpoint::Endpoint, tls::trust::Trust};

/// An open connection. It ends with its owner.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Client {
    /// Without TLS.
    pub async fn connect(addr: SocketAddr) -> anyhow::Result<Self> {
        let host = addr.to_string();
        Self::over(dial(&host).await?, host).await
    }

    /// With TLS where the endpoint says so, to whoever `trust` believes to be its host.
    pub async fn open(endpoint: &Endpoint, trust: Option<&Trust>) -> anyhow::Result<Self> {
        let authority = endpoint.authority();
        let stream = dial(authority).await?;
        if !endpoint.is_secure() {
            return Self::over(stream, authority.to_owned()).await;
        }
        let trust = trust.context("nobody said whom to trust for https://")?;
        let stream = trust.connect(endpoint.host(), stream).await?;
        Self::over(stream, authority.to_owned()).await
    }

    async fn over<S>(stream: S, host: String) -> anyhow::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // An error of the connection comes up in the request that it breaks.
        tokio::spawn(connection);
        Ok(Self { sender, host })
    }

    /// Asks for what is at a path, and waits for the whole answer.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<(StatusCode, Bytes)> {
        self.get_with(path, &[]).await
    }

    /// The same with the headers given.
    pub async fn get_with(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let request = with(Request::get(path), headers);
        self.send(request, Bytes::new()).await
    }

    /// Posts a body with the headers given, and waits for the whole answer.
    pub async fn post(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        self.send(with(Request::post(path), headers), body).await
    }

    async fn send(
        &mut self,
        request: request::Builder,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let request = request.header(HOST, &self.host).body(Full::new(body))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

async fn dial(authority: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(authority).await;
    let stream = stream.with_context(|| format!("no connection to {authority}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn with(request: request::Builder, headers: &[(&str, &str)]) -> request::Builder {
    let headers = headers.iter();
    headers.fold(request, |request, (name, value)| {
        request.header(*name, *value)
    })
}
