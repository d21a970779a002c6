//! SIGTERM: what was accepted is answered and delivered, and the process ends with status 0 in time.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use scoregate_tests::{client::NDJSON, folder::Folder, gateway::Gateway, payments, plugins, rows};

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
sinks = [{ kind = "sqlite", path = "scores.db" }]
"#;

fn start() -> Gateway {
    let folder = Folder::fraud(SLOW);
    folder.write("adapter.wasm", plugins::hostile_adapter());
    folder.write("model.wasm", plugins::hostile_model());
    Gateway::start(Arc::new(folder))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_wait_at_sigterm_are_all_answered() {
    let mut gateway = start();
    // The first one occupies the scoring thread until long after the signal.
    let mut first = gateway.client();
    let first = tokio::spawn(async move { first.score("slow", "loop").await.status });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let waiting: Vec<_> = (0..50)
        .map(|number| {
            let mut client = gateway.client();
            tokio::spawn(async move { client.score("slow", format!("good {number}")).await })
        })
        .collect();
    let mut lines = gateway.client();
    let lines = tokio::spawn(async move {
        let headers = [NDJSON, ("idempotency-key", "lines")];
        let body: String = (0..300).map(|number| format!("good {number}\n")).collect();
        lines
            .send("POST", "/pipelines/slow/score", &headers, Bytes::from(body))
            .await
    });
    tokio::time::sleep(Duration::from_millis(150)).await;
    gateway.terminate();
    let began = Instant::now();
    assert_eq!(first.await.expect("an answer"), 500);
    for (number, reply) in waiting.into_iter().enumerate() {
        let reply = reply.await.expect("an answer");
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json()["score"], 2.0 * number as f64);
    }
    let answers = lines.await.expect("an answer").lines();
    assert_eq!(answers.len(), 300);
    for answer in &answers {
        assert!(answer["score"].is_number(), "{answer}");
    }
    let status = gateway.wait(DRAIN_MAX);
    assert_eq!(status.code(), Some(0), "{}", gateway.log());
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(rows::read(&gateway.database()).await.len(), 350);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_what_is_answered_is_delivered_and_what_is_not_was_never_taken() {
    let mut gateway = start();
    let under_way = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..8)
        .map(|caller| {
            let (mut client, under_way) = (gateway.client(), under_way.clone());
            tokio::spawn(async move {
                let payment = Bytes::from_static(payments::heldout()[caller].json.as_bytes());
                let (mut answered, mut lost) = (Vec::new(), None);
                for number in 0.. {
                    let id = format!("{caller}-{number}");
                    let headers = [("idempotency-key", &*id)];
                    let reply = client
                        .try_send("POST", "/pipelines/fraud/score", &headers, payment.clone())
                        .await;
                    match reply {
                        Ok(reply) if reply.status == 200 => {
                            under_way.fetch_add(1, Ordering::Relaxed);
                            answered.push(id);
                        }
                        // Refused in words, with nothing done.
                        Ok(reply) if reply.status == 503 => break,
                        Ok(reply) => panic!("{reply:?}"),
                        Err(_) => {
                            lost = Some(id);
                            break;
                        }
                    }
                }
                (answered, lost)
            })
        })
        .collect();
    // Each caller is in the middle of its requests by then, however busy the machine is.
    while under_way.load(Ordering::Relaxed) < 200 {
        assert!(
            callers.iter().all(|caller| !caller.is_finished()),
            "a caller gave up"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    gateway.terminate();
    let status = gateway.wait(DRAIN_MAX);
    assert_eq!(status.code(), Some(0), "{}", gateway.log());
    let rows = rows::read(&gateway.database()).await;
    let held: HashSet<&str> = rows.iter().map(|row| &*row.event_id).collect();
    let mut count = 0;
    for caller in callers {
        let (answered, lost) = caller.await.expect("a caller");
        count += answered.len();
        for id in &answered {
            assert!(held.contains(&**id), "{id} was answered and is lost");
        }
        if let Some(id) = lost {
            assert!(!held.contains(&*id), "{id} was taken and never answered");
        }
    }
    assert!(count >= 200, "only {count} answers came back");
    assert_eq!(held.len(), count);
}

#[tokio::test]
async fn an_idle_gateway_ends_at_once_even_with_connections_open() {
    let mut gateway = start();
    let mut idle = gateway.client();
    assert_eq!(idle.get("/v2/health/live").await.status, 200);
    let _silent = tokio::net::TcpStream::connect(gateway.http)
        .await
        .expect("a connection");
    let mut operator = gateway.admin_client();
    assert_eq!(operator.get("/health/ready").await.status, 200);
    let began = Instant::now();
    gateway.terminate();
    assert_eq!(gateway.wait(DRAIN_MAX).code(), Some(0), "{}", gateway.log());
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_draining_gateway_is_not_ready_and_takes_nothing_more() {
    let mut gateway = start();
    let mut operator = gateway.admin_client();
    let mut busy = gateway.client();
    let busy = tokio::spawn(async move { busy.score("slow", "loop").await.status });
    tokio::time::sleep(Duration::from_millis(100)).await;
    gateway.terminate();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let ready = operator.get("/health/ready").await;
    assert_eq!(ready.status, 503, "{ready:?}");
    assert!(
        tokio::net::TcpStream::connect(gateway.http).await.is_err(),
        "it still accepts"
    );
    assert_eq!(busy.await.expect("an answer"), 500);
    assert_eq!(gateway.wait(DRAIN_MAX).code(), Some(0));
}
