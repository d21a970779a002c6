//! What the configuration promises to those who write one.

mod capture;
mod combinations;
mod exactly_once;
mod good;
mod guard;
mod hostile;
mod mistakes;
mod ranges;
mod stream_mistakes;
mod streams;
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

/// The plain file's plugins and the pipeline `fraud` with these ends only.
fn with_ends(ends: &str) -> String {
    let plain = PLAIN.replace("sources = [{ kind = \"http\" }]\n", "");
    format!("{plain}{ends}\n")
}

/// A stream's source, a sink and dead letters that go together: each a line, the source's first, which is line 8.
const KAFKA: &str = "sources = [{ kind = 'kafka', brokers = 'b:9092', topic = 'in', group = 'g' }]";
const TO_KAFKA: &str = "sinks = [{ kind = 'kafka', brokers = 'b:9092', topic = 'out' }]";
const DEAD_KAFKA: &str = "dead_letter = { kind = 'kafka', brokers = 'b:9092', topic = 'dead' }";

/// The messages without their places.
fn messages(text: &str) -> Vec<String> {
    let Err(problems) = parse(text) else {
        return Vec::new();
    };
    problems
        .iter()
        .map(|problem| problem.message().to_owned())
        .collect()
}
