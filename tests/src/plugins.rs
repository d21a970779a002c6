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
    COMPONENT.get_or_init(|| {
        let model = std::fs::read(workspace::root().join("plugins/fraud/fraud.json"));
        let options = Options {
            outputs: Some(parse_outputs("margin,probability").expect("two outputs")),
            name: "fraud".into(),
            version: "1".into(),
        };
        let compiled = scoregate_compiler::compile(&model.expect("the model's file"), &options);
        compiled.expect("the sample model compiles").component
    })
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
