//! How a connection begins: the protocols that are agreed on, and clients that come to none.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use scoregate::{
    config,
    http::{
        body::Body,
        server::{Drained, Server, ServerLimits},
        tls::{Certificates, Tls},
    },
    telemetry::Telemetry,
};
use scoregate_tests::{
    authority::{Authority, TLS},
    client::{Client, raw, shaken, within},
    folder::Folder,
    gateway::Gateway,
    payments,
    servers::wait::eventually_async,
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{Secured, sample};

/// Far longer than anything here takes.
const WAIT_MAX: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_listeners_answer_a_client_that_verifies_in_both_protocols() {
    let secured = Secured::start();
    let event = payments::heldout()[0].json;
    let reply = secured.client().score("fraud", event).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(secured.operator().get("/health/ready").await.status, 200);
    let log = secured.gateway.log();
    for (key, address) in [
        ("http", secured.gateway.http),
        ("admin", secured.gateway.admin),
    ] {
        let told = format!("\"{key}\":\"https://{address}\"");
        assert!(log.contains(&told), "no {told}: {log}");
    }
    for address in [secured.gateway.http, secured.gateway.admin] {
        // Without ALPN it is HTTP/1.1, though HTTP/2 would be spoken.
        for (offered, agreed) in [
            (&["h2", "http/1.1"][..], Some(&b"h2"[..])),
            (&["http/1.1"], Some(b"http/1.1")),
            (&[], None),
        ] {
            let tls = secured.authority.connector(offered);
            let stream = TcpStream::connect(address).await.expect("a connection");
            let stream = shaken(&tls, address, stream).await.expect("a handshake");
            assert_eq!(stream.get_ref().1.alpn_protocol(), agreed);
            let status = if agreed == Some(b"h2") {
                let io = TokioIo::new(stream);
                let (mut client, connection) =
                    http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), io)
                        .await
                        .expect("HTTP/2");
                tokio::spawn(connection);
                let uri = format!("https://{address}/health/live");
                let request = Request::get(uri).body(Full::default()).expect("a request");
                let response = within(client.send_request(request))
                    .await
                    .expect("an answer");
                response.status().as_u16()
            } else {
                let mut stream = stream;
                let request = b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
                stream.write_all(request).await.expect("it is sent");
                let mut answer = String::new();
                // Ended by an end that TLS knows of: none was cut off.
                let read = within(stream.read_to_string(&mut answer)).await;
                read.expect("a whole answer");
                answer["HTTP/1.1 ".len()..][..3].parse().expect("a status")
            };
            let expected = if address == secured.gateway.admin {
                200
            } else {
                404
            };
            assert_eq!(status, expected, "{offered:?}");
        }
        let stream = TcpStream::connect(address).await.expect("a connection");
        let foreign = secured.authority.connector(&["ftp"]);
        assert!(shaken(&foreign, address, stream).await.is_err());
        let stream = TcpStream::connect(address).await.expect("a connection");
        let stranger = Authority::new().connector(&[]);
        let error = shaken(&stranger, address, stream).await.unwrap_err();
        assert!(error.contains("UnknownIssuer"), "{error}");
    }
}

#[tokio::test]
async fn one_listener_alone_speaks_tls_where_the_file_says_so() {
    let authority = Authority::new();
    let tls = format!("{}listeners = [\"admin\"]\n", TLS);
    let folder = sample(&tls);
    authority.sign(&[]).put(&folder);
    let gateway = Gateway::start(Arc::new(folder));
    let event = payments::heldout()[0].json;
    assert_eq!(gateway.client().score("fraud", event).await.status, 200);
    let mut operator = Client::secure(gateway.admin, &authority);
    assert_eq!(operator.get("/health/live").await.status, 200);
    assert!(
        raw(gateway.admin, b"GET / HTTP/1.1\r\n\r\n")
            .await
            .contains("https://")
    );
}

#[tokio::test]
async fn who_speaks_no_tls_is_told_so_or_closed_and_counted() {
    let secured = Secured::start();
    let mut other = secured.client();
    let event = payments::heldout()[0].json;
    assert_eq!(other.score("fraud", event).await.status, 200);
    for address in [secured.gateway.http, secured.gateway.admin] {
        // More than the listener has read when it answers: a reset would take the answer back.
        let body = "x".repeat(300_000);
        let request =
            format!("POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 300000\r\n\r\n{body}");
        let answer = raw(address, request.as_bytes()).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        assert!(head.starts_with("HTTP/1.1 400 "), "{answer}");
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body["error"], "this listener speaks TLS: use https://");
        for garbage in [
            &b"\0\xff\x17garbage"[..],
            b"\x16\x03\x01\x00\x05hello",
            b"{}",
        ] {
            let answer = raw(address, garbage).await;
            assert!(!answer.contains("HTTP"), "{answer}");
        }
    }
    // A client that only looks whether somebody listens is no failure.
    drop(TcpStream::connect(secured.gateway.http).await);
    assert_eq!(other.score("fraud", event).await.status, 200);
    let failures = secured
        .metric("scoregate_tls_handshake_failures_total")
        .await;
    for listener in ["scoring", "admin"] {
        for (reason, count) in [("plaintext", 1), ("refused", 3)] {
            let line = format!(
                "scoregate_tls_handshake_failures_total{{listener=\"{listener}\",reason=\"{reason}\"}} {count}"
            );
            assert!(failures.contains(&line), "no {line}: {failures:?}");
        }
    }
}

