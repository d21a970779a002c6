//! What the configuration promises to those who write one.

mod good;
mod hostile;
mod mistakes;
mod ranges;
mod substitution;

use std::path::Path;

use super::{Config, Problems};

/// A file with one pipeline, to which a test adds what it is about.
const PLAIN: &str = r#"[plugins.payments]
file = "payments.wasm"
[plugins.fraud]
file = "fraud.wasm"
[pipelines.fraud]
adapter = "payments"
model = "fraud"
sources = [{ kind = "http" }]
"#;

fn parse(text: &str) -> Result<Config, Problems> {
    Config::parse(text, Path::new("/etc/gw"), "gw.toml", |_| None)
}

/// The messages, each with its line and column.
fn told(text: &str) -> Vec<String> {
    let Err(problems) = parse(text) else {
        return Vec::new();
    };
    let number = |at: Option<usize>| at.map_or("-".to_owned(), |at| at.to_string());
    problems
        .iter()
        .map(|problem| {
            let (line, column) = (number(problem.line()), number(problem.column()));
            format!("{line}:{column} {}", problem.message())
        })
        .collect()
}

/// The plain file with lines added to its pipeline.
fn with(lines: &str) -> String {
    format!("{PLAIN}{lines}\n")
}
