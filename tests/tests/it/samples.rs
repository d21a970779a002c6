//! The sample pipelines beside payments: what their models score over HTTP is what the library that trained them scores, or onnxruntime where
//! it was converted.

use std::{ffi::OsStr, sync::Arc};

use generator::{Form, Kind};
use scoregate_tests::{
    command,
    folder::{self, Folder},
    gateway::Gateway,
    plugins,
    shared::Shared,
    workspace,
};
use serde_json::Value;

static GATEWAY: Shared = Shared::new();

/// Pipeline and adapter's slot are named alike. The last one's adapter is configured.
const PIPELINES: [(&str, &str); 3] = [
    ("iot", "anomaly"),
    ("weblog", "bots"),
    ("clicks", "conversion"),
];

/// Both compute in f32, whose unit is 6e-8 at scores of 0.5 to 1.
const ONNXRUNTIME_MOST: f64 = 2.5e-7;
/// scikit-learn computes in f64: to what the converted model differs, see the models' READMEs, the other comes.
const SCIKIT_LEARN_MOST: f64 = 5e-7;

fn gateway() -> Arc<Gateway> {
    GATEWAY.get(|| {
        let written = |(adapter, model): &(&str, &str)| {
            format!(
                "[plugins.{adapter}]\nfile = \"{adapter}.wasm\"\ncall_deadline_ms = 2000\n\
                 [plugins.{model}]\nfile = \"{model}.wasm\"\ncall_deadline_ms = 2000\n\
                 [pipelines.{adapter}]\nadapter = \"{adapter}\"\nmodel = \"{model}\"\nsources = [{{ kind = \"http\" }}]\n"
            )
        };
        let config: String = PIPELINES[..2].iter().map(written).collect();
        let folder = Folder::with(&(config + &folder::clicks()));
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
        ("mapping", plugins::mapping()),
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

/// What a column of the model's held-out scores says, event by event.
fn expected(model: &str, column: &str) -> Vec<f64> {
    let scores = String::from_utf8(read(&format!("{model}/heldout.scores.csv"))).expect("text");
    let (names, rows) = scores.split_once('\n').expect("a line of names");
    let at = names.split(',').position(|name| name == column);
    let at = at.expect("a column of that name");
    let number = |row: &str| row.split(',').nth(at).and_then(|text| text.parse().ok());
    rows.lines()
        .map(|row| number(row).expect("a score"))
        .collect()
}

/// Scores all lines of the model's held-out file; `decide` is what the pipeline makes of a score.
async fn score_heldout(
    pipeline: &str,
    file: &str,
    decide: impl Fn(f64) -> &'static str,
) -> Vec<f64> {
    let gateway = gateway();
    let reply = gateway.client().score_lines(pipeline, read(file)).await;
    assert_eq!(reply.status, 200);
    let answers = reply.lines();
    answers
        .iter()
        .map(|answer| decided(answer, &decide))
        .collect()
}

/// The answer's score, which its decision follows.
fn decided(answer: &Value, decide: impl Fn(f64) -> &'static str) -> f64 {
    let score = answer["score"]
        .as_f64()
        .unwrap_or_else(|| panic!("no score: {answer}"));
    assert_eq!(answer["decision"], decide(score), "{answer}");
    score
}

fn assert_close(scores: &[f64], expected: &[f64], most: f64) {
    assert_eq!(scores.len(), expected.len());
    for (nth, (score, expected)) in scores.iter().zip(expected).enumerate() {
        let difference = (score - expected).abs();
        assert!(
            difference <= most,
            "event {nth}: {score} instead of {expected}, which differs by {difference:e}"
        );
    }
}

/// As the adapter tells them: the isolation forest's score instead of scikit-learn's decision function.
fn outliers(column: &str) -> Vec<f64> {
    let ordinary = expected("anomaly", column).into_iter();
    ordinary.map(|ordinary| 0.5 - ordinary).collect()
}

fn anomaly(score: f64) -> &'static str {
    match score {
        s if s > 0.6 => "alarm",
        s if s > 0.5 => "inspect",
        _ => "ok",
    }
}

#[tokio::test]
async fn sensor_readings_in_json_score_as_in_onnxruntime_and_scikit_learn() {
    let scores = score_heldout("iot", "anomaly/heldout.ndjson", anomaly).await;
    assert_close(&scores, &outliers("onnxruntime"), ONNXRUNTIME_MOST);
    assert_close(&scores, &outliers("scikit_learn"), SCIKIT_LEARN_MOST);
}

#[tokio::test]
async fn sensor_readings_as_frames_score_as_in_onnxruntime() {
    let gateway = gateway();
    let mut client = gateway.client();
    let frames = read("anomaly/heldout.bin");
    let rows = frames.chunks(38).zip(outliers("onnxruntime"));
    // Some alarms are among them.
    for (frame, expected) in rows.step_by(7) {
        let reply = client.score("iot", frame.to_vec()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let score = decided(&reply.json(), anomaly);
        assert_close(&[score], &[expected], ONNXRUNTIME_MOST);
    }
}

#[tokio::test]
async fn access_log_lines_score_as_in_lightgbm() {
    let decide = |score| if score > 0.5 { "bot" } else { "human" };
    let scores = score_heldout("weblog", "bots/heldout.log", decide).await;
    let expected = expected("bots", "probability");
    assert_eq!(scores.len(), expected.len());
    for (score, expected) in scores.into_iter().zip(expected) {
        let ulps = score.to_bits().abs_diff(expected.to_bits());
        assert!(
            ulps <= 2,
            "{score} is {ulps} ULP from LightGBM's {expected}"
        );
    }
}

#[tokio::test]
async fn clicks_score_as_in_onnxruntime_and_scikit_learn() {
    let decide = |score| match score {
        s if s > 0.6 => "sure",
        s if s > 0.2 => "offer",
        _ => "ignore",
    };
    let scores = score_heldout("clicks", "conversion/heldout.ndjson", decide).await;
    let onnxruntime = expected("conversion", "onnxruntime");
    assert_close(&scores, &onnxruntime, ONNXRUNTIME_MOST);
    let scikit_learn = expected("conversion", "scikit_learn");
    assert_close(&scores, &scikit_learn, SCIKIT_LEARN_MOST);
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
        ("clicks", b"{\"session_id\":7}", "event: is missing"),
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
