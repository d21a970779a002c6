//! Releases that do not fit, and uploads that are none, in the middle of traffic: each is refused with what is wrong, and no caller notices.

use std::{sync::Arc, time::Duration};

use scoregate::release::Digest;
use scoregate_tests::{
    bombs::compile_bomb,
    client::within,
    components::{misfits, noted},
    folder::Folder,
    gateway::Gateway,
    made_model::{self, Misfit},
    operator::Operator,
    plugins,
    servers::eventually_async,
    traffic::Traffic,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};

const RELEASES: &str = "/v1/plugins/fraud/releases";
const CALLERS: usize = 4;
/// Of the component that is too large.
const LARGE_BYTES: usize = 200 << 20;
/// Less than a compile bomb needs, more than the sample's plugins.
const COMPILE_MAX_BYTES: u64 = 128 << 20;
/// Longer than a gateway takes to let go of what it has read.
const LET_GO_MAX: Duration = Duration::from_secs(30);

/// A gateway under traffic that is asked all the time whether it is ready.
struct Scene {
    gateway: Gateway,
    operator: Operator,
    traffic: Traffic,
    ready: JoinHandle<()>,
    first: Digest,
}

impl Scene {
    async fn new() -> Self {
        let store = format!(
            "[store]\ncompile_max_seconds = 600\ncompile_max_bytes = {COMPILE_MAX_BYTES}\n"
        );
        let gateway = Gateway::start(Arc::new(Folder::fraud(&store)));
        let mut operator = Operator::of(&gateway);
        let first = operator.active("fraud").await;
        let mut asking = gateway.admin_client();
        Self {
            traffic: Traffic::begin(&gateway, CALLERS),
            ready: tokio::spawn(async move {
                loop {
                    let reply = asking.get("/health/ready").await;
                    assert_eq!(reply.status, 200, "{reply:?}");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }),
            gateway,
            operator,
            first,
        }
    }

    /// Nobody has noticed anything.
    async fn end(self) {
        self.traffic.goes_on(20).await;
        let mut operator = self.operator;
        assert_eq!(operator.active("fraud").await, self.first);
        let adapter = operator.active("payments").await;
        let only = json!({
            "adapter": format!("payments@{adapter}"),
            "model": format!("fraud@{}", self.first),
        });
        let answered: Vec<_> = self.traffic.end().await.into_iter().collect();
        assert_eq!(answered, [only.to_string()]);
        assert!(!self.ready.is_finished(), "{:?}", self.ready.await);
        self.ready.abort();
    }
}

/// The reasons that a report gives for the pipeline `fraud`.
fn reasons(report: &Value) -> Vec<&str> {
    let reasons = report["pipelines"][0]["reasons"].as_array();
    let reasons = reasons.expect("reasons").iter();
    reasons.filter_map(Value::as_str).collect()
}

const RENAMED: [&str; 2] = [
    "the model's input `readings FP32 [-1, 15]` is no feature of the adapter, which makes `features FP32 [-1, 15]`; was it renamed from or to `features`?",
    "the adapter's feature `features FP32 [-1, 15]` is no input of the model",
];
const DATATYPE: &str = "the model's input is `features FP64 [-1, 15]`, the adapter's feature is `features FP32 [-1, 15]`: their datatypes differ";
const MISSING: &str = "the adapter's score `probability FP32 [-1, 1]` is no output of the model, which gives `margin FP32 [-1, 1]`";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_does_not_fit_is_refused_with_each_mismatch_while_callers_are_answered() {
    let mut scene = Scene::new().await;
    for (misfits, expected) in [
        (&[Misfit::RenamedFeature][..], &RENAMED[..]),
        (&[Misfit::OtherDatatype], &[DATATYPE]),
        (&[Misfit::MissingOutput], &[MISSING]),
        (
            &[Misfit::RenamedFeature, Misfit::MissingOutput],
            &[RENAMED[0], RENAMED[1], MISSING],
        ),
    ] {
        let component = made_model::misfit(misfits);
        // It is kept, for it may fit together with another adapter; by itself it serves nowhere.
        let reply = scene.operator.upload("fraud", &component).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        assert_eq!(reply.json()["fits"], false);
        assert_eq!(reasons(&reply.json()), expected);
        let release = Digest::of(&component);
        for strategy in ["replace", "canary", "shadow"] {
            let mut order = json!({ "strategy": strategy });
            if strategy == "canary" {
                order["percent"] = 5.into();
            }
            let reply = scene.operator.try_roll_out("fraud", release, order).await;
            assert_eq!(reply.status, 422, "{reply:?}");
            let body = reply.json();
            assert_eq!(reasons(&body["report"]), expected);
            let error = body["error"].as_str().expect("a sentence");
            assert!(error.starts_with(&format!("{release} does not fit plugin `fraud`: ")));
            for reason in expected {
                assert!(error.contains(reason), "{error}");
            }
        }
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_plugin_is_refused_with_what_it_is_while_callers_are_answered() {
    let mut scene = Scene::new().await;
    let bomb = compile_bomb();
    let over = format!("compiling it needed more than {COMPILE_MAX_BYTES} bytes of memory");
    let mut refused: Vec<(String, Vec<u8>, &str)> = misfits()
        .into_iter()
        .map(|misfit| (misfit.name, misfit.bytes, misfit.refusal))
        .collect();
    refused.push(("compile-bomb".into(), bomb.clone(), &over));
    for (name, component, expected) in &refused {
        let reply = scene.operator.upload("fraud", component).await;
        refuses(&reply, expected, name);
    }
    // Eight at once, of each sort that costs something.
    let mut at_once = Vec::new();
    for nth in 0..8 {
        let (component, expected) = match nth % 4 {
            0 => (noted(&bomb, &nth.to_string()), over.as_str()),
            1 => (vec![nth; 16 << 20], "is not WebAssembly"),
            2 => (plugins::fraud()[..20_000].to_vec(), "damaged or truncated"),
            _ => (plugins::payments().to_vec(), "of the kind `adapter`"),
        };
        let (mut operator, expected) = (Operator::of(&scene.gateway), expected.to_owned());
        at_once.push(tokio::spawn(async move {
            let reply = operator.upload("fraud", &component).await;
            refuses(&reply, &expected, "one of eight");
        }));
    }
    for upload in at_once {
        upload.await.expect("it is refused");
    }
    assert_eq!(
        scene.operator.releases("fraud").await,
        [scene.first],
        "nothing was kept"
    );
    scene.end().await;
}

fn refuses(reply: &scoregate_tests::client::Reply, expected: &str, name: &str) {
    assert_eq!(reply.status, 422, "{name}: {reply:?}");
    let body = reply.json();
    assert_eq!(body["report"]["fits"], false, "{name}: {body}");
    let problems = body["report"]["problems"].as_array().expect("problems");
    let told = problems.iter().filter_map(Value::as_str);
    assert!(
        told.into_iter().any(|told| told.contains(expected)),
        "{name}: {body}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_too_large_broken_off_and_slow_cost_callers_nothing_and_little_memory() {
    let mut scene = Scene::new().await;
    scene.traffic.goes_on(200).await;
    let before_bytes = scene.gateway.memory_now_bytes();
    let component = noted(plugins::fraud(), "slow");
    let mut slow = begin(&scene.gateway, Some(component.len())).await;
    let (last, most) = component.split_last().expect("bytes");
    // A byte now and then, as long as all else lasts.
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let most = most.to_vec();
    let trickle = tokio::spawn(async move {
        let mut sent = 0;
        while stopped.try_recv().is_err() && sent < most.len() {
            slow.write_all(&most[sent..=sent]).await.expect("a byte");
            sent += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        slow.write_all(&most[sent..]).await.expect("the rest");
        slow
    });
    for framed in [Some(LARGE_BYTES), None] {
        let answer = send_large(&scene.gateway, framed).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains(&(64 << 20).to_string()), "{answer}");
    }
    let mut broken = begin(&scene.gateway, Some(component.len())).await;
    broken
        .write_all(&component[..50_000])
        .await
        .expect("a part");
    drop(broken);
    assert_eq!(
        scene.operator.releases("fraud").await,
        [scene.first],
        "nothing was kept"
    );
    stop.send(()).expect("it is still sent");
    let mut slow = trickle.await.expect("it is taken");
    slow.write_all(&[*last]).await.expect("the last byte");
    let answer = read(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    // Let go, whatever was read of them.
    if let Some(before_bytes) = before_bytes {
        let peak_bytes = scene.gateway.memory_peak_bytes().expect("a peak");
        println!(
            "memory: {} MB before, at most {} MB, now {:?} MB",
            before_bytes >> 20,
            peak_bytes >> 20,
            scene.gateway.memory_now_bytes().map(|bytes| bytes >> 20),
        );
        assert!(
            peak_bytes < before_bytes + LARGE_BYTES as u64,
            "{peak_bytes}"
        );
        eventually_async(LET_GO_MAX, "what was read is let go", async || {
            let now_bytes = scene.gateway.memory_now_bytes().expect("now");
            now_bytes < before_bytes + (32 << 20)
        })
        .await;
    }
    scene.end().await;
}

#[tokio::test]
#[ignore = "an upload may take two minutes"]
async fn an_upload_that_never_ends_is_refused_in_the_end() {
    let gateway = Gateway::fraud();
    let mut slow = begin(&gateway, Some(1 << 20)).await;
    let mut answer = [0; 12];
    loop {
        tokio::select! {
            read = slow.read_exact(&mut answer) => {
                read.expect("an answer");
                break;
            },
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
        slow.write_all(b"\0").await.expect("a byte");
    }
    assert_eq!(&answer, b"HTTP/1.1 408");
}

/// The head of an upload; none: in chunks.
async fn begin(gateway: &Gateway, bytes: Option<usize>) -> TcpStream {
    let framed = match bytes {
        Some(bytes) => format!("content-length: {bytes}"),
        None => "transfer-encoding: chunked".to_owned(),
    };
    let head =
        format!("POST {RELEASES} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{framed}\r\n\r\n");
    let mut stream = TcpStream::connect(gateway.admin).await.expect("it listens");
    stream.write_all(head.as_bytes()).await.expect("a head");
    stream
}

async fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer ends it as well as a close.
    within(stream.read_to_end(&mut answer)).await.ok();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends all of it, or until the gateway hangs up.
async fn send_large(gateway: &Gateway, bytes: Option<usize>) -> String {
    let (mut reader, mut writer) = begin(gateway, bytes).await.into_split();
    let sending = tokio::spawn(async move {
        let part = vec![0x2a; 1 << 20];
        for _ in 0..LARGE_BYTES / part.len() {
            let framed = match bytes {
                Some(_) => part.clone(),
                None => [format!("{:x}\r\n", part.len()).as_bytes(), &part, b"\r\n"].concat(),
            };
            if writer.write_all(&framed).await.is_err() {
                return;
            }
        }
    });
    let mut answer = Vec::new();
    within(reader.read_to_end(&mut answer)).await.ok();
    sending.await.expect("no panic");
    String::from_utf8_lossy(&answer).into_owned()
}
