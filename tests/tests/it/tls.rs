//! TLS on both listeners, as callers and operators meet it.

mod begin;
mod command;
mod drain;
mod files;
mod reload;

use std::sync::Arc;

use scoregate_tests::{
    authority::{Authority, Pair, TLS},
    client::{Client, shaken},
    folder::{FRAUD, Folder},
    gateway::Gateway,
    plugins,
};
use tokio::net::TcpStream;

/// The sample pipeline behind TLS.
struct Secured {
    authority: Authority,
    pair: Pair,
    gateway: Gateway,
}

impl Secured {
    fn start() -> Self {
        Self::start_with("")
    }

    /// With these keys in [server] before those of TLS.
    fn start_with(server: &str) -> Self {
        let authority = Authority::new();
        let pair = authority.sign(&[]);
        let folder = sample(&format!("{server}{TLS}"));
        pair.put(&folder);
        Self {
            gateway: Gateway::start(Arc::new(folder)),
            pair,
            authority,
        }
    }

    fn client(&self) -> Client {
        Client::secure(self.gateway.http, &self.authority)
    }

    fn operator(&self) -> Client {
        Client::secure(self.gateway.admin, &self.authority)
    }

    /// The certificate that a new connection is shown.
    async fn shown(&self) -> Vec<u8> {
        let stream = TcpStream::connect(self.gateway.http).await;
        let tls = self.authority.connector(&["http/1.1"]);
        let stream = shaken(&tls, self.gateway.http, stream.expect("a connection")).await;
        let stream = stream.expect("a handshake");
        let shown = stream
            .get_ref()
            .1
            .peer_certificates()
            .expect("a certificate");
        shown[0].to_vec()
    }

    /// A metric's lines that begin so.
    async fn metric(&self, name: &str) -> Vec<String> {
        let body = self.operator().get("/metrics").await.body;
        let text = String::from_utf8(body.to_vec()).expect("text");
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.map(str::to_owned).collect()
    }
}

/// The sample pipeline with these lines in [server].
fn sample(server: &str) -> Folder {
    let folder = Folder::with(&format!("{server}{FRAUD}"));
    folder.write("payments.wasm", plugins::payments());
    folder.write("fraud.wasm", plugins::fraud());
    folder
}
