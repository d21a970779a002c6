//! To a gateway's scoring listener, one event after the other over one connection.

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

/// An open connection; refused events are counted and told at the end.
pub struct Http {
    runtime: Runtime,
    sender: SendRequest<Full<Bytes>>,
    path: String,
    host: String,
    refused: u64,
    first_refusal: String,
}

impl Http {
    pub fn open(url: &str) -> anyhow::Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("`{url}` is no URL"))?;
        let right = "http://HOST:PORT/pipelines/NAME/score";
        let plain = uri.scheme_str() == Some("http");
        anyhow::ensure!(
            plain,
            "`{url}` is no URL that events can be sent to; it must be like {right}"
        );
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        let address = format!(
            "{}:{}",
            uri.host().unwrap_or_default(),
            uri.port_u16().unwrap_or(80)
        );
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let sender = runtime.block_on(connect(&address))?;
        Ok(Self {
            runtime,
            sender,
            path: uri.path().to_owned(),
            host,
            refused: 0,
            first_refusal: String::new(),
        })
    }

    pub fn send(&mut self, event: Vec<u8>) -> anyhow::Result<()> {
        let request = Request::post(&self.path).header(HOST, &self.host);
        let request = request.body(Full::new(Bytes::from(event)))?;
        let answer = async {
            self.sender.ready().await?;
            let response = self.sender.send_request(request).await?;
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            Ok::<_, hyper::Error>((status, body))
        };
        let (status, body) = self
            .runtime
            .block_on(answer)
            .context("the gateway did not answer")?;
        if status != StatusCode::OK {
            if self.refused == 0 {
                self.first_refusal = format!("{status}: {}", String::from_utf8_lossy(&body));
            }
            self.refused += 1;
        }
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<()> {
        let (refused, first) = (self.refused, &self.first_refusal);
        anyhow::ensure!(
            refused == 0,
            "{refused} events were refused, the first by {first}"
        );
        Ok(())
    }
}

async fn connect(address: &str) -> anyhow::Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await;
    let stream = stream.with_context(|| format!("no gateway answers at {address}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // An error of the connection comes up in the request that it breaks.
    tokio::spawn(connection);
    Ok(sender)
}
