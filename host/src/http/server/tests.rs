use std::time::Instant;

use hyper::{Method, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::{JoinHandle, JoinSet},
};

use super::*;
use crate::http::{bodies::Bodies, problem::Problem, receive::receive};

const BODY_MAX_BYTES: u64 = 1 << 20;

struct Running {
    addr: SocketAddr,
    open: Gauge,
    shutdown: CancellationToken,
    ended: JoinHandle<Drained>,
}

fn short() -> ServerLimits {
    ServerLimits {
        idle_max: Duration::from_millis(200),
        drain_max: Duration::from_secs(5),
        drain_grace: Duration::from_millis(100),
        ..ServerLimits::default()
    }
}

async fn start(limits: ServerLimits) -> Running {
    let open = Gauge::default();
    let addr = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind(addr, limits, open.clone()).await.unwrap();
    let addr = server.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let ended = tokio::spawn(server.run(handle, shutdown.clone()));
    Running {
        addr,
        open,
        shutdown,
        ended,
    }
}

/// `/length` answers with the body's length, `/slow` after 300 ms, `/big` with 64 MB, `/never` never.
async fn handle(request: Request<Incoming>, _: SocketAddr) -> Response<Body> {
    match request.uri().path() {
        "/length" => {
            let wait = Duration::from_millis(200);
            match receive(request.into_body(), &Bodies::new(BODY_MAX_BYTES), wait).await {
                Ok(body) => Response::new(Body::whole(body.len().to_string())),
                Err(problem) => problem.response(),
            }
        }
        "/slow" => {
            sleep(Duration::from_millis(300)).await;
            Response::new(Body::whole("slow"))
        }
        "/big" => Response::new(Body::whole(vec![0; 64 << 20])),
        "/never" => std::future::pending().await,
        _ => Problem::not_found("nothing is here").response(),
    }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    /// A connection on which those bytes were sent.
    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        stream
    }

    async fn serves(&self) {
        let mut stream = self.send(POST_5).await;
        assert!(answer(&mut stream).await.ends_with("\r\n\r\n5"));
    }
}

const POST_5: &[u8] = b"POST /length HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello";
const GET_SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";

/// One answer with a Content-Length.
async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return text.into_owned();
            }
        }
        match within(stream.read_buf(&mut bytes)).await {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&bytes).into_owned(),
            Ok(_) => {}
        }
    }
}

/// Everything until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset ends it as well as a close.
    drop(within(stream.read_to_end(&mut bytes)).await);
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn within<F: Future>(future: F) -> F::Output {
    timeout(Duration::from_secs(10), future)
        .await
        .expect("the server neither answered nor closed")
}

#[tokio::test]
async fn a_connection_is_kept_and_used_again() {
    let server = start(short()).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(POST_5).await.unwrap();
        assert!(answer(&mut stream).await.ends_with("\r\n\r\n5"));
    }
    assert_eq!(server.open.get(), 1);
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let server = start(short()).await;
    let began = Instant::now();
    let mut streams = vec![
        server.connect().await,
        server.send(b"P").await,
        server.send(b"PRI * HTTP").await,
        server.send(b"POST /length HTTP/1.1\r\nhost:").await,
        server.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await,
    ];
    // A connection that was used and is idle now.
    let mut idle = server.send(POST_5).await;
    answer(&mut idle).await;
    streams.push(idle);
    for mut stream in streams {
        rest(&mut stream).await;
    }
    assert!(began.elapsed() < Duration::from_secs(2));
    server.serves().await;
}

