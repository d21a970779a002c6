use serde_json::{Value, json};

use super::*;
use crate::{
    plugin::{Engine, LoadError, Release, Settings},
    telemetry::Telemetry,
};

const GOLDEN: &str = include_str!("../../../../plugins/fraud/golden.json");

fn component() -> Vec<u8> {
    let model = include_bytes!("../../../../plugins/fraud/fraud.json");
    let options = scoregate_compiler::Options {
        outputs: None,
        name: "fraud".into(),
        version: "7".into(),
        explain: false,
        iterations: None,
    };
    let compiled = scoregate_compiler::compile(model, &options);
    compiled.unwrap().component
}

/// Loads the model with these cases.
fn load(golden: &str) -> Result<Release, LoadError> {
    let (component, _) = with_golden(&component(), golden.as_bytes()).unwrap();
    let settings = Settings {
        slot: "fraud".into(),
        config_json: "{}".into(),
        memory_max_bytes: 64 << 20,
        call_deadline_ms: 1_000,
        result_max_bytes: 1 << 20,
    };
    let engine = Engine::new().unwrap();
    Release::load(&engine, None, &Telemetry::new(), settings, &component)
}

fn refused(golden: &str) -> String {
    load(golden).err().unwrap().to_string()
}

fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut golden: Value = serde_json::from_str(GOLDEN).unwrap();
    change(&mut golden);
    golden.to_string()
}

#[test]
fn cases_that_hold_are_counted_and_no_call_of_the_slot() {
    let release = load(GOLDEN).unwrap();
    let parts = release.parts();
    assert_eq!(parts.golden_cases, 1);
    assert_eq!(parts.metrics.calls(), 0);
    let steps: Vec<_> = parts.steps_ms.iter().map(|(step, _)| *step).collect();
    assert_eq!(
        steps,
        ["check", "compile", "instance", "describe", "golden"]
    );
}

#[test]
fn a_case_that_differs_names_case_row_tensor_expected_and_got() {
    let off = changed(|golden| golden["cases"][0]["outputs"]["probability"][1][0] = json!(0.5));
    assert_eq!(
        refused(&off),
        "its golden cases do not hold: golden case 0 (`held-out payments`): row 1 of `probability`: expected 0.5, got 0.0004326214"
    );
    let nearly = |tolerance: f64| {
        changed(|golden| {
            golden["tolerance"] = json!(tolerance);
            golden["cases"][0]["outputs"]["probability"][1][0] = json!(0.0005);
        })
    };
    assert!(load(&nearly(1e-3)).is_ok());
    assert!(refused(&nearly(1e-5)).contains("expected 0.0005, got 0.0004326214"));
}

#[test]
fn cases_that_do_not_suit_the_plugin_are_told() {
    let unknown = changed(|golden| golden["cases"][0]["outputs"] = json!({ "margin": [] }));
    assert!(
        refused(&unknown).ends_with("its `outputs` hold `margin`; the plugin has `probability`"),
        "{}",
        refused(&unknown)
    );
    let narrow = changed(|golden| golden["cases"][0]["inputs"]["features"][0] = json!([1, 2]));
    let told = refused(&narrow);
    assert!(told.contains("`features` must be a list of rows"), "{told}");
    let text = changed(|golden| golden["cases"][0]["inputs"]["features"][0][3] = json!("x"));
    let told = refused(&text);
    assert!(
        told.ends_with("`features` holds \"x\", which is no FP32"),
        "{told}"
    );
    let many = changed(|golden| {
        let case = json!({ "inputs": { "features": [] }, "outputs": { "probability": [[1]] } });
        golden["cases"] = Value::Array(vec![case; 10]);
    });
    assert!(
        refused(&many).ends_with("; and 2 more differ"),
        "{}",
        refused(&many)
    );
}

#[test]
fn what_cannot_be_read_is_refused_before_it_is_carried() {
    for (golden, expected) in [
        ("{", "they cannot be read: EOF while parsing"),
        (
            r#"{"version":2,"cases":7}"#,
            "they are of version 2; this host reads version 1",
        ),
        (
            r#"{"version":1,"cases":[]}"#,
            "they are 0 cases; expected 1 to 1000",
        ),
        (
            r#"{"version":1,"cases":[{"events":[]}]}"#,
            "unknown field `events`",
        ),
        (
            r#"{"version":1,"tolerance":-1,"cases":[{"inputs":{},"outputs":{}}]}"#,
            "their `tolerance` is -1; it must be 0 or more",
        ),
    ] {
        let error = with_golden(&component(), golden.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{golden}: {error}");
    }
    let (carrying, _) = with_golden(&component(), GOLDEN.as_bytes()).unwrap();
    let twice = with_golden(&carrying, GOLDEN.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(twice.contains("more than one section"), "{twice}");
    let large = vec![b' '; GOLDEN_MAX_BYTES + 1];
    assert!(with_golden(&component(), &large).is_err());
}
