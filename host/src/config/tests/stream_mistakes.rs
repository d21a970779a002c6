//! What is wrong with one end of a pipeline by itself.

use std::path::Path;

use super::{DEAD_KAFKA, KAFKA, TO_KAFKA, messages, parse, told, with, with_ends};
use crate::config::Config;

/// The Kafka source with something else in the place of a part of it.
fn source(part: &str, instead: &str) -> Vec<String> {
    assert!(KAFKA.contains(part), "{part}");
    let source = KAFKA.replace(part, instead);
    told(&with_ends(&format!("{source}\n{TO_KAFKA}\n{DEAD_KAFKA}")))
}

fn settings(settings: &str) -> Vec<String> {
    source(" }]", &format!(", librdkafka = {{ {settings} }} }}]"))
}

#[test]
fn what_an_end_needs_is_told_for_each_kind() {
    for (ends, expected) in [
        (
            "sources = [{ kind = 'kafka' }]",
            vec!["brokers", "topic", "group"],
        ),
        ("sources = [{ kind = 'postgres' }]", vec!["url"]),
        ("sources = [{ kind = 'file' }]", vec!["path"]),
        ("sinks = [{ kind = 'kafka' }]", vec!["brokers", "topic"]),
        ("sinks = [{ kind = 'postgres' }]", vec!["url"]),
        ("dead_letter = { kind = 'kafka' }", vec!["brokers", "topic"]),
        ("dead_letter = { kind = 'postgres' }", vec!["url"]),
        ("dead_letter = { kind = 'sqlite' }", vec!["path"]),
        ("dead_letter = { kind = 'file' }", vec!["path"]),
        ("dead_letter = {}", vec!["kind"]),
    ] {
        let told = messages(&with_ends(ends));
        for key in expected {
            let needs = format!("needs `{key}`: ");
            assert!(told.iter().any(|told| told.contains(&needs)), "{told:?}");
        }
    }
}

#[test]
fn an_unknown_key_or_word_of_a_stream_is_told_with_the_nearest() {
    for (part, instead, expected) in [
        (
            "group = 'g'",
            "groop = 'g', group = 'g'",
            "8:64 unknown key `groop` in [[pipelines.fraud.sources]]; did you mean `group`?",
        ),
        (
            "group = 'g'",
            "group = 'g', delivery = 'exactly-onse'",
            "8:88 `delivery` in [[pipelines.fraud.sources]] is `exactly-onse`; did you mean `exactly-once`?",
        ),
        (
            "group = 'g'",
            "group = 'g', delivery = 'best'",
            "8:88 `delivery` in [[pipelines.fraud.sources]] is `best`; it must be one of `at-least-once`, `exactly-once`",
        ),
        (
            "kind = 'kafka'",
            "kind = 'kafca'",
            "8:21 there is no source of kind `kafca`; did you mean `kafka`?",
        ),
    ] {
        assert_eq!(source(part, instead), [expected]);
    }
    let dead = DEAD_KAFKA.replace("'kafka'", "'stdout'");
    assert_eq!(
        told(&with_ends(&format!("{KAFKA}\n{TO_KAFKA}\n{dead}"))),
        [
            "10:24 there is no dead letter of kind `stdout`; it must be one of `kafka`, `postgres`, `sqlite`, `file`"
        ]
    );
    assert_eq!(
        told(&with_ends(&format!(
            "{KAFKA}\n{TO_KAFKA}\ndead_letter = 'file'"
        ))),
        [
            "10:15 `dead_letter` in [pipelines.fraud] is `'file'`, a string; it must be a table, [pipelines.fraud.dead_letter]"
        ]
    );
}

