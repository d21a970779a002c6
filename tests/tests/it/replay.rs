//! Events are kept in capsules, and what became of them comes out again.

mod keeping;
mod trials;
mod wrong;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use scoregate::capture::{Capsule, Captured};
use scoregate_tests::{
    client::NDJSON,
    command::{self, Ended},
    folder::{FRAUD, Folder},
    gateway::Gateway,
    payments::{self, Expected},
    plugins,
};
use serde_json::Value;

/// Longer than a busy machine needs to write what waits.
const WRITTEN_MAX: Duration = Duration::from_secs(60);

const HOSTILE: &str = r#"
[plugins.adapter]
file = "adapter.wasm"
call_deadline_ms = 2000
[plugins.model]
file = "model.wasm"
memory_max_bytes = 67108864
call_deadline_ms = 250
[pipelines.p]
adapter = "adapter"
model = "model"
capture = "faults"
sources = [{ kind = "http" }]
"#;

/// The same plugins on a followed file.
const STREAM: &str = r#"
[plugins.adapter]
file = "adapter.wasm"
call_deadline_ms = 2000
[plugins.model]
file = "model.wasm"
call_deadline_ms = 2000
[pipelines.p]
adapter = "adapter"
model = "model"
capture = "sampled"
capture_every_events = 1
sources = [{ kind = "file", path = "events.log" }]
sinks = [{ kind = "stdout" }]
dead_letter = { kind = "file", path = "dead.ndjson" }
"#;

/// The sample pipeline, with these lines about what it keeps.
fn fraud(lines: &str) -> Arc<Folder> {
    let config = FRAUD.replace(
        "key = \"/card_id\"\n",
        &format!("key = \"/card_id\"\n{lines}\n"),
    );
    let folder = Folder::with(&config);
    folder.write("payments.wasm", plugins::payments());
    folder.write("fraud.wasm", plugins::fraud());
    Arc::new(folder)
}

/// A pipeline's capsules that are there now, oldest first.
fn capsules(folder: &Folder, pipeline: &str) -> Vec<PathBuf> {
    let dir = folder.path("scoregate-data/capsules").join(pipeline);
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    paths.sort();
    paths
}

fn is_of(path: &Path, word: &str) -> bool {
    path.to_string_lossy().ends_with(&format!("-{word}.json"))
}

