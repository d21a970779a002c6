//! Every ONNX model of onnx/: the compiled program gives what onnxruntime gives, and docs/PIPELINES.md says how nearly, and what is refused;
//! `UPDATE_PIPELINES_MD=1` writes it.

mod zoo;

use scoregate_graph::tensor::Tensor;
use zoo::{Case, Outcome, table, tolerance};

#[test]
fn answers_are_onnxruntimes() {
    let mut differ = Vec::new();
    for case in zoo::all() {
        let Ok(ready) = case.ready() else {
            continue;
        };
        let answers = case
            .answers(&ready)
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        for answer in answers {
            let far = answer.plain;
            if !tolerance::within(&case, &answer.output, &ready.operators, far) {
                differ.push(format!("{}, {}: {far}", case.name, answer.output));
            }
        }
    }
    assert!(
        differ.is_empty(),
        "{} outputs differ: {differ:#?}",
        differ.len()
    );
}

#[test]
fn one_row_and_many_give_the_same() {
    let mut differ = Vec::new();
    for case in zoo::all() {
        let (Ok(ready), Some(rows)) = (case.ready(), case.rows) else {
            continue;
        };
        let graph = ready.graph();
        let together = case
            .run(&graph, None)
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        for row in 0..rows {
            let alone = case
                .run(&graph, Some(row))
                .unwrap_or_else(|error| panic!("{}, row {row}: {error}", case.name));
            for (output, alone) in alone {
                if !is_row(&together[&output], &alone, rows, row) {
                    differ.push(format!("{}, {output}, row {row}", case.name));
                }
            }
        }
    }
    assert!(
        differ.is_empty(),
        "{} answers differ: {differ:#?}",
        differ.len()
    );
}

/// Bit for bit, where any NaN is the same: two NaNs' sum takes its sign and its payload from either.
fn is_row(together: &Tensor<'_>, alone: &Tensor<'_>, rows: usize, row: usize) -> bool {
    let width = together.data().len() / rows;
    let taken = zoo::compare::bits(together.data());
    taken[row * width..(row + 1) * width] == zoo::compare::bits(alone.data())[..]
}

#[test]
fn the_page_of_pipelines_is_current() {
    let outcomes: Vec<(Case, Outcome)> = zoo::all()
        .into_iter()
        .map(|case| {
            let outcome = case.outcome();
            (case, outcome)
        })
        .collect();
    let text = table::page(&outcomes);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/PIPELINES.md");
    if std::env::var_os("UPDATE_PIPELINES_MD").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == text,
        "docs/PIPELINES.md is old; write it by UPDATE_PIPELINES_MD=1 cargo test --release --workspace --test onnx"
    );
}

/// A case that every program passes would hold nothing.
#[test]
fn the_rows_tell_a_changed_model() {
    for (name, other) in [
        (
            "trees.DecisionTreeClassifier.classes",
            "trees.ExtraTreeClassifier.classes",
        ),
        (
            "linear.LogisticRegression.classes",
            "linear.LinearDiscriminantAnalysis.classes",
        ),
        (
            "preprocessing.StandardScaler.float",
            "preprocessing.MinMaxScaler.float",
        ),
    ] {
        let case = zoo::named(name);
        let ready = zoo::named(other)
            .ready()
            .unwrap_or_else(|error| panic!("{other}: {error}"));
        let answers = case
            .answers(&ready)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let far = |answer: &zoo::Answer| {
            !tolerance::within(&case, &answer.output, &ready.operators, answer.plain)
        };
        assert!(answers.iter().any(far), "{name}");
    }
}
