use std::net::SocketAddr;

use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::http::server::{Server, ServerLimits};

/// One request on a connection of its own: the answer's head and body.
async fn ask(unready: &[&str], request: &str) -> (String, String) {
    let unready: Vec<String> = unready.iter().map(|&reason| reason.to_owned()).collect();
    let scoring = Arc::new(Scoring {
        pipelines: HashMap::new(),
        models: HashMap::new(),
        server_name: "gw-1".into(),
        bodies: Bodies::new(1024),
        origins: Origins::default(),
        telemetry: Telemetry::new(),
        unready: Arc::new(move || unready.clone()),
    });
    let telemetry = Arc::clone(&scoring.telemetry);
    let addr = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind(addr, ServerLimits::default(), Gauge::default())
        .await
        .unwrap();
    let addr = server.local_addr().unwrap();
    let handler = move |request, _| Arc::clone(&scoring).answer(request);
    let running = tokio::spawn(server.run(handler, CancellationToken::new()));
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = format!("{request}\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    running.abort();
    assert!(
        telemetry
            .encode()
            .contains("scoregate_http_requests_total{")
    );
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[tokio::test]
async fn the_server_tells_what_it_is() {
    let (head, body) = ask(&[], "GET /v2 HTTP/1.1").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let value: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(value["name"], "gw-1");
    assert_eq!(value["extensions"][0], "binary_tensor_data");
}

#[tokio::test]
async fn readiness_names_its_reasons() {
    let (head, _) = ask(&[], "GET /v2/health/ready HTTP/1.1").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let (head, body) = ask(&["the ticker died"], "GET /v2/health/ready HTTP/1.1").await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert_eq!(
        body,
        r#"{"error":"the gateway is not ready: the ticker died"}"#
    );
    let (head, _) = ask(&["the ticker died"], "GET /v2/health/live HTTP/1.1").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[tokio::test]
async fn what_is_not_there_is_404_in_one_sentence() {
    for (request, says) in [
        ("POST /pipelines/nope/score HTTP/1.1", "no pipeline `nope`"),
        ("POST /v2/models/nope/infer HTTP/1.1", "no model `nope`"),
        (
            "GET /nope HTTP/1.1",
            "nothing is at `/nope`: there are /pipelines/NAME/score and /v2",
        ),
    ] {
        let (head, body) = ask(&[], request).await;
        assert!(head.starts_with("HTTP/1.1 404"), "{head}");
        assert_eq!(body, format!(r#"{{"error":"{says}"}}"#));
    }
    let long = format!("GET /{} HTTP/1.1", "x".repeat(8000));
    assert!(ask(&[], &long).await.1.len() < 200);
}

#[tokio::test]
async fn a_wrong_method_is_405_with_the_right_ones() {
    let (head, body) = ask(&[], "DELETE /v2 HTTP/1.1").await;
    assert!(head.starts_with("HTTP/1.1 405"), "{head}");
    assert!(head.contains("allow: GET, HEAD"), "{head}");
    assert_eq!(body, r#"{"error":"this path takes GET, HEAD only"}"#);
}

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let (get, body) = ask(&[], "GET /v2 HTTP/1.1").await;
    let (head, none) = ask(&[], "HEAD /v2 HTTP/1.1").await;
    assert_eq!(none, "");
    let length = format!("content-length: {}", body.len());
    assert!(
        get.contains(&length) && head.contains(&length),
        "{get}\n{head}"
    );
}
