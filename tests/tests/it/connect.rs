//! `scoregate validate --connect`: the servers are asked, and what is wrong with them is one sentence each.

use std::sync::Arc;

use scoregate_tests::{
    command::{self, Ended},
    gateway::Gateway,
    servers::{Kafka, Postgres, blocking::block_on},
    streams,
};
use sqlx::{Connection as _, PgConnection};

fn connect(config: &str) -> Ended {
    let folder = streams::folder(config);
    command::run(&folder, ["validate", "gateway.toml", "--connect"])
}

/// Holds what was said against words, one list for each sentence; none may tell a password.
#[track_caller]
fn says(ended: &Ended, sentences: &[&[&str]]) {
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    // Beside the log's lines.
    let told = ended.stderr.lines();
    let told: Vec<&str> = told
        .filter(|line| line.starts_with("gateway.toml"))
        .collect();
    for words in sentences {
        let is_told = |line: &&str| words.iter().all(|word| line.contains(word));
        assert!(
            told.iter().any(is_told),
            "{words:?} is not in one line of: {}",
            ended.stderr
        );
    }
    assert_eq!(told.len(), sentences.len(), "{}", ended.stderr);
    for secret in ["only-for-tests", "a-wrong-one"] {
        assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
    }
}

#[test]
fn topics_and_tables_that_can_be_used_are_well() {
    let kafka = Kafka::shared();
    let url = Postgres::shared().fresh_database();
    let topic = kafka.fresh_topic("asked", 1);
    let config = streams::kafka_to_postgres(kafka.brokers(), &topic, &topic, "exactly-once", &url);
    let asked = connect(&config);
    assert_eq!(
        (asked.code, asked.stdout.trim()),
        (Some(0), "gateway.toml: valid"),
        "{}",
        asked.stderr
    );
}

#[test]
fn topics_that_are_missing_are_named_with_the_end_that_needs_them() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("there", 1);
    let (missing, dead) = (format!("{topic}-missing"), format!("{topic}-dead"));
    let brokers = kafka.brokers();
    let config = streams::kafka_to_kafka(brokers, &topic, &missing, &dead, &topic, "exactly-once");
    let absent = |topic: &str| format!("topic `{topic}` does not exist at {brokers}");
    says(
        &connect(&config),
        &[
            &["sink kafka of pipeline `fraud`", &absent(&missing)],
            &["dead_letter kafka of pipeline `fraud`", &absent(&dead)],
        ],
    );
}

#[test]
fn a_database_that_refuses_the_password_is_named_with_its_user() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("asked", 1);
    let url = Postgres::shared().fresh_database();
    let url = url.replace("only-for-tests", "a-wrong-one");
    let config = streams::kafka_to_postgres(kafka.brokers(), &topic, &topic, "exactly-once", &url);
    let refused = "refuses user `test`: check user and password of the url";
    says(
        &connect(&config),
        &[
            &["sink postgres of pipeline `fraud`", refused],
            &["dead_letter postgres of pipeline `fraud`", refused],
        ],
    );
}

#[test]
fn brokers_that_refuse_the_password_are_told_with_the_reason() {
    let kafka = Kafka::secured();
    let topic = kafka.fresh_topic("secret", 1);
    let with_password = |password: &str| {
        let settings = kafka.settings();
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(name, value)| match *name {
                "sasl.password" => (*name, password),
                name => (name, value.as_str()),
            })
            .collect();
        let source = streams::kafka_source(kafka.brokers(), &topic, &topic, "exactly-once");
        let settings = streams::librdkafka(&settings);
        let (sink, dead) = (streams::SQLITE_SINK, streams::SQLITE_DEAD_LETTER);
        streams::with_ends(&format!("{source}{settings}{sink}{dead}"))
    };
    let settings = kafka.settings();
    let right = settings.iter().find(|(name, _)| *name == "sasl.password");
    let right = &right.expect("a password").1;
    let asked = connect(&with_password(right));
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
    let asked = connect(&with_password("a-wrong-one"));
    says(
        &asked,
        &[&[
            "source kafka of pipeline `fraud`",
            kafka.brokers(),
            "authentication",
        ]],
    );
    assert!(!asked.stderr.contains(right.as_str()), "{}", asked.stderr);
}

/// The sample pipeline with its store in that database.
fn with_store(url: &str) -> String {
    let http = "[[pipelines.fraud.sources]]\nkind = \"http\"\n";
    streams::with_ends(&format!("{http}[store]\nurl = \"{url}\"\n"))
}

#[test]
fn the_store_s_database_is_asked_and_nothing_is_made_in_it() {
    let url = Postgres::shared().fresh_database();
    for _ in 0..2 {
        let asked = connect(&with_store(&url));
        assert_eq!(asked.code, Some(0), "{}", asked.stderr);
    }
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(count(&url, tables), 0);
}

#[test]
fn what_keeps_the_store_s_database_from_being_used_is_one_sentence() {
    let url = Postgres::shared().fresh_database();
    let wrong = url.replace("only-for-tests", "a-wrong-one");
    let nobody = "postgres://test:only-for-tests@127.0.0.1:1/scores";
    let missing = format!("{url}_missing");
    for (url, words) in [
        (
            &*wrong,
            "refuses user `test`: check user and password of the url",
        ),
        (
            nobody,
            "PostgreSQL at 127.0.0.1:1, database `scores` cannot be reached",
        ),
        (&missing, "_missing` does not exist"),
    ] {
        says(
            &connect(&with_store(url)),
            &[&["gateway.toml: store: ", words]],
        );
    }
}

#[test]
fn a_store_that_a_newer_version_made_is_told_with_both_versions() {
    let url = Postgres::shared().fresh_database();
    let folder = streams::folder(&with_store(&url));
    drop(Gateway::start(Arc::new(folder)));
    assert_eq!(connect(&with_store(&url)).code, Some(0));
    let newer = "UPDATE scoregate_migrations SET version = 9 WHERE table_name = 'scoregate_record' RETURNING 1::bigint";
    assert_eq!(count(&url, newer), 1);
    says(
        &connect(&with_store(&url)),
        &[&[
            "gateway.toml: store: ",
            "table `scoregate_record` has schema version 9, made by a newer scoregate",
            "this one knows versions up to 1",
        ]],
    );
}

/// The number that a statement returns.
fn count(url: &str, statement: &'static str) -> i64 {
    block_on(async {
        let mut database = PgConnection::connect(url).await.expect("a connection");
        let counted = sqlx::query_scalar(statement).fetch_one(&mut database);
        counted.await.expect("a number")
    })
}
