//! The emitted component itself, run by wasmtime, gives XGBoost's own numbers and refuses wrong inputs.

mod common;
mod running;

use common::{Fixture, NAMES, bits, fixture, options, ulps};
use running::{MODEL, Running, bytes, floats};
use scoregate_compiler::{Output, compile, reader};
use wasmtime::Engine;
use wasmtime::component::{Component, Val};

#[test]
fn scores_of_the_component_are_xgboosts() {
    let engine = Engine::default();
    let mut greatest = 0;
    for name in NAMES {
        let fixture = fixture(name);
        let second = match reader::read(&fixture.model).unwrap().objective.as_str() {
            "reg:squarederror" | "reg:logistic" => Output::Prediction,
            "multi:softmax" => Output::Label,
            _ => Output::Probability,
        };
        let compiled = compile(&fixture.model, &options(Some(&[second, Output::Margin]))).unwrap();
        let mut running = Running::start(&engine, &compiled.component);
        assert!(matches!(running.configure(), Val::Result(Ok(_))), "{name}");
        let (predictions, margins) = score(&mut running, &fixture, second);
        assert_eq!(bits(&margins), bits(&fixture.margins), "{name}");
        if bits(&predictions) != bits(&fixture.predictions) {
            greatest = greatest.max(ulps(&predictions, &fixture.predictions));
        }
    }
    println!("greatest distance of a probability or prediction: {greatest} ULP");
    assert!(greatest <= 1);
}

#[test]
fn what_it_says_of_itself_is_the_models() {
    let fixture = fixture("missing");
    let compiled = compile(
        &fixture.model,
        &options(Some(&[Output::Label, Output::Probability])),
    )
    .unwrap();
    let mut running = Running::start(&Engine::default(), &compiled.component);
    let info = format!("{:?}", running.configure());
    for part in [
        "\"fixture\"",
        "\"1\"",
        "XGBoost 3.2.0, binary:logistic, 30 trees",
        "12 features: field 0 é, field 1 é",
    ] {
        assert!(info.contains(part), "{part} in {info}");
    }
    let signature = format!("{:?}", running.call(MODEL, "describe", &[]));
    let expected = r#"Record([("inputs", List([Record([("name", String("features")), ("datatype", Enum("fp32")), ("shape", List([S64(-1), S64(12)]))])])), ("outputs", List([Record([("name", String("label")), ("datatype", Enum("int64")), ("shape", List([S64(-1), S64(1)]))]), Record([("name", String("probability")), ("datatype", Enum("fp32")), ("shape", List([S64(-1), S64(1)]))])]))])"#;
    assert_eq!(signature, expected);
}

#[test]
fn wrong_inputs_are_refused_by_name_and_the_instance_goes_on() {
    let fixture = fixture("stump");
    let compiled = compile(&fixture.model, &options(None)).unwrap();
    let mut running = Running::start(&Engine::default(), &compiled.component);
    running.configure();
    for (shape, values) in [
        (&[2, 4][..], 8),
        (&[5], 5),
        (&[1, 5, 1], 5),
        (&[], 1),
        (&[2, 5], 9),
        (&[u64::MAX, 5], 5),
        (&[1 << 62, 5], 0),
        (&[1 << 32, 5], 0),
    ] {
        let answer = format!("{:?}", running.infer(shape, &vec![0.0; values]));
        assert!(answer.contains("invalid-input"), "{shape:?}: {answer}");
    }
    assert!(
        matches!(running.infer(&[0, 5], &[]), Val::Result(Ok(_))),
        "no rows are no mistake"
    );
    assert!(matches!(
        running.infer(&[1, 5], &[0.0; 5]),
        Val::Result(Ok(_))
    ));
}

#[test]
fn the_tables_outlive_large_batches() {
    // The batch makes the allocator grow the memory past the tables many times over.
    let fixture = fixture("classes");
    let compiled = compile(
        &fixture.model,
        &options(Some(&[Output::Probability, Output::Margin])),
    )
    .unwrap();
    let mut running = Running::start(&Engine::default(), &compiled.component);
    running.configure();
    let rows = 20_000;
    running.infer(
        &[rows as u64, fixture.features as u64],
        &vec![1.5; rows * fixture.features],
    );
    let (_, margins) = score(&mut running, &fixture, Output::Probability);
    assert_eq!(bits(&margins), bits(&fixture.margins));
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let fixture = fixture("missing");
    let compile = || compile(&fixture.model, &options(None)).unwrap().component;
    assert!(compile() == compile());
}

#[test]
fn a_component_imports_nothing() {
    let compiled = compile(&fixture("stump").model, &options(None)).unwrap();
    let component = Component::new(&Engine::default(), &compiled.component).unwrap();
    let engine = Engine::default();
    let imports: Vec<String> = component
        .component_type()
        .imports(&engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(imports, ["scoregate:plugin/types@0.1.0"]);
}

/// The first output and the margins, of all rows of a fixture.
fn score(running: &mut Running, fixture: &Fixture, first: Output) -> (Vec<f32>, Vec<f32>) {
    let answer = running.infer(
        &[fixture.rows as u64, fixture.features as u64],
        &fixture.values,
    );
    let Val::Result(Ok(Some(tensors))) = answer else {
        panic!("{answer:?}")
    };
    let Val::List(tensors) = *tensors else {
        panic!("no list of tensors")
    };
    let [first_tensor, margins] = &tensors[..] else {
        panic!("{} tensors", tensors.len())
    };
    let first = match first {
        Output::Label => bytes(first_tensor)
            .as_chunks()
            .0
            .iter()
            .map(|value| i64::from_le_bytes(*value) as f32)
            .collect(),
        _ => floats(first_tensor),
    };
    (first, floats(margins))
}
