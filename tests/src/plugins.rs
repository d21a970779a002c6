//! The components under test, each built once a test process.

use std::sync::OnceLock;

use scoregate_build::BuildRequest;
use scoregate_compiler::{Options, Output, parse_outputs, reader};

use crate::workspace;

/// The sample adapter.
pub fn payments() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| build("plugins/payments"))
}

/// The sample model, with the outputs that the sample adapter wants.
pub fn fraud() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| compile_fraud("1", "margin,probability"))
}

/// The sample model, which also says what each feature added.
pub fn fraud_explained() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| compile_fraud("1", "margin,probability,contributions"))
}

/// The sample model once more, as another release: the same scores, another version.
pub fn fraud_again(version: &str) -> Vec<u8> {
    compile_fraud(version, "margin,probability")
}

/// The sample model with another margin where every score begins: all of its scores are higher.
pub fn fraud_shifted() -> Vec<u8> {
    let mut model: serde_json::Value =
        serde_json::from_slice(&sample("fraud.json")).expect("the model's file");
    model["learner"]["learner_model_param"]["base_score"] = "[9.0E-1]".into();
    let text = model.to_string();
    compile_text(text.as_bytes(), "shifted", "margin,probability")
}

/// The sample model with one tree whose leaves say the opposite.
pub fn fraud_with_one_tree_changed() -> Vec<u8> {
    let mut model: serde_json::Value =
        serde_json::from_slice(&sample("fraud.json")).expect("the model's file");
    let tree = &mut model["learner"]["gradient_booster"]["model"]["trees"][0];
    let leaves: Vec<bool> = tree["left_children"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|child| *child == -1)
        .collect();
    let conditions = tree["split_conditions"].as_array_mut().expect("conditions");
    for (condition, _) in conditions.iter_mut().zip(leaves).filter(|(_, leaf)| *leaf) {
        let value = condition.as_f64().expect("a leaf's value");
        *condition = (-value).into();
    }
    let text = model.to_string();
    compile_text(text.as_bytes(), "changed", "margin,probability")
}

/// The adapter of sensor readings.
pub fn iot() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| build("plugins/iot"))
}

/// Its model.
pub fn anomaly() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| compile_any("anomaly.onnx"))
}

/// The adapter of access log lines.
pub fn weblog() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| build("plugins/weblog"))
}

/// Its model.
pub fn bots() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| compile_any("bots.txt"))
}

/// The model of clicks, whose adapter is [`mapping`] as `examples/clicks` configures it.
pub fn conversion() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| compile_any("conversion.onnx"))
}

/// The adapter that is configured.
pub fn mapping() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| build("plugins/mapping"))
}

/// The adapter that does whatever wrong its events ask for.
pub fn hostile_adapter() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| build("tests/hostile/adapter"))
}

/// The model that does whatever wrong its input asks for.
pub fn hostile_model() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| build("tests/hostile/model"))
}

fn compile_fraud(version: &str, outputs: &str) -> Vec<u8> {
    compile_text(&sample("fraud.json"), version, outputs)
}

fn compile_text(model: &[u8], version: &str, outputs: &str) -> Vec<u8> {
    let outputs = parse_outputs(outputs).expect("outputs");
    let options = options("fraud", version, Some(outputs));
    let compiled = scoregate_compiler::compile(model, &options);
    compiled.expect("the sample model compiles").component
}

/// A sample model's file, whatever its format is, with the outputs that it has by default.
fn compile_any(file: &str) -> Vec<u8> {
    let model = reader::read_model(&sample(file), None, None).expect("the sample model is read");
    let compiled = scoregate_compiler::compile_any(&model, &options(name(file), "1", None));
    compiled.expect("the sample model compiles")
}

fn options(name: &str, version: &str, outputs: Option<Vec<Output>>) -> Options {
    Options {
        outputs,
        name: name.into(),
        version: version.into(),
        explain: false,
        iterations: None,
    }
}

/// The model's file, in a folder of its name.
fn sample(file: &str) -> Vec<u8> {
    let path = format!("plugins/{}/{file}", name(file));
    std::fs::read(workspace::root().join(path)).expect("the model's file")
}

fn name(file: &str) -> &str {
    file.split('.').next().unwrap_or(file)
}

fn build(dir: &str) -> Vec<u8> {
    let request = BuildRequest {
        // Where the build scripts of this workspace compile their plugins too.
        target_dir: Some(workspace::target_dir().join("plugins")),
        locked: true,
        quiet: true,
        ..BuildRequest::new(workspace::root().join(dir))
    };
    scoregate_build::build(&request).unwrap_or_else(|error| panic!("{dir}: {error}"))
}

#[path = "../hostile/words.rs"]
mod words;

/// What the hostile model is asked for by a number, its place in this list.
pub fn model_words() -> &'static [&'static str] {
    &words::MODEL_WORDS
}
