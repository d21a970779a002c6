//! `scoregate compile`: what it makes proves itself before it is written, and says what it is.

use scoregate::plugin::feature_names;
use scoregate_tests::{command::run, folder::Folder, workspace};
use serde_json::{Value, json};

fn sample() -> String {
    let path = workspace::root().join("plugins/fraud/fraud.json");
    path.to_str().expect("a path").to_owned()
}

fn compiled(folder: &Folder, more: &[&str]) -> Value {
    let model = sample();
    let args = ["compile", &model, "-o", "fraud.wasm", "--format", "json"];
    let ended = run(folder, args.iter().chain(more));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

fn component(folder: &Folder) -> Vec<u8> {
    std::fs::read(folder.path("fraud.wasm")).expect("the component")
}

#[test]
fn it_says_what_it_made_and_that_it_was_checked() {
    let folder = Folder::new();
    let told = compiled(&folder, &["--output", "margin,label"]);
    assert_eq!(
        (&told["trees"], &told["features"], &told["outputs"]),
        (&json!(100), &json!(15), &json!(["margin", "label"]))
    );
    assert_eq!(told["kernel"], "ranked, with planes");
    assert_eq!(told["signature"]["inputs"][0]["shape"], json!([-1, 15]));
    assert!(told["checked_rows"].as_u64() >= Some(1_000), "{told}");
    assert_eq!(told["golden_cases"], 2);
    assert_eq!(told["component_bytes"], component(&folder).len());
    let speeds = told["speeds"].as_array().expect("speeds");
    assert_eq!(speeds.len(), 2);
    assert!(
        speeds
            .iter()
            .all(|speed| speed["us_per_row"].as_f64() > Some(0.0))
    );
    let text = run(&folder, ["compile", &sample(), "-o", "again.wasm"]).stdout;
    for part in [
        "again.wasm: ",
        "  model    XGBoost 3.2.0, binary:logistic\n",
        "  trees    100 with 1946 leaves, at most 5 splits deep\n",
        "  inputs   features FP32 [-1, 15]\n",
        "  outputs  probability FP32 [-1, 1]\n",
        "  kernel   ranked, with planes, ",
        " µs for one row, ",
        " rows as the model's file says; carries 2 golden cases\n",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let folder = Folder::new();
    compiled(&folder, &[]);
    let first = component(&folder);
    compiled(&folder, &[]);
    assert!(first == component(&folder));
}

#[test]
fn a_component_that_does_not_give_its_golden_cases_is_never_loaded() {
    let folder = Folder::new();
    compiled(&folder, &["--output", "margin"]);
    let mut bytes = component(&folder);
    // A digit of an expected margin.
    let section = br#""outputs":{"margin":[["#;
    let at = bytes
        .windows(section.len())
        .rposition(|part| part == section);
    let at = at.expect("golden cases") + section.len() + 4;
    bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
    folder.write("fraud.wasm", bytes);
    let ended = run(&folder, ["inspect", "fraud.wasm"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains(
            "its golden cases do not hold: golden case 1 (`self-check, rows: 1`): row 0 of `margin`"
        ),
        "{}",
        ended.stderr
    );
}

#[test]
fn names_of_features_may_be_given() {
    let folder = Folder::new();
    let names: Vec<String> = (0..15).map(|at| format!("column {at}")).collect();
    let told = compiled(&folder, &["--feature-names", &names.join(",")]);
    assert_eq!(told["feature_names"], json!(names));
    let carried = feature_names(&component(&folder)).expect("its names");
    assert_eq!(carried, Some(names));
    for (given, expected) in [
        ("a,b", "it gives 2 names where the model has 15 features"),
        ("a,b,c,d,e,f,g,h,i,j,k,l,m,n,a", "it gives `a` twice"),
    ] {
        let model = sample();
        let args = [
            "compile",
            &model,
            "-o",
            "wrong.wasm",
            "--feature-names",
            given,
        ];
        let ended = run(&folder, args);
        assert_eq!(ended.code, Some(1));
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        assert!(!folder.path("wrong.wasm").exists());
    }
}

#[test]
fn autotune_says_what_it_measured_and_takes_one() {
    let folder = Folder::new();
    let told = compiled(&folder, &["--autotune"]);
    let tried = told["autotune"].as_array().expect("what was tried");
    let kernels: Vec<&Value> = tried.iter().map(|tried| &tried["kernel"]).collect();
    assert_eq!(kernels, ["ranked, with planes", "ranked", "walk"]);
    assert!(
        tried
            .iter()
            .all(|tried| tried["speeds"].as_array().is_some_and(|all| all.len() == 3))
    );
    let taken: Vec<&Value> = tried
        .iter()
        .filter(|tried| tried["taken"] == true)
        .collect();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0]["kernel"], told["kernel"]);
    let ended = run(&folder, ["inspect", "fraud.wasm"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}
