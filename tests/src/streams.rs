//! Configurations of the sample pipeline between streams and their destinations, for [`folder`].

use crate::{folder::Folder, plugins};

/// Plugins and the pipeline `fraud`, without its ends.
const PIPELINE: &str = r#"
[plugins.payments]
file = "payments.wasm"
call_deadline_ms = 2000
[plugins.fraud]
file = "fraud.wasm"
call_deadline_ms = 2000
[pipelines.fraud]
adapter = "payments"
model = "fraud"
key = "/card_id"
"#;

/// A gateway's folder with one of these configurations and the plugins that it names.
pub fn folder(config: &str) -> Folder {
    let folder = Folder::with(config);
    folder.write("payments.wasm", plugins::payments());
    folder.write("fraud.wasm", plugins::fraud());
    folder
}

/// From the topic `input` to the topic `output`, with dead letters in the topic `dead`; `delivery` as in the file.
pub fn kafka_to_kafka(
    brokers: &str,
    input: &str,
    output: &str,
    dead: &str,
    group: &str,
    delivery: &str,
) -> String {
    let source = kafka_source(brokers, input, group, delivery);
    let sink = kafka_sink(brokers, output);
    let dead = kafka_dead_letter(brokers, dead);
    format!("{PIPELINE}{source}{sink}{dead}")
}

/// From the topic `input` to the table `scores` of PostgreSQL, with dead letters in the table `dead_letters` beside it.
pub fn kafka_to_postgres(
    brokers: &str,
    input: &str,
    group: &str,
    delivery: &str,
    url: &str,
) -> String {
    let source = kafka_source(brokers, input, group, delivery);
    let sink = postgres_sink(url);
    let dead = postgres_dead_letter(url);
    format!("{PIPELINE}{source}{sink}{dead}")
}

/// From the topic `input` to the table `scores` in the folder's `scores.db`, with dead letters in the table `dead_letters` beside it.
pub fn kafka_to_sqlite(brokers: &str, input: &str, group: &str, delivery: &str) -> String {
    let source = kafka_source(brokers, input, group, delivery);
    format!("{PIPELINE}{source}{SQLITE_SINK}{SQLITE_DEAD_LETTER}")
}

/// From the table `outbox` to the table `scores` of the same PostgreSQL, with dead letters beside it.
pub fn outbox_to_postgres(url: &str, lease_ms: u64, poll_ms: u64) -> String {
    let sink = postgres_sink(url);
    let dead = postgres_dead_letter(url);
    format!(
        r#"{PIPELINE}
[[pipelines.fraud.sources]]
kind = "postgres"
url = "{url}"
lease_ms = {lease_ms}
poll_ms = {poll_ms}
{sink}{dead}"#
    )
}

/// From the log file `path`, read from its start, to the table `scores` in the folder's `scores.db`, with dead letters in the folder's
/// `dead.ndjson`.
pub fn file_to_sqlite(path: &str) -> String {
    format!(
        r#"{PIPELINE}
[[pipelines.fraud.sources]]
kind = "file"
path = "{path}"
from = "start"
{SQLITE_SINK}
[pipelines.fraud.dead_letter]
kind = "file"
path = "dead.ndjson"
"#
    )
}

/// The plugins and the pipeline `fraud` with ends of a test's own.
pub fn with_ends(ends: &str) -> String {
    format!("{PIPELINE}{ends}")
}

/// The plugins and the pipeline `fraud` with so many scoring threads, without its ends.
pub fn with_workers(workers: usize) -> String {
    format!("{PIPELINE}workers = {workers}\n")
}

/// Settings of librdkafka for the end that stands before.
pub fn librdkafka(settings: &[(&str, &str)]) -> String {
    let settings: Vec<String> = settings
        .iter()
        .map(|(name, value)| format!("\"{name}\" = \"{value}\""))
        .collect();
    format!("librdkafka = {{ {} }}\n", settings.join(", "))
}

/// A source of the pipeline `fraud`.
pub fn kafka_source(brokers: &str, topic: &str, group: &str, delivery: &str) -> String {
    format!(
        r#"
[[pipelines.fraud.sources]]
kind = "kafka"
brokers = "{brokers}"
topic = "{topic}"
group = "{group}"
delivery = "{delivery}"
"#
    )
}

/// A sink of the pipeline `fraud`.
pub fn kafka_sink(brokers: &str, topic: &str) -> String {
    format!(
        r#"
[[pipelines.fraud.sinks]]
kind = "kafka"
brokers = "{brokers}"
topic = "{topic}"
"#
    )
}

/// The dead letters of the pipeline `fraud`.
pub fn kafka_dead_letter(brokers: &str, topic: &str) -> String {
    format!(
        r#"
[pipelines.fraud.dead_letter]
kind = "kafka"
brokers = "{brokers}"
topic = "{topic}"
"#
    )
}

/// The table `scores` as a sink of the pipeline `fraud`.
pub fn postgres_sink(url: &str) -> String {
    format!(
        r#"
[[pipelines.fraud.sinks]]
kind = "postgres"
url = "{url}"
"#
    )
}

/// The table `dead_letters` for the pipeline `fraud`.
pub fn postgres_dead_letter(url: &str) -> String {
    format!(
        r#"
[pipelines.fraud.dead_letter]
kind = "postgres"
url = "{url}"
"#
    )
}

/// The table `scores` of the folder's `scores.db`.
pub const SQLITE_SINK: &str = r#"
[[pipelines.fraud.sinks]]
kind = "sqlite"
path = "scores.db"
"#;

/// The table `dead_letters` of the folder's `scores.db`.
pub const SQLITE_DEAD_LETTER: &str = r#"
[pipelines.fraud.dead_letter]
kind = "sqlite"
path = "scores.db"
"#;