#[tokio::test]
async fn a_slow_body_is_answered_and_cut_off() {
    let server = start(short()).await;
    let mut stream = server
        .send(b"POST /length HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nh")
        .await;
    let text = rest(&mut stream).await;
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
    assert!(text.contains("connection: close"), "{text}");
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut_off() {
    let server = start(short()).await;
    let _stream = server.send(b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await;
    within(async {
        while server.open.get() == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        while server.open.get() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_reads_slowly_is_not_cut_off() {
    let server = start(short()).await;
    let mut stream = server.send(b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut left = 64 << 20;
    let mut chunk = vec![0; 4 << 20];
    while left > 0 {
        sleep(Duration::from_millis(30)).await;
        let read = within(stream.read(&mut chunk)).await.unwrap();
        assert!(read > 0, "cut off with {left} bytes left");
        left -= read.min(left);
    }
}

#[tokio::test]
async fn a_head_over_its_limits_is_431() {
    let server = start(short()).await;
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(20 << 10));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(65));
    for head in [long, many] {
        let mut stream = server.send(head.as_bytes()).await;
        let text = rest(&mut stream).await;
        assert!(text.starts_with("HTTP/1.1 431"), "{text}");
    }
    server.serves().await;
}

#[tokio::test]
async fn garbage_is_refused_and_hurts_nobody() {
    let server = start(short()).await;
    for garbage in [
        &[0xff; 4096][..],
        b"\x16\x03\x01\x02\x00\x01",
        b"\r\n\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ] {
        let mut stream = server.send(garbage).await;
        let text = rest(&mut stream).await;
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 400"),
            "{text}"
        );
    }
    server.serves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_over_the_limit_is_413_promised_or_not() {
    let server = start(short()).await;
    for chunked in [false, true] {
        let mut stream = server.connect().await;
        let framing = if chunked {
            "transfer-encoding: chunked"
        } else {
            "content-length: 104857600"
        };
        let head = format!("POST /length HTTP/1.1\r\nhost: x\r\n{framing}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // As many clients do: all of it is sent before the answer is looked at.
        let megabyte = vec![b'x'; 1 << 20];
        let mut sent = Ok(());
        for _ in 0..100 {
            let size = if chunked { "100000\r\n" } else { "" };
            let end = if chunked { "\r\n" } else { "" };
            for part in [size.as_bytes(), &megabyte, end.as_bytes()] {
                sent = sent.and(within(stream.write_all(part)).await);
            }
        }
        sent.expect("the server reset a client that was still sending");
        if chunked {
            stream.write_all(b"0\r\n\r\n").await.unwrap();
        }
        let text = rest(&mut stream).await;
        assert!(text.starts_with("HTTP/1.1 413"), "{text}");
        assert!(text.contains("over the limit of 1048576 bytes"), "{text}");
    }
}

#[tokio::test]
async fn http2_is_served_by_prior_knowledge() {
    let server = start(short()).await;
    let io = TokioIo::new(server.connect().await);
    let (client, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let mut requests = JoinSet::new();
    for length in 0..50 {
        let mut client = client.clone();
        requests.spawn(async move {
            let request = Request::builder()
                .method(Method::POST)
                .uri("http://x/length")
                .body(http_body_util::Full::<bytes::Bytes>::from(vec![0; length]))
                .unwrap();
            let response = client.send_request(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
        });
    }
    within(requests.join_all()).await;
    server.shutdown.cancel();
    within(connection).await.unwrap().unwrap();
    assert_eq!(within(server.ended).await.unwrap(), Drained { cut: 0 });
}

#[tokio::test]
async fn a_drain_loses_no_request() {
    let server = start(short()).await;
    let mut working = Vec::new();
    for _ in 0..20 {
        working.push(server.send(GET_SLOW).await);
    }
    let mut idle = server.send(POST_5).await;
    answer(&mut idle).await;
    let mut silent = server.connect().await;
    sleep(Duration::from_millis(50)).await;
    // Connections that the system completed and nobody accepted yet.
    server.shutdown.cancel();
    sleep(Duration::from_millis(20)).await;
    assert!(
        TcpStream::connect(server.addr).await.is_err(),
        "a draining server still accepts"
    );
    // Requests that were on their way.
    idle.write_all(POST_5).await.unwrap();
    silent.write_all(POST_5).await.unwrap();
    for mut stream in [idle, silent] {
        let text = rest(&mut stream).await;
        assert!(
            text.starts_with("HTTP/1.1 200") && text.contains("connection: close"),
            "{text}"
        );
    }
    for mut stream in working {
        let text = rest(&mut stream).await;
        assert!(
            text.starts_with("HTTP/1.1 200") && text.ends_with("slow"),
            "{text}"
        );
        assert!(text.contains("connection: close"), "{text}");
    }
    assert_eq!(within(server.ended).await.unwrap(), Drained { cut: 0 });
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_a_drain() {
    let server = start(ServerLimits {
        idle_max: Duration::from_secs(30),
        ..short()
    })
    .await;
    let mut idle = server.send(POST_5).await;
    answer(&mut idle).await;
    let _silent = server.connect().await;
    sleep(Duration::from_millis(50)).await;
    let began = Instant::now();
    server.shutdown.cancel();
    assert_eq!(within(server.ended).await.unwrap(), Drained { cut: 0 });
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_drain_ends_in_time_whatever_runs() {
    let limits = ServerLimits {
        drain_max: Duration::from_millis(300),
        ..short()
    };
    let server = start(limits).await;
    let _stuck = server.send(b"GET /never HTTP/1.1\r\nhost: x\r\n\r\n").await;
    sleep(Duration::from_millis(50)).await;
    server.shutdown.cancel();
    assert_eq!(within(server.ended).await.unwrap(), Drained { cut: 1 });
}

#[tokio::test]
async fn a_connection_over_the_limit_waits_for_its_turn() {
    let limits = ServerLimits {
        connections_max_count: 2,
        ..short()
    };
    let server = start(limits).await;
    let mut first = server.send(GET_SLOW).await;
    let mut second = server.send(GET_SLOW).await;
    let mut third = server.send(POST_5).await;
    assert!(
        timeout(Duration::from_millis(200), third.readable())
            .await
            .is_err(),
        "the third was served while two were open"
    );
    assert!(answer(&mut first).await.ends_with("slow"));
    assert!(answer(&mut second).await.ends_with("slow"));
    drop((first, second));
    assert!(answer(&mut third).await.ends_with("\r\n\r\n5"));
}

#[tokio::test]
async fn a_client_who_leaves_hurts_nobody() {
    let server = start(short()).await;
    for _ in 0..20 {
        drop(server.send(GET_SLOW).await);
    }
    server.serves().await;
    within(async {
        while server.open.get() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
