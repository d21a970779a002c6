//! `scoregate validate --connect`: the servers are asked, and what is wrong with them is one sentence each.

use scoregate_tests::{
    command::{self, Ended},
    servers::{Kafka, Postgres},
    streams,
};

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
