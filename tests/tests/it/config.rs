//! A configuration with mistakes: all of them in one run, each with its place.

use scoregate_tests::{
    command::{self, run},
    folder::{FRAUD, Folder, SERVER},
};
use serde_json::Value;

/// A misspelt key, a number out of range, an unknown plugin, an unknown kind, a wrong type.
const FIVE_MISTAKES: &str = r#"[server]
http = "127.0.0.1:0"
admin = "127.0.0.1:0"
body_max_byte = 1000

[plugins.payments]
file = "payments.wasm"
call_deadline_ms = 0

[plugins.fraud]
file = "fraud.wasm"

[pipelines.fraud]
adapter = "payment"
model = "fraud"
workers = "two"

[[pipelines.fraud.sources]]
kind = "htpp"
"#;

const PLACES: [(u64, &str); 5] = [
    (4, "body_max_byte"),
    (8, "call_deadline_ms"),
    (14, "payment"),
    (16, "workers"),
    (19, "htpp"),
];

fn five_mistakes() -> Folder {
    let folder = Folder::new();
    folder.write("gateway.toml", FIVE_MISTAKES);
    folder
}

#[test]
fn five_mistakes_are_all_told_with_line_and_caret() {
    let folder = five_mistakes();
    let refused = command::refused(&folder);
    let validated = run(&folder, ["validate", "gateway.toml"]);
    assert_eq!(validated.code, Some(1));
    for text in [refused, validated.stderr] {
        for (line, word) in PLACES {
            let told = text
                .lines()
                .position(|told| told.contains(&format!("gateway.toml:{line}:")));
            let told = told.unwrap_or_else(|| panic!("line {line} is not told:\n{text}"));
            let lines: Vec<&str> = text.lines().skip(told).take(3).collect();
            assert!(lines[0].contains(word), "{lines:?}");
            assert!(lines[1].starts_with(&format!("{line:>7} | ")), "{lines:?}");
            assert!(
                lines[2].trim_start().starts_with('|') && lines[2].contains('^'),
                "{lines:?}"
            );
        }
    }
}

#[test]
fn five_mistakes_as_data() {
    let ended = run(
        &five_mistakes(),
        ["validate", "gateway.toml", "--output", "json"],
    );
    assert_eq!(ended.code, Some(1));
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(told["valid"], false);
    let problems = told["problems"].as_array().expect("problems");
    assert_eq!(problems.len(), 5, "{problems:?}");
    for (problem, (line, word)) in std::iter::zip(problems, PLACES) {
        assert_eq!(problem["line"], line);
        assert!(
            problem["column"].as_u64().is_some_and(|column| column > 0),
            "{problem}"
        );
        assert!(
            problem["message"]
                .as_str()
                .is_some_and(|message| message.contains(word)),
            "{problem}"
        );
        assert_eq!(problem["file"], "gateway.toml");
    }
}

#[test]
fn what_is_right_is_valid_and_writes_nothing() {
    let folder = Folder::fraud("");
    let ended = run(&folder, ["validate", "gateway.toml"]);
    assert_eq!(
        (ended.code, &*ended.stdout),
        (Some(0), "gateway.toml: valid\n"),
        "{}",
        ended.stderr
    );
    let ended = run(&folder, ["validate", "gateway.toml", "--output", "json"]);
    assert_eq!(ended.code, Some(0));
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(told, serde_json::json!({ "valid": true, "problems": [] }));
    assert!(!folder.path("scores.db").exists() && !folder.path("scoregate-data").exists());
}

#[test]
fn all_plugins_that_cannot_serve_are_told_in_one_run() {
    let folder = Folder::with(FRAUD);
    folder.write("payments.wasm", b"nothing");
    let validated = run(&folder, ["validate", "gateway.toml"]);
    assert_eq!(validated.code, Some(1));
    for text in [validated.stderr, command::refused(&folder)] {
        assert!(
            text.contains("plugin `payments`") && text.contains("is not WebAssembly"),
            "{text}"
        );
        assert!(
            text.contains("plugin `fraud`") && text.contains("fraud.wasm"),
            "{text}"
        );
    }
}

#[test]
fn a_config_that_the_plugin_refuses_is_told_in_the_plugins_words() {
    let folder = Folder::fraud("");
    let text = format!("{SERVER}{FRAUD}").replacen(
        "[plugins.fraud]",
        "config = { decline_above = 3 }\n[plugins.fraud]",
        1,
    );
    folder.write("gateway.toml", text);
    let refused = command::refused(&folder);
    assert!(
        refused.contains("decline_above: must lie between 0 and 1, was 3"),
        "{refused}"
    );
}

#[test]
fn a_missing_file_and_a_folder_are_told_plainly() {
    let folder = Folder::new();
    for name in ["nothing.toml", "."] {
        let ended = run(&folder, ["serve", name]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(name), "{}", ended.stderr);
    }
}

#[test]
fn a_port_that_is_taken_is_told_with_its_address() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let folder = Folder::fraud("");
    let text = format!("{SERVER}{FRAUD}").replacen("127.0.0.1:0", &address, 1);
    folder.write("gateway.toml", text);
    let refused = command::refused(&folder);
    assert!(
        refused.contains(&address) && refused.contains("scoring listener"),
        "{refused}"
    );
}