/// A listener in this process, with limits that a test can wait for.
struct Short {
    address: SocketAddr,
    authority: Authority,
    telemetry: Arc<Telemetry>,
    /// Requests that have reached the handler.
    begun: Arc<AtomicUsize>,
    shutdown: CancellationToken,
    ended: JoinHandle<Drained>,
    _folder: Folder,
}

impl Short {
    async fn start(limits: ServerLimits) -> Self {
        let (authority, folder) = (Authority::new(), Folder::new());
        authority.sign(&[]).put(&folder);
        let files = config::Tls {
            certificate_file: folder.path("cert.pem"),
            key_file: folder.path("key.pem"),
            listeners: vec![config::Listener::Http],
        };
        let telemetry = Telemetry::new();
        let certificates = Certificates::open(&files, telemetry.tls()).expect("a pair");
        let tls = Tls::new(&certificates, telemetry.tls().handshakes("scoring"));
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::bind(any, limits, telemetry.connections("scoring")).await;
        let server = server.expect("a port").with_tls(Some(tls.expect("TLS")));
        let address = server.local_addr().expect("an address");
        let shutdown = CancellationToken::new();
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = begun.clone();
        let answer = move |_, _| {
            counted.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Response::new(Body::whole("slow"))
            }
        };
        Self {
            address,
            authority,
            telemetry,
            begun,
            ended: tokio::spawn(server.run(answer, shutdown.clone())),
            shutdown,
            _folder: folder,
        }
    }

    fn client(&self) -> Client {
        Client::secure(self.address, &self.authority)
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_closed_and_makes_room() {
    let server = Short::start(ServerLimits {
        idle_max: Duration::from_millis(200),
        connections_max_count: 4,
        ..ServerLimits::default()
    })
    .await;
    let mut silent = Vec::new();
    for said in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00", b""] {
        let mut stream = TcpStream::connect(server.address)
            .await
            .expect("a connection");
        stream.write_all(said).await.expect("it is sent");
        silent.push(stream);
    }
    // There is room for nobody else until they are closed.
    assert_eq!(server.client().get("/").await.status, 200);
    for mut stream in silent {
        let mut rest = Vec::new();
        within(stream.read_to_end(&mut rest)).await.ok();
    }
    let line = "scoregate_tls_handshake_failures_total{listener=\"scoring\",reason=\"timeout\"} 4";
    let text = server.telemetry.encode();
    assert!(text.contains(line), "{text}");
}

#[tokio::test]
async fn a_drain_answers_what_was_asked_and_ends_handshakes_that_have_not() {
    let server = Short::start(ServerLimits {
        drain_grace: Duration::from_millis(100),
        ..ServerLimits::default()
    })
    .await;
    let mut half = TcpStream::connect(server.address)
        .await
        .expect("a connection");
    half.write_all(b"\x16\x03\x01\x02")
        .await
        .expect("it is sent");
    let mut idle = server.client();
    assert_eq!(idle.get("/").await.status, 200);
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let mut client = server.client();
            tokio::spawn(async move { client.get("/").await.body })
        })
        .collect();
    eventually_async(WAIT_MAX, "21 requests", async || {
        server.begun.load(Ordering::Relaxed) == 21
    })
    .await;
    server.shutdown.cancel();
    for answer in asked {
        assert_eq!(answer.await.expect("an answer"), "slow");
    }
    let ended = within(server.ended).await.expect("an end");
    assert_eq!(ended, Drained { cut: 0 });
    let mut rest = Vec::new();
    within(half.read_to_end(&mut rest)).await.ok();
    assert_eq!(rest, b"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_big_answer_comes_whole_and_a_kept_connection_is_used_again() {
    let secured = Secured::start();
    let mut client = secured.client();
    let events = payments::heldout();
    let lines: String = (0..5_000)
        .map(|nth| format!("{}\n", events[nth % events.len()].json))
        .collect();
    for _ in 0..2 {
        let reply = client.score_lines("fraud", lines.clone()).await;
        assert_eq!(reply.lines().len(), 5_000);
    }
}