#[test]
fn brokers_are_hosts_with_ports() {
    for right in [
        "b:1",
        "kafka-1.example.org:9092",
        "a_b:65535, c:2",
        "[::1]:9092",
        "10.0.0.1:9092,10.0.0.2:9092",
    ] {
        let told = source("'b:9092'", &format!("'{right}'"));
        assert!(told.is_empty(), "{right}: {told:?}");
    }
    for wrong in [
        "",
        "b",
        ":9092",
        "b:",
        "b:0",
        "b:65536",
        "b:+1",
        "b:9092,",
        "SSL://b:9092",
        "b 1:9092",
        "[::x]:9092",
        "::1:9092",
        "b:9092;c:9092",
    ] {
        let told = source("'b:9092'", &format!("'{wrong}'"));
        assert_eq!(
            told,
            [format!(
                "8:40 `brokers` in [[pipelines.fraud.sources]] is `{wrong}`; it must be `host:port`, and more of them after commas, such as `127.0.0.1:9092`"
            )]
        );
    }
}

#[test]
fn topics_and_groups_are_named_by_kafkas_rules() {
    let (longest, too_long) = ("t".repeat(249), "t".repeat(250));
    for key in ["topic = 'in'", "group = 'g'"] {
        let name = key.split(' ').next().unwrap();
        for right in ["a", "A.b_c-9", "...", &longest] {
            let told = source(key, &format!("{name} = '{right}'"));
            assert!(told.is_empty(), "{told:?}");
        }
        for wrong in ["", ".", "..", "a b", "a/b", "ü", "^re.*", &too_long] {
            let told = source(key, &format!("{name} = '{wrong}'"));
            assert!(
                told.len() == 1 && told[0].contains("1 to 249 of a-z, A-Z, 0-9"),
                "{told:?}"
            );
        }
    }
}

#[test]
fn urls_of_postgresql_begin_as_such_and_are_never_shown() {
    for wrong in [
        "",
        "mysql://u:hush@h/d",
        "postgres:/u:hush@h/d",
        "postgres://",
        "u:hush@h/d",
        "host=h password=hush",
    ] {
        let text = with(&format!(
            "sinks = [{{ kind = 'postgres', url = '{wrong}' }}]"
        ));
        let problems = parse(&text).unwrap_err();
        assert_eq!(problems.count(), 1, "{problems}");
        let message = problems.iter().next().unwrap().message();
        assert!(
            message.starts_with("`url` in [[pipelines.fraud.sinks]] is no URL of PostgreSQL"),
            "{message}"
        );
        assert!(!message.contains("hush"), "{message}");
    }
}

#[test]
fn tables_of_the_gateways_own_are_not_given_away() {
    for name in ["scoregate_offsets", "Scoregate_x"] {
        for end in [
            format!("sinks = [{{ kind = 'sqlite', path = 'a', table = '{name}' }}]"),
            format!("sinks = [{{ kind = 'postgres', url = 'postgres://h', table = '{name}' }}]"),
        ] {
            let told = messages(&with(&end));
            assert!(
                told.len() == 1 && told[0].ends_with("are those of the gateway's own tables"),
                "{told:?}"
            );
        }
    }
}

#[test]
fn settings_that_the_promises_rest_on_are_refused_with_the_reason() {
    for (setting, why) in [
        ("bootstrap.servers", "given as `brokers`"),
        ("metadata.broker.list", "given as `brokers`"),
        ("group.id", "given as `group`"),
        ("enable.auto.commit", "acknowledges an event when"),
        ("enable.auto.offset.store", "acknowledges an event when"),
        ("enable.partition.eof", "is no event"),
        ("statistics.interval.ms", "lag and readiness"),
        ("auto.commit.enable", "acknowledges an event when"),
        ("transactional.id", "the gateway makes it"),
        ("enable.idempotence", "twice or out of order"),
        ("plugin.library.paths", "load code"),
    ] {
        let told = settings(&format!("'{setting}' = 'hush'"));
        let expected = format!(
            "8:92 `{setting}` in `librdkafka` in [[pipelines.fraud.sources]] cannot be set: "
        );
        assert!(
            told.len() == 1 && told[0].starts_with(&expected) && told[0].contains(why),
            "{told:?}"
        );
    }
    for acks in ["acks", "'request.required.acks'"] {
        for right in ["'all'", "-1", "'-1'"] {
            assert!(settings(&format!("{acks} = {right}")).is_empty());
        }
        for wrong in ["1", "'0'", "'leader'"] {
            let told = settings(&format!("{acks} = {wrong}"));
            assert!(
                told.len() == 1 && told[0].contains("can only be `all`"),
                "{told:?}"
            );
        }
    }
    for right in ["partition.assignment.strategy", "debug", "linger.ms"] {
        assert!(settings(&format!("'{right}' = 'range'")).is_empty());
    }
}