/// Waits until so many were written, left out or refused since the start, and returns these three.
async fn kept(gateway: &Gateway, pipeline: &str, count: u64) -> [u64; 3] {
    let deadline = Instant::now() + WRITTEN_MAX;
    loop {
        let mut client = gateway.admin_client();
        let status = client
            .get(&format!("/v1/pipelines/{pipeline}"))
            .await
            .json();
        let counts = ["written", "dropped", "failed"]
            .map(|word| status["capsules"][word].as_u64().expect("a count"));
        if counts.iter().sum::<u64>() >= count {
            return counts;
        }
        assert!(Instant::now() < deadline, "{status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Runs `scoregate replay` on it.
fn replay(folder: &Folder, capsule: &Path, more: &[&str]) -> Ended {
    let capsule = capsule.to_str().expect("a path that is text");
    let args = ["replay", capsule].into_iter().chain(more.iter().copied());
    command::run(folder, args)
}

/// What it prints as JSON, and its exit code.
fn replayed(folder: &Folder, capsule: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let more: Vec<&str> = ["--output", "json"].iter().chain(more).copied().collect();
    let ended = replay(folder, capsule, &more);
    let json = serde_json::from_str(&ended.stdout);
    let json = json.unwrap_or_else(|_| panic!("no JSON:\n{}\n{}", ended.stdout, ended.stderr));
    (ended.code, json)
}

fn whats(json: &Value) -> Vec<&str> {
    let differences = json["differences"].as_array().expect("differences");
    differences
        .iter()
        .map(|difference| difference["what"].as_str().expect("what differs"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_became_of_an_event_becomes_of_it_again_bit_for_bit() {
    let folder = fraud("capture = \"sampled\"\ncapture_every_events = 1");
    let gateway = Gateway::start(folder.clone());
    let headers = [NDJSON, ("idempotency-key", "held-out")];
    let mut client = gateway.client();
    let body = payments::ndjson();
    let path = "/pipelines/fraud/score";
    let reply = client.send("POST", path, &headers, body.into()).await;
    let answers = reply.lines();
    let [written, dropped, failed] = kept(&gateway, "fraud", answers.len() as u64).await;
    assert_eq!((written + dropped, failed), (answers.len() as u64, 0));
    let all = capsules(&folder, "fraud");
    assert!(!all.is_empty() && all.len() as u64 <= written);
    // What a capsule says is what the caller was told.
    let mut scored = 0;
    for path in &all {
        let capsule = Capsule::read(path).expect("a capsule");
        let row: usize = match capsule.event.id.rsplit_once('-') {
            Some((_, row)) => row.parse().expect("a row"),
            None => panic!("{}", capsule.event.id),
        };
        let payment = &payments::heldout()[row];
        assert_eq!(capsule.event.payload, payment.json.as_bytes());
        match &capsule.result {
            Captured::Scored { score, .. } => {
                scored += 1;
                let score = score.expect("a score").value();
                assert_eq!(answers[row]["score"].as_f64(), Some(score));
                assert!(matches!(payment.expected, Expected::Scored { .. }));
            }
            Captured::Rejected { reason } => assert_eq!(answers[row]["error"], **reason),
            other => panic!("{other:?}"),
        }
    }
    assert!(scored > 0);
    let of = |word| all.iter().filter(move |path| is_of(path, word)).take(2);
    // Beside the running gateway, and the first one as an operator reads it.
    let ended = replay(&folder, &all[0], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("same      bit for bit"),
        "{}",
        ended.stdout
    );
    for path in of("scored").chain(of("rejected")) {
        let (code, json) = replayed(&folder, path, &[]);
        assert_eq!(
            (code, &json["same"]),
            (Some(0), &Value::Bool(true)),
            "{json}"
        );
        assert_eq!(json["captured"], json["now"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_release_or_config_shows_what_it_changes() {
    let folder = fraud("capture = \"sampled\"\ncapture_every_events = 1");
    let gateway = Gateway::start(folder.clone());
    let mut payments = payments::heldout().iter();
    let payment = payments.find(|payment| matches!(payment.expected, Expected::Scored { .. }));
    let payment = payment.expect("a valid payment").json;
    assert_eq!(gateway.client().score("fraud", payment).await.status, 200);
    assert_eq!(kept(&gateway, "fraud", 1).await, [1, 0, 0]);
    let capsule = capsules(&folder, "fraud").remove(0);

    folder.write("changed.wasm", plugins::fraud_with_one_tree_changed());
    let (code, json) = replayed(&folder, &capsule, &["--release", "changed.wasm"]);
    assert_eq!(code, Some(1), "{json}");
    assert_eq!(whats(&json), ["score", "output/margin"], "{json}");
    let distance = &json["differences"][0]["distance"];
    assert!(distance["ulps"].as_u64() > Some(1), "{json}");
    assert_eq!(distance["single"], true, "{json}");
    assert_ne!(json["model"]["captured"], json["model"]["now"]);
    assert_eq!(json["adapter"]["captured"], json["adapter"]["now"]);

    // The same trees under another digest; by its file and both slots at once.
    folder.write("again.wasm", plugins::fraud_again("2"));
    let both = ["--release", "again.wasm", "--release", "payments.wasm"];
    let (code, json) = replayed(&folder, &capsule, &both);
    assert_eq!((code, whats(&json).len()), (Some(0), 0), "{json}");

    let text = std::fs::read_to_string(&capsule).expect("a capsule");
    let stricter = text.replacen(
        r#""config":"{}""#,
        r#""config":"{\"decline_above\":0.0}""#,
        1,
    );
    assert_ne!(text, stricter);
    let edited = folder.path("scoregate-data/capsules/fraud/edited.json");
    std::fs::write(&edited, stricter).expect("a file");
    let ended = replay(&folder, &edited, &[]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let told = "differs   decision: approve became decline";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_is_met_again_by_the_same_plugin_in_the_same_way() {
    let folder = Arc::new(Folder::hostile(HOSTILE));
    let gateway = Gateway::start(folder.clone());
    let mut client = gateway.client();
    let faults = [
        ("trap", "adapter", "trap"),
        ("rows-more", "adapter", "malformed"),
        ("model-grow", "model", "memory"),
        ("model-loop", "model", "deadline"),
    ];
    for (word, ..) in faults {
        // Neighbours of one batch leave nothing.
        let lines = format!("good 1\n{word}\nreject\n");
        let answers = client.score_lines("p", lines).await.lines();
        assert!(answers[0]["error"].is_null() && answers[2]["error"].is_string());
    }
    assert_eq!(kept(&gateway, "p", 4).await, [4, 0, 0]);
    let all = capsules(&folder, "p");
    assert_eq!(all.len(), 4, "{all:?}");
    for (path, (word, plugin, fault)) in all.iter().zip(faults) {
        assert!(is_of(path, "fault"), "{path:?}");
        let (code, json) = replayed(&folder, path, &[]);
        assert_eq!(code, Some(0), "{word}: {json}");
        for side in ["captured", "now"] {
            assert_eq!(json[side]["slot"], plugin, "{word}: {json}");
            assert_eq!(json[side]["fault"], fault, "{word}: {json}");
        }
        let notes = json["notes"].to_string();
        assert_eq!(
            notes.contains("speed of the machine"),
            fault == "deadline",
            "{json}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_stream_s_batch_each_event_is_kept_with_what_became_of_it() {
    let folder = Arc::new(Folder::hostile(STREAM));
    folder.write("events.log", "good 1\nreject\nmodel-invalid\nmodel-trap\n");
    let gateway = Gateway::start(folder.clone());
    assert_eq!(kept(&gateway, "p", 4).await, [4, 0, 0]);
    let all = capsules(&folder, "p");
    let words = ["scored", "rejected", "invalid-input", "fault"];
    assert_eq!(all.len(), words.len(), "{all:?}");
    for (path, word) in all.iter().zip(words) {
        assert!(is_of(path, word), "{path:?} is not {word}");
        let (code, json) = replayed(&folder, path, &[]);
        assert_eq!((code, whats(&json).len()), (Some(0), 0), "{json}");
        assert_eq!(json["now"]["kind"], word, "{json}");
    }
}
