//! The commands as an author and an operator use them.

use scoregate::release::Digest;
use scoregate_tests::{command::run, folder::Folder, plugins, workspace};
use serde_json::{Value, json};

fn sample(name: &str) -> String {
    workspace::root()
        .join("plugins")
        .join(name)
        .canonicalize()
        .expect("a sample")
        .display()
        .to_string()
}

/// The workspace has another binary, and `cargo run -- demo` is the first thing that anybody types.
#[test]
fn cargo_run_means_the_gateway() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(workspace::root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let chosen: Vec<&str> = packages.filter_map(|p| p["default_run"].as_str()).collect();
    assert_eq!(chosen, ["scoregate"]);
}

#[test]
fn a_model_is_compiled_and_inspected() {
    let folder = Folder::new();
    let model = sample("fraud/fraud.json");
    let ended = run(
        &folder,
        [
            "compile",
            &model,
            "-o",
            "fraud.wasm",
            "--output",
            "margin,probability",
            "--name",
            "fraud",
            "--version",
            "1",
        ],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let component = std::fs::read(folder.path("fraud.wasm")).expect("the component");
    assert!(
        component.starts_with(plugins::fraud()),
        "the command adds golden cases to what the library makes, and nothing else"
    );

    let ended = run(&folder, ["inspect", "fraud.wasm", "--output", "json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(
        (&told["kind"], &told["name"], &told["version"]),
        (&json!("model"), &json!("fraud"), &json!("1"))
    );
    assert_eq!(told["digest"], Digest::of(&component).to_string());
    assert_eq!(told["size_bytes"], component.len());
    assert_eq!(
        told["signature"]["inputs"],
        json!([{ "name": "features", "datatype": "FP32", "shape": [-1, 15] }])
    );
    for import in told["imports"].as_array().expect("imports") {
        let import = import.as_str().expect("a name");
        assert!(
            ["log", "types"]
                .iter()
                .any(|allowed| import.starts_with(&format!("scoregate:plugin/{allowed}@"))),
            "{import}"
        );
    }
    let text = run(&folder, ["inspect", "fraud.wasm"]);
    assert!(
        text.stdout.contains("features FP32 [-1, 15]") && text.stdout.contains("sha256:"),
        "{}",
        text.stdout
    );
}

#[test]
fn without_a_list_of_outputs_a_classifier_gives_its_probability() {
    let folder = Folder::new();
    let ended = run(
        &folder,
        ["compile", &sample("fraud/fraud.json"), "-o", "fraud.wasm"],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended = run(&folder, ["inspect", "fraud.wasm", "--output", "json"]);
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(told["signature"]["outputs"][0]["name"], "probability");
    assert_eq!(
        told["signature"]["outputs"]
            .as_array()
            .expect("outputs")
            .len(),
        1
    );
}

#[test]
fn what_is_no_model_is_refused_with_its_file() {
    let folder = Folder::new();
    folder.write("bad.json", "{\"learner\": 5}");
    folder.write("text.json", "no JSON");
    folder.write("empty.json", "");
    for name in ["bad.json", "text.json", "empty.json", "missing.json"] {
        let ended = run(&folder, ["compile", name, "-o", "out.wasm"]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(name), "{}", ended.stderr);
    }
    let ended = run(
        &folder,
        [
            "compile",
            &sample("fraud/fraud.json"),
            "-o",
            "out.wasm",
            "--output",
            "margin,odds",
        ],
    );
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("odds"), "{}", ended.stderr);
    assert!(
        !folder.path("out.wasm").exists(),
        "a failed compilation leaves nothing"
    );
}

#[test]
fn what_is_no_crate_is_refused_with_its_folder() {
    let folder = Folder::new();
    let ended = run(&folder, ["build", ".", "-o", "out.wasm"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("Cargo.toml"), "{}", ended.stderr);
    assert!(!folder.path("out.wasm").exists());
}

#[test]
fn a_wrong_command_line_is_2_and_help_is_0() {
    let folder = Folder::new();
    for args in [
        &["sevre"][..],
        &[],
        &["serve"],
        &["inspect", "x", "--output", "xml"],
        &["serve", "x", "--nonsense"],
    ] {
        let ended = run(&folder, args);
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
    for command in [
        "", "serve", "validate", "build", "compile", "inspect", "demo", "score",
    ] {
        let args: Vec<&str> = [command, "--help"]
            .into_iter()
            .filter(|arg| !arg.is_empty())
            .collect();
        let ended = run(&folder, args);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("Usage:"), "{}", ended.stdout);
    }
}
