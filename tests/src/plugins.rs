//! The components under test, each built once a test process.

use std::sync::OnceLock;

use scoregate_build::BuildRequest;
use scoregate_compiler::{Options, parse_outputs};

use crate::workspace;

/// The sample adapter.
pub fn payments() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| build("plugins/payments"))
}

/// The sample model, with the outputs that the sample adapter wants.
pub fn fraud() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| compile("fraud", Some("margin,probability")))
}

/// The sample model, which also says what each feature added.
pub fn fraud_explained() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| compile("fraud", Some("margin,probability,contributions")))
}

/// The sample model once more, as another release: the same scores, another version.
pub fn fraud_again(version: &str) -> Vec<u8> {
    compile_text(
        &sample("fraud"),
        "fraud",
        version,
        Some("margin,probability"),
    )
}

/// The sample model with another margin where every score begins: all of its scores are higher.
pub fn fraud_shifted() -> Vec<u8> {
    let mut model: serde_json::Value =
        serde_json::from_slice(&sample("fraud")).expect("the model's file");
    model["learner"]["learner_model_param"]["base_score"] = "[9.0E-1]".into();
    let text = model.to_string();
    compile_text(
        text.as_bytes(),
        "fraud",
        "shifted",
        Some("margin,probability"),
    )
}

/// The sample model with one tree whose leaves say the opposite.
pub fn fraud_with_one_tree_changed() -> Vec<u8> {
    let mut model: serde_json::Value =
        serde_json::from_slice(&sample("fraud")).expect("the model's file");
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
    compile_text(
        text.as_bytes(),
        "fraud",
        "changed",
        Some("margin,probability"),
    )
}

/// The adapter of sensor readings.
pub fn iot() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| build("plugins/iot"))
}

/// Its model.
pub fn anomaly() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| compile("anomaly", None))
}

/// The adapter of access log lines.
pub fn weblog() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| build("plugins/weblog"))
}

/// Its model.
pub fn bots() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| compile("bots", None))
}

/// The model of clicks, whose adapter is [`mapping`] as `examples/clicks` configures it.
pub fn conversion() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| compile("conversion", None))
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

fn compile(name: &str, outputs: Option<&str>) -> Vec<u8> {
    compile_text(&sample(name), name, "1", outputs)
}

fn sample(name: &str) -> Vec<u8> {
    let file = format!("plugins/{name}/{name}.json");
    std::fs::read(workspace::root().join(file)).expect("the model's file")
}

fn compile_text(model: &[u8], name: &str, version: &str, outputs: Option<&str>) -> Vec<u8> {
    let options = Options {
        outputs: outputs.map(|outputs| parse_outputs(outputs).expect("outputs")),
        name: name.into(),
        version: version.into(),
        explain: false,
        iterations: None,
    };
    let compiled = scoregate_compiler::compile(model, &options);
    compiled.expect("the sample model compiles").component
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
