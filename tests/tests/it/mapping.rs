//! The adapter that is configured, and pipelines that are written around a model: no code of a user's own, from a model's file to an answer.

use std::{ffi::OsStr, sync::Arc};

use scoregate_tests::{
    command,
    folder::{Folder, SERVER},
    gateway::Gateway,
    payments::{Expected, assert_scored, heldout},
    plugins, workspace,
};
use serde_json::Value;

/// As TOML has it on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{key} = {}", inline(value));
            format!(
                "{{ {} }}",
                map.iter().map(entry).collect::<Vec<_>>().join(", ")
            )
        }
        scalar => scalar.to_string(),
    }
}

/// The fraud model behind the mapping adapter in this configuration.
fn folder(config: &Value) -> Folder {
    let folder = Folder::with(&format!(
        "[plugins.map]\nfile = \"mapping.wasm\"\ncall_deadline_ms = 2000\nconfig = {}\n\
         [plugins.fraud]\nfile = \"fraud.wasm\"\ncall_deadline_ms = 2000\n\
         [pipelines.fraud]\nadapter = \"map\"\nmodel = \"fraud\"\nsources = [{{ kind = \"http\" }}]\n",
        inline(config)
    ));
    folder.write("mapping.wasm", plugins::mapping());
    folder.write("fraud.wasm", plugins::fraud());
    folder
}

fn payments() -> Value {
    let path = workspace::root().join("plugins/mapping/tests/payments.json");
    serde_json::from_slice(&std::fs::read(path).expect("the configuration")).expect("JSON")
}

#[tokio::test]
async fn a_configured_mapping_scores_as_xgboost_does() {
    let gateway = Gateway::start(Arc::new(folder(&payments())));
    let scored: Vec<_> = heldout()
        .iter()
        .filter_map(|payment| match payment.expected {
            Expected::Scored {
                margin,
                probability,
            } => Some((payment.json, margin, probability)),
            Expected::Rejected { .. } => None,
        })
        .collect();
    let lines: Vec<&str> = scored.iter().map(|(json, ..)| *json).collect();
    let reply = gateway
        .client()
        .score_lines("fraud", lines.join("\n"))
        .await;
    assert_eq!(reply.status, 200);
    let answers = reply.lines();
    assert_eq!(answers.len(), scored.len());
    for (answer, (_, margin, probability)) in answers.iter().zip(scored) {
        assert_scored(answer, margin, probability);
        let score = answer["score"].as_f64().expect("a score");
        let decision = if score > 0.8 { "decline" } else { "approve" };
        assert_eq!(answer["decision"], decision);
    }
    let reply = gateway
        .client()
        .score("fraud", r#"{"payment_id": 7}"#)
        .await;
    assert_eq!(reply.status, 422);
}

#[test]
fn a_wrong_mapping_is_told_before_an_event_is_touched() {
    let validate = |config: &Value| {
        let folder = folder(config);
        let ended = command::run(
            &folder,
            [OsStr::new("validate"), folder.config().as_os_str()],
        );
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        ended.stderr
    };
    let mut config = payments();
    config["features"][1]["expression"] = "amount / mean_amuont".into();
    let told = validate(&config);
    assert!(
        told.contains("/features/1/expression: names \"mean_amuont\", which is no field; did you mean `mean_amount`?"),
        "{told}"
    );

    let mut config = payments();
    config["features"].as_array_mut().expect("a list").pop();
    config["score"] = "probabilty".into();
    let told = validate(&config);
    assert!(told.contains("the model's input is `features FP32 [-1, 15]`, the adapter's feature is `features FP32 [-1, 14]`: their shapes differ"), "{told}");
    assert!(
        told.contains("the adapter's score `probabilty FP32 [-1, -1]` is no output of the model"),
        "{told}"
    );
}

/// `scoregate new pipeline` in a folder with the fraud model and this sample; what it says, and the folder of what it wrote with free ports.
fn new_pipeline(sample: Option<&str>) -> (String, Folder) {
    let folder = Folder::new();
    let model = workspace::root().join("plugins/fraud/fraud.json");
    folder.write("fraud.json", std::fs::read(model).expect("the model"));
    let mut args = vec!["new", "pipeline", "--model", "fraud.json", "-o", "out"];
    if let Some(sample) = sample {
        folder.write("sample.ndjson", sample);
        args.extend(["--sample", "sample.ndjson"]);
    }
    let ended = command::run(&folder, args);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let written = Folder::new();
    for file in [
        "mapping.wasm",
        "model.wasm",
        "event.json",
        "golden.json",
        "scoregate.toml",
    ] {
        let content = std::fs::read(folder.path("out").join(file));
        written.write(
            file,
            content.unwrap_or_else(|_| panic!("{file} is written")),
        );
    }
    let config = std::fs::read_to_string(written.path("scoregate.toml")).expect("the file");
    let ports = "[server]\nhttp  = \"127.0.0.1:8080\"\nadmin = \"127.0.0.1:8090\"\n";
    assert!(config.contains(ports), "{config}");
    written.write("gateway.toml", config.replace(ports, SERVER));
    (ended.stdout, written)
}

#[tokio::test]
async fn a_pipeline_written_around_a_model_answers_its_own_event_at_once() {
    let sample: Vec<&str> = heldout().iter().take(40).map(|p| p.json).collect();
    for sample in [None, Some(sample.join("\n"))] {
        let (told, written) = new_pipeline(sample.as_deref());
        assert!(
            told.contains("scoregate serve out/scoregate.toml"),
            "{told}"
        );
        let validated = command::run(
            &written,
            [OsStr::new("validate"), written.config().as_os_str()],
        );
        assert_eq!(
            (validated.code, validated.stderr.as_str()),
            (Some(0), ""),
            "{told}"
        );
        let event = std::fs::read(written.path("event.json")).expect("an event");
        let gateway = Gateway::start(Arc::new(written));
        let reply = gateway.client().score("fraud", event).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let score = reply.json()["score"].as_f64().expect("a score");
        let decision = if score > 0.5 { "yes" } else { "no" };
        assert_eq!(reply.json()["decision"], decision);
    }
}

#[test]
fn nothing_that_is_there_is_written_over() {
    let folder = Folder::new();
    let model = workspace::root().join("plugins/fraud/fraud.json");
    folder.write("fraud.json", std::fs::read(model).expect("the model"));
    let ended = command::run(
        &folder,
        ["new", "pipeline", "--model", "fraud.json", "-o", "."],
    );
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .contains("is there already and not empty; name another one by -o"),
        "{}",
        ended.stderr
    );
}
