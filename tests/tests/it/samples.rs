//! The sample pipelines beside payments: what their models score over HTTP is what XGBoost itself scores.

use std::{ffi::OsStr, sync::Arc};

use generator::{Form, Kind};
use scoregate_tests::{
    command, folder::Folder, gateway::Gateway, payments::assert_within_1_ulp, plugins,
    shared::Shared, workspace,
};
use serde_json::Value;

static GATEWAY: Shared = Shared::new();

/// Pipeline and adapter are named alike.
const PIPELINES: [(&str, &str); 3] = [
    ("iot", "anomaly"),
    ("weblog", "bots"),
    ("clicks", "conversion"),
];

fn gateway() -> Arc<Gateway> {
    GATEWAY.get(|| {
        let pipeline = |(adapter, model): (&str, &str)| {
            format!(
                "[plugins.{adapter}]\nfile = \"{adapter}.wasm\"\ncall_deadline_ms = 2000\n\
                 [plugins.{model}]\nfile = \"{model}.wasm\"\ncall_deadline_ms = 2000\n\
                 [pipelines.{adapter}]\nadapter = \"{adapter}\"\nmodel = \"{model}\"\nsources = [{{ kind = \"http\" }}]\n"
            )
        };
        let folder = Folder::with(&PIPELINES.map(pipeline).concat());
        write_plugins(&folder);
        Gateway::start(Arc::new(folder))
    })
}

fn write_plugins(folder: &Folder) {
    for (name, component) in [
        ("iot", plugins::iot()),
        ("anomaly", plugins::anomaly()),
        ("weblog", plugins::weblog()),
        ("bots", plugins::bots()),
        ("clicks", plugins::clicks()),
        ("conversion", plugins::conversion()),
    ] {
        folder.write(&format!("{name}.wasm"), component);
    }
}

#[test]
fn the_examples_are_valid_with_the_plugins_that_they_name() {
    let folder = Folder::new();
    write_plugins(&folder);
    for (pipeline, _) in PIPELINES {
        let path = format!("examples/{pipeline}/scoregate.toml");
        let config = std::fs::read_to_string(workspace::root().join(path)).expect("an example");
        let config = config
            .replace("${KAFKA_BROKERS}", "127.0.0.1:9092")
            .replace(
                "${DATABASE_URL}",
                "postgres://ann:secret@127.0.0.1/readings",
            );
        folder.write("gateway.toml", config);
        let ended = command::run(
            &folder,
            [OsStr::new("validate"), folder.config().as_os_str()],
        );
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), ""),
            "{pipeline}"
        );
    }
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(workspace::root().join("plugins").join(path)).expect("a sample file")
}

/// XGBoost's own probabilities of the held-out events.
fn probabilities(model: &str) -> Vec<f32> {
    let scores = String::from_utf8(read(&format!("{model}/heldout.scores.csv"))).expect("text");
    let lines = scores.lines().skip(1);
    let column = |line: &str| line.split(',').nth(1).and_then(|text| text.parse().ok());
    lines
        .map(|line| column(line).expect("a probability"))
        .collect()
}

/// Scores all lines of the model's held-out file, and compares; `decide` is the adapter's default.
async fn assert_heldout(pipeline: &str, file: &str, decide: impl Fn(f64) -> &'static str) {
    let (model, _) = file.split_once('/').expect("a folder");
    let gateway = gateway();
    let reply = gateway.client().score_lines(pipeline, read(file)).await;
    assert_eq!(reply.status, 200);
    let answers = reply.lines();
    let expected = probabilities(model);
    assert_eq!(answers.len(), expected.len());
    for (answer, expected) in answers.iter().zip(expected) {
        assert_answer(answer, expected, &decide);
    }
}

fn assert_answer(answer: &Value, expected: f32, decide: impl Fn(f64) -> &'static str) {
    let score = answer["score"]
        .as_f64()
        .unwrap_or_else(|| panic!("no score: {answer}"));
    assert_within_1_ulp(score as f32, expected);
    assert_eq!(answer["decision"], decide(score), "{answer}");
}

fn anomaly(score: f64) -> &'static str {
    match score {
        s if s > 0.8 => "alarm",
        s if s > 0.3 => "inspect",
        _ => "ok",
    }
}

#[tokio::test]
async fn sensor_readings_in_json_score_as_in_xgboost() {
    assert_heldout("iot", "anomaly/heldout.ndjson", anomaly).await;
}

#[tokio::test]
async fn sensor_readings_as_frames_score_as_in_xgboost() {
    let gateway = gateway();
    let mut client = gateway.client();
    let frames = read("anomaly/heldout.bin");
    let rows = frames.chunks(38).zip(probabilities("anomaly"));
    // Some alarms are among them.
    for (frame, expected) in rows.step_by(7) {
        let reply = client.score("iot", frame.to_vec()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_answer(&reply.json(), expected, anomaly);
    }
}

#[tokio::test]
async fn access_log_lines_score_as_in_xgboost() {
    let decide = |score| if score > 0.5 { "bot" } else { "human" };
    assert_heldout("weblog", "bots/heldout.log", decide).await;
}

#[tokio::test]
async fn clicks_score_as_in_xgboost() {
    let decide = |score| match score {
        s if s > 0.6 => "sure",
        s if s > 0.2 => "offer",
        _ => "ignore",
    };
    assert_heldout("clicks", "conversion/heldout.ndjson", decide).await;
}

#[tokio::test]
async fn a_malformed_event_is_rejected_by_the_name_of_its_field() {
    let gateway = gateway();
    let mut client = gateway.client();
    for (pipeline, event, reason) in [
        (
            "iot",
            &b"{\"device_id\":\"dev-1\",\"kind\":\"boiler\"}"[..],
            "kind: unknown variant `boiler`, expected one of `pump`",
        ),
        ("iot", &[2; 38], "version: must be 1, was 2"),
        ("iot", &[1; 38], "crc: must be 0x"),
        (
            "weblog",
            b"10.0.0.1 - - [02/Mar/2026] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
            "time: must be like 02/Mar/2026:10:04:11 +0100, was \"02/Mar/2026\"",
        ),
        ("weblog", b"hello", "client: is missing"),
        (
            "clicks",
            b"{\"session_id\":7}",
            "session_id: invalid type: integer `7`, expected a string",
        ),
    ] {
        let reply = client.score(pipeline, event).await;
        assert_eq!(reply.status, 422, "{reply:?}");
        let error = reply.error();
        assert!(
            error.starts_with(reason),
            "`{error}` instead of `{reason}…`"
        );
    }
}

#[tokio::test]
async fn what_the_generator_sends_is_taken() {
    let gateway = gateway();
    let mut client = gateway.client();
    for (kind, pipeline) in [
        (Kind::Iot, "iot"),
        (Kind::Weblog, "weblog"),
        (Kind::Clicks, "clicks"),
    ] {
        // Other seeds than those of the training and of the held-out files.
        for sample in generator::samples(kind, Form::Mixed, 99).take(250) {
            let shown = String::from_utf8_lossy(&sample.event).into_owned();
            let reply = client.score(pipeline, sample.event).await;
            assert_eq!(reply.status, 200, "{shown}: {reply:?}");
        }
    }
}
