use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::http::server::{Server, ServerLimits};

async fn ask(unready: &'static [&'static str], method: Method, path: &str) -> (StatusCode, String) {
    let sampled = Arc::new(AtomicU64::new(0));
    let telemetry = Telemetry::new();
    let pipeline = telemetry.pipeline("fraud");
    let status = |name: &'static str| -> Status { Arc::new(move || json!({ "name": name })) };
    let admin = Arc::new(Admin {
        plugins: [("fraud".to_owned(), status("fraud"))].into(),
        pipelines: [("a".to_owned(), status("a")), ("b".to_owned(), status("b"))].into(),
        telemetry,
        sample: Arc::new(move || {
            sampled.fetch_add(1, Relaxed);
            pipeline.queue_events(sampled.load(Relaxed) as usize + 40);
        }),
        unready: Arc::new(|| unready.iter().map(|&reason| reason.to_owned()).collect()),
    });
    let addr = SocketAddr::from(([127, 0, 0, 1], 0));
    let limits = ServerLimits::default();
    let server = Server::bind(addr, limits, Gauge::default()).await.unwrap();
    let addr = server.local_addr().unwrap();
    let handler = move |request, from| Arc::clone(&admin).answer(request, from);
    let running = tokio::spawn(server.run(handler, CancellationToken::new()));
    let stream = TcpStream::connect(addr).await.unwrap();
    let (mut client, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "x")
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let response = client.send_request(request).await.unwrap();
    let status = response.status();
    if path == "/metrics" && status == StatusCode::OK {
        assert_eq!(
            response.headers()[CONTENT_TYPE],
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        );
    }
    let body = response.into_body().collect().await.unwrap().to_bytes();
    running.abort();
    connection.abort();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn slots_and_pipelines_are_listed_and_shown() {
    for (path, shows) in [
        ("/v1/plugins", "{\"plugins\":[{\"name\":\"fraud\"}]}\n"),
        ("/v1/plugins/fraud", "{\"name\":\"fraud\"}\n"),
        (
            "/v1/pipelines",
            "{\"pipelines\":[{\"name\":\"a\"},{\"name\":\"b\"}]}\n",
        ),
        ("/v1/pipelines/b/", "{\"name\":\"b\"}\n"),
    ] {
        let (status, body) = ask(&[], Method::GET, path).await;
        assert_eq!((status, &*body), (StatusCode::OK, shows));
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_and_nothing_can_be_changed() {
    for path in [
        "/",
        "/v1",
        "/v1/plugins/nope",
        "/v1/pipelines/a/b",
        "/v1/other/a",
        "/metric",
    ] {
        let (status, body) = ask(&[], Method::GET, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(body.starts_with("{\"error\":\""), "{body}");
    }
    for path in ["/v1/plugins", "/v1/pipelines/a", "/metrics", "/health/live"] {
        let (status, _) = ask(&[], Method::POST, path).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

#[tokio::test]
async fn metrics_are_sampled_when_they_are_read() {
    let (status, body) = ask(&[], Method::GET, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        body.contains("scoregate_queue_events{pipeline=\"fraud\"} 41"),
        "{body}"
    );
}

#[tokio::test]
async fn health_tells_life_from_readiness() {
    let (status, _) = ask(&["the ticker died"], Method::GET, "/health/live").await;
    assert_eq!(status, StatusCode::OK);
    let (status, body) = ask(&["the ticker died"], Method::GET, "/health/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("\"reasons\":[\"the ticker died\"]"), "{body}");
    let (status, _) = ask(&[], Method::GET, "/health/ready").await;
    assert_eq!(status, StatusCode::OK);
}
