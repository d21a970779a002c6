//! Connections: kept, shared, broken off, and what is no HTTP at all.

use std::sync::Arc;

use bytes::Bytes;
use scoregate_tests::{
    client::{self, Client},
    gateway::Gateway,
    payments,
    shared::Shared,
};

static GATEWAY: Shared = Shared::new();

fn gateway() -> Arc<Gateway> {
    GATEWAY.get(Gateway::fraud)
}

const SCORE: &str = "/pipelines/fraud/score";

fn payment() -> Bytes {
    Bytes::from_static(payments::heldout()[0].json.as_bytes())
}

async fn serves(client: &mut Client) {
    let reply = client.post(SCORE, payment()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_hurts_nobody() {
    let gateway = gateway();
    let head = format!("POST {SCORE} HTTP/1.1\r\nhost: x\r\n");
    for (bytes, statuses) in [
        (
            b"\x16\x03\x01\x02\0\x01\0\x01".to_vec(),
            &["HTTP/1.1 400", ""][..],
        ),
        (vec![0xff; 4096], &["HTTP/1.1 400", ""]),
        (
            b"GET / HTTP/9.9\r\n\r\n".to_vec(),
            &["HTTP/1.1 400", "HTTP/1.1 505", ""],
        ),
        (
            format!("{head}content-length: nonsense\r\n\r\n").into(),
            &["HTTP/1.1 400"],
        ),
        (
            format!("{head}content-length: -1\r\n\r\n").into(),
            &["HTTP/1.1 400"],
        ),
        (
            format!("{head}content-length: 5\r\ncontent-length: 6\r\n\r\nhello").into(),
            &["HTTP/1.1 400"],
        ),
        (
            format!("{head}transfer-encoding: chunked\r\n\r\nzz\r\n").into(),
            &["HTTP/1.1 400"],
        ),
        (
            format!("{head}x: {}\r\n\r\n", "y".repeat(20_000)).into(),
            &["HTTP/1.1 431"],
        ),
        (
            format!("{head}{}\r\n", "x: y\r\n".repeat(100)).into(),
            &["HTTP/1.1 431"],
        ),
    ] {
        let text = client::raw(gateway.http, &bytes).await;
        let status = statuses.iter().any(|status| text.starts_with(status));
        assert!(
            status,
            "{} -> {text}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(80)])
        );
    }
    serves(&mut gateway.client()).await;
}

#[tokio::test]
async fn a_connection_is_kept_over_all_kinds_of_answers() {
    let gateway = gateway();
    let body = String::from_utf8(payment().to_vec()).expect("text");
    let post = |path: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let mut requests = String::new();
    for (path, body) in [
        (SCORE, &*body),
        (SCORE, "{"),
        ("/nowhere", "x"),
        ("/v2/models/fraud/infer", "{"),
        (SCORE, &body),
    ] {
        requests += &post(path, body);
    }
    requests += "GET /v2/health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let text = client::raw(gateway.http, requests.as_bytes()).await;
    let statuses: Vec<_> = text
        .match_indices("HTTP/1.1 ")
        .map(|(at, _)| &text[at + 9..at + 12])
        .collect();
    assert_eq!(statuses, ["200", "422", "404", "400", "200", "200"]);
}

#[tokio::test]
async fn http2_is_served_by_prior_knowledge() {
    use http_body_util::{BodyExt as _, Full};
    use hyper_util::rt::{TokioExecutor, TokioIo};
    let gateway = gateway();
    let stream = tokio::net::TcpStream::connect(gateway.http)
        .await
        .expect("a connection");
    let (client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
    tokio::spawn(connection);
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let mut client = client.clone();
        requests.spawn(async move {
            let request = hyper::Request::post(format!("http://gateway{SCORE}"));
            let request = request.body(Full::new(payment())).expect("a request");
            let response = client.send_request(request).await.expect("an answer");
            (
                response.status().as_u16(),
                response.collect().await.expect("a body").to_bytes(),
            )
        });
    }
    for (status, body) in requests.join_all().await {
        assert_eq!(status, 200, "{body:?}");
    }
}

#[tokio::test]
async fn a_caller_who_leaves_hurts_nobody() {
    use tokio::io::AsyncWriteExt as _;
    let gateway = gateway();
    let head = format!(
        "POST {SCORE} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        payment().len()
    );
    for sent in [
        10,
        head.len(),
        head.len() + 50,
        head.len() + payment().len(),
    ] {
        for _ in 0..20 {
            let mut stream = tokio::net::TcpStream::connect(gateway.http)
                .await
                .expect("a connection");
            let whole = [head.as_bytes(), &payment()].concat();
            stream
                .write_all(&whole[..sent])
                .await
                .expect("bytes are sent");
        }
    }
    serves(&mut gateway.client()).await;
}
