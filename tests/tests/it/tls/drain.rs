//! SIGTERM while connections with TLS are open.

use std::{sync::Arc, time::Duration};

use scoregate_tests::{
    authority::{Authority, TLS},
    client::Client,
    folder::Folder,
    gateway::Gateway,
};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

/// DESIGN.md, section 7.
const DRAIN_MAX: Duration = Duration::from_secs(30);

const SLOW: &str = r#"
[plugins.adapter]
file = "adapter.wasm"
call_deadline_ms = 400
[plugins.model]
file = "model.wasm"
call_deadline_ms = 400
[pipelines.slow]
adapter = "adapter"
model = "model"
batch_max_events = 1
sources = [{ kind = "http" }]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_over_tls_is_answered_and_idle_connections_hold_up_nothing() {
    let authority = Authority::new();
    let folder = Folder::hostile(&format!("{SLOW}{TLS}"));
    authority.sign(&[]).put(&folder);
    let mut gateway = Gateway::start(Arc::new(folder));
    let http = gateway.http;
    let client = || Client::secure(http, &authority);
    let mut idle = client();
    assert_eq!(idle.get("/v2/health/live").await.status, 200);
    let mut half = TcpStream::connect(http).await.expect("a connection");
    half.write_all(b"\x16\x03\x01").await.expect("it is sent");
    let mut clients: Vec<_> = (0..30).map(|_| client()).collect();
    for client in &mut clients {
        assert_eq!(client.get("/v2/health/live").await.status, 200);
    }
    // The first one occupies the scoring thread until long after the signal.
    let mut first = client();
    let first = tokio::spawn(async move { first.score("slow", "loop").await.status });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let waiting: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(number, mut client)| {
            tokio::spawn(async move { client.score("slow", format!("good {number}")).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(150)).await;
    gateway.terminate();
    assert_eq!(first.await.expect("an answer"), 500);
    for (number, reply) in waiting.into_iter().enumerate() {
        let reply = reply.await.expect("an answer");
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json()["score"], 2.0 * number as f64);
    }
    let status = gateway.wait(DRAIN_MAX);
    assert_eq!(status.code(), Some(0), "{}", gateway.log());
}