#[test]
fn settings_have_names_and_plain_values() {
    for (wrong, expected) in [
        (
            "security.protocol = 'SSL'",
            "8:92 `security` in `librdkafka` in [[pipelines.fraud.sources]] is a table; a name with dots stands in quotes, such as `\"security.protocol\"`",
        ),
        (
            "'a' = ['hush']",
            "8:98 `a` in `librdkafka` in [[pipelines.fraud.sources]] must be a string without NUL, a number, `true` or `false`",
        ),
        (
            "'a' = \"hush\\u0000\"",
            "8:98 `a` in `librdkafka` in [[pipelines.fraud.sources]] must be a string without NUL, a number, `true` or `false`",
        ),
        (
            "'' = 1",
            "8:92 `` in `librdkafka` in [[pipelines.fraud.sources]] is no setting's name",
        ),
        (
            "'a b' = 1",
            "8:92 `a b` in `librdkafka` in [[pipelines.fraud.sources]] is no setting's name",
        ),
        (
            "'a' = '${NO}'",
            "8:99 the environment variable `NO` is not set, or is not UTF-8",
        ),
    ] {
        assert_eq!(settings(wrong), [expected]);
    }
    let told = source(" }]", ", librdkafka = 'a=b' }]");
    assert!(
        told.len() == 1 && told[0].ends_with("a string; it must be a table of settings"),
        "{told:?}"
    );
}

#[test]
fn no_report_shows_a_secret_of_the_line_that_it_is_about() {
    for (line, expected) in [
        (
            "sinks = [{ kind = 'postgres', url = 'postgres://u:hush@h/d', tabel = 'x' }]",
            "'postgres://u:****@h/d', tabel",
        ),
        (
            "sinks = [{ kind = 'postgres', url = 'postgres://u:hu:s/h@@h/d', tabel = 'x' }]",
            "'postgres://u:*******@h/d', tabel",
        ),
        (
            "sinks = [{ kind = 'kafka', brokers = 'b:1', topic = 't', tabel = 1, librdkafka = { 'sasl.password' = 'hush', \"ssl.key.pem\"=\"hu\\\"sh\" } }]",
            "'sasl.password' = '****', \"ssl.key.pem\"=\"******\"",
        ),
        (
            "sinks = [{ kind = 'postgres', url = 'postgres://u:${PASS}hush@h/d' }]",
            "'postgres://u:${PASS}****@h/d'",
        ),
    ] {
        let report = parse(&with(line)).unwrap_err().to_string();
        assert!(!report.contains("hu"), "{report}");
        assert!(report.contains(expected), "{report}");
    }
}

#[test]
fn no_message_about_a_stream_tells_what_was_put_in() {
    let text = with_ends(
        "sources = [{ kind = 'kafka', brokers = '${HUSH}', topic = '${HUSH}', group = '${HUSH}', delivery = '${HUSH}', librdkafka = { acks = '${HUSH}', 'group.id' = '${HUSH}' } }, { kind = 'file', path = 'a', from = '${HUSH}' }]
sinks = [{ kind = 'postgres', url = '${HUSH}', table = '${HUSH}' }]
dead_letter = { kind = '${HUSH}' }",
    );
    let env = |_: &str| Some("hush/hush".to_owned());
    let problems = Config::parse(&text, Path::new(""), "gw.toml", env).unwrap_err();
    assert_eq!(problems.count(), 10, "{problems}");
    assert!(!problems.to_string().contains("hush"), "{problems}");
}
