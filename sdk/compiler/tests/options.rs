//! What can be asked of the compiler, and what it tells.

mod common;

use common::{fixture, options};
use scoregate_compiler::{Output, compile, parse_outputs};
use serde_json::json;

#[test]
fn outputs_that_make_no_sense_are_refused_with_the_list() {
    assert_eq!(
        parse_outputs("margin, label").unwrap(),
        [Output::Margin, Output::Label]
    );
    assert_eq!(
        parse_outputs("margin,score").unwrap_err().to_string(),
        "`score` is not an output; there are margin, probability, label, prediction, leaf, contributions"
    );
    let refused = |name: &str, outputs: &[Output]| {
        scoregate_compiler::tables(&fixture(name).model, &options(Some(outputs)))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused("regression", &[Output::Probability]),
        "reg:squarederror is a regression and has no `probability`; it has `margin` and `prediction`"
    );
    assert_eq!(
        refused("stump", &[Output::Prediction]),
        "binary:logistic is a classifier and has no `prediction`; it has `margin`, `probability` and `label`"
    );
    assert_eq!(
        refused("stump", &[Output::Label, Output::Label]),
        "the output `label` is asked for twice"
    );
    assert!(refused("stump", &[]).contains("no output was asked for"));
}

#[test]
fn the_summary_tells_of_early_stopping_and_of_the_default_output() {
    let compiled = compile(&fixture("early_stopping").model, &options(None)).unwrap();
    assert!(
        compiled.summary.notes[0].contains("best_iteration"),
        "{:?}",
        compiled.summary.notes
    );
    assert_eq!(compiled.summary.outputs, [Output::Probability]);
    let compiled = compile(&fixture("regression").model, &options(None)).unwrap();
    assert_eq!(compiled.summary.outputs, [Output::Prediction]);
    assert!(compiled.summary.notes.is_empty());
    let json = serde_json::to_value(&compiled.summary).unwrap();
    assert_eq!(
        (&json["trees"], &json["outputs"]),
        (&json!(20), &json!(["prediction"]))
    );
}
