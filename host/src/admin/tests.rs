use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, header::WWW_AUTHENTICATE};
use hyper_util::rt::TokioIo;
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::{
    tokens::{Bearer, Role, line_of},
    *,
};
use crate::{
    http::server::{Server, ServerLimits},
    rollout::Refused,
};

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

type Headers<'h> = &'h [(&'h str, &'h str)];

async fn admin(tokens: Option<Tokens>, unready: &'static [&'static str]) -> Arc<Admin> {
    let sampled = Arc::new(AtomicU64::new(0));
    let telemetry = Telemetry::new();
    let pipeline = telemetry.pipeline("fraud");
    let status = |name: &'static str| -> Status { Arc::new(move || json!({ "name": name })) };
    Arc::new(Admin {
        rollouts: Rollouts::empty().await,
        access: Arc::new(Access::new(tokens)),
        pipelines: [("a".to_owned(), status("a")), ("b".to_owned(), status("b"))].into(),
        telemetry,
        sample: Arc::new(move || {
            sampled.fetch_add(1, Relaxed);
            pipeline.queue_events(sampled.load(Relaxed) as usize + 40);
        }),
        unready: Arc::new(|| unready.iter().map(|&reason| reason.to_owned()).collect()),
    })
}

fn tokens() -> Tokens {
    let file = tempfile::NamedTempFile::new().unwrap();
    let line = |name: &str, role, token| {
        let name = name.to_owned();
        line_of(&Bearer { name, role }, token)
    };
    let lines = [line("ci", Role::Deploy, "d"), line("ops", Role::Read, "r")];
    std::fs::write(file.path(), lines.join("\n")).unwrap();
    Tokens::open(file.path()).unwrap()
}

async fn send(
    admin: Arc<Admin>,
    method: Method,
    path: &str,
    headers: Headers<'_>,
    body: &str,
) -> Answer {
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
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "x");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(bytes::Bytes::from(body.to_owned())));
    let response = client.send_request(request.unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    running.abort();
    connection.abort();
    Answer {
        status: head.status,
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

async fn ask(unready: &'static [&'static str], method: Method, path: &str) -> (StatusCode, String) {
    let answer = send(admin(None, unready).await, method, path, &[], "").await;
    if path == "/metrics" && answer.status == StatusCode::OK {
        assert_eq!(
            answer.headers[CONTENT_TYPE],
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        );
    }
    (answer.status, answer.body)
}

#[tokio::test]
async fn pipelines_are_listed_and_shown() {
    for (path, shows) in [
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
async fn what_is_not_there_is_404_and_what_is_only_read_takes_no_post() {
    for path in [
        "/",
        "/v1",
        "/v1/plugins/nope",
        "/v1/pipelines/nope",
        "/v1/pipelines/a/b",
        "/v1/other/a",
        "/metric",
    ] {
        let (status, body) = ask(&[], Method::GET, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(body.starts_with("{\"error\":\""), "{body}");
    }
    for path in [
        "/v1/plugins",
        "/v1/pipelines/a",
        "/v1/audit",
        "/metrics",
        "/health/live",
    ] {
        let (status, _) = ask(&[], Method::POST, path).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    for path in [
        "/v1/plugins/fraud/rollout",
        "/v1/plugins/fraud/abort",
        "/v2/repository/index",
    ] {
        let answer = send(admin(None, &[]).await, Method::GET, path, &[], "").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.headers["allow"], "POST");
    }
}

#[tokio::test]
async fn with_tokens_only_probes_are_open() {
    let get = |path: &'static str, headers: Headers<'static>| async move {
        send(
            admin(Some(tokens()), &[]).await,
            Method::GET,
            path,
            headers,
            "",
        )
        .await
    };
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(get(path, &[]).await.status, 200, "{path}");
    }
    for path in [
        "/metrics",
        "/v1/plugins",
        "/v1/pipelines/a",
        "/v1/audit",
        "/nowhere",
    ] {
        let answer = get(path, &[]).await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.headers.contains_key(WWW_AUTHENTICATE), "{path}");
        assert!(answer.body.starts_with("{\"error\":\""), "{}", answer.body);
    }
    let read = get("/metrics", &[("authorization", "Bearer r")]).await;
    assert_eq!(read.status, 200);
    let post = |path: &'static str, headers: Headers<'static>| async move {
        send(
            admin(Some(tokens()), &[]).await,
            Method::POST,
            path,
            headers,
            "{}",
        )
        .await
    };
    for path in [
        "/v1/plugins/fraud/releases",
        "/v1/plugins/fraud/rollout",
        "/v1/plugins/fraud/rollback",
        "/v1/pipelines/a/pause",
        "/v2/repository/models/fraud/load",
    ] {
        let reader = post(path, &[("authorization", "Bearer r")]).await;
        assert_eq!(reader.status, 403, "{path}");
        let nobody = post(path, &[]).await;
        assert_eq!(nobody.status, 401, "{path}");
        let page = post(
            path,
            &[("authorization", "Bearer d"), ("origin", "http://x")],
        );
        assert_eq!(page.await.status, 403, "{path}");
        let deployer = post(path, &[("authorization", "Bearer d")]).await;
        assert!(![401, 403].contains(&deployer.status.as_u16()), "{path}");
    }
}

#[tokio::test]
async fn wrong_orders_are_400_before_anything_is_asked_of_the_store() {
    for (path, body, told) in [
        ("/v1/plugins/fraud/rollout", "{", "no JSON"),
        ("/v1/plugins/fraud/rollout", "{}", "needs `release`"),
        (
            "/v1/plugins/fraud/abort",
            "{\"raeson\":\"slow\"}",
            "did you mean `reason`?",
        ),
        (
            "/v1/pipelines/a/pause",
            "{\"why\":1}",
            "unknown key `why` in the body; it knows none",
        ),
        (
            "/v1/plugins/fraud/releases?dryrun=true",
            "",
            "did you mean `dry_run`?",
        ),
        ("/v2/repository/index", "{\"ready\":1}", "true or false"),
    ] {
        let answer = send(admin(None, &[]).await, Method::POST, path, &[], body).await;
        assert_eq!(answer.status, 400, "{path} {body}");
        assert!(answer.body.contains(told), "{}", answer.body);
    }
}

#[test]
fn a_store_that_cannot_be_asked_is_503() {
    let why = Refused::Unavailable("the disk is full".to_owned());
    let answer = changes::refused(why);
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
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
