//! Which combinations keep `delivery = "exactly-once"`; the others are refused, and why.

use super::{DEAD_KAFKA, KAFKA, TO_KAFKA, messages, parse, told, with_ends};

const SQLITE: &str = "sinks = [{ kind = 'sqlite', path = 'a.db' }]";
const DEAD_SQLITE: &str = "dead_letter = { kind = 'sqlite', path = 'a.db' }";
const POSTGRES: &str = "sinks = [{ kind = 'postgres', url = 'postgres://h/d' }]";
const DEAD_POSTGRES: &str = "dead_letter = { kind = 'postgres', url = 'postgresql://h/d' }";

/// The Kafka source, exactly once, with other ends.
fn exact(sinks: &str, dead: &str) -> String {
    let source = KAFKA.replace(" }]", ", delivery = 'exactly-once' }]");
    with_ends(&format!("{source}\n{sinks}\n{dead}"))
}

fn only(text: &str) -> String {
    let mut told = messages(text);
    assert_eq!(told.len(), 1, "{text}\n{told:?}");
    told.remove(0)
}

#[test]
fn kafka_alone_or_one_database_can_keep_it() {
    let two_topics = TO_KAFKA.replace(
        "[{",
        "[{ kind = 'kafka', brokers = 'b:9092', topic = 'more' }, {",
    );
    for (sinks, dead) in [
        (TO_KAFKA, DEAD_KAFKA),
        (&two_topics, DEAD_KAFKA),
        (SQLITE, DEAD_SQLITE),
        (POSTGRES, DEAD_POSTGRES),
    ] {
        let config = parse(&exact(sinks, dead)).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(config.pipelines[0].is_exactly_once());
    }
}

#[test]
fn every_combination_that_is_refused_so_is_kept_at_least_once() {
    let both = TO_KAFKA.replace(
        "[{",
        "[{ kind = 'stdout' }, { kind = 'sqlite', path = 'b' }, {",
    );
    for dead in [DEAD_KAFKA, DEAD_SQLITE, DEAD_POSTGRES] {
        assert!(!messages(&exact(&both, dead)).is_empty());
        assert!(parse(&with_ends(&format!("{KAFKA}\n{both}\n{dead}"))).is_ok());
    }
}

#[test]
fn what_cannot_take_anything_back_is_refused() {
    let with_stdout = TO_KAFKA.replace("[{", "[{ kind = 'stdout' }, {");
    assert_eq!(
        told(&exact(&with_stdout, DEAD_KAFKA)),
        [
            "9:10 [[pipelines.fraud.sinks]] of kind `stdout` cannot take back what it wrote when a transaction fails; exactly once needs sinks of kind `kafka` only, or one sink of kind `postgres` or `sqlite`"
        ]
    );
    let file = "dead_letter = { kind = 'file', path = 'dead' }";
    for (sinks, right) in [
        (TO_KAFKA, "must be of kind `kafka`"),
        (SQLITE, "must be of kind `sqlite` with the sink's `path`"),
        (POSTGRES, "must be of kind `postgres` with the sink's `url`"),
    ] {
        let told = only(&exact(sinks, file));
        assert!(
            told.contains(right) && told.contains("in one transaction"),
            "{told}"
        );
    }
}

#[test]
fn a_database_and_kafka_have_no_transaction_in_common() {
    let both = TO_KAFKA.replace("[{", "[{ kind = 'sqlite', path = 'a.db' }, {");
    assert_eq!(
        told(&exact(&both, DEAD_KAFKA)),
        [
            "8:88 [[pipelines.fraud.sources]] cannot keep `delivery = \"exactly-once\"`: Kafka and the database of [[pipelines.fraud.sinks]] have no transaction in common; exactly once needs sinks of kind `kafka` only, or one sink of kind `postgres` or `sqlite`; a pipeline and a group for each keep it too"
        ]
    );
    let two = POSTGRES.replace("}]", "}, { kind = 'sqlite', path = 'a.db' }]");
    assert!(
        only(&exact(&two, DEAD_POSTGRES))
            .contains("one database more than a transaction can write to")
    );
}

#[test]
fn dead_letters_are_where_the_outcomes_are() {
    let elsewhere = DEAD_SQLITE.replace("a.db", "b.db");
    assert!(only(&exact(SQLITE, &elsewhere)).contains("with the sink's `path`"));
    let elsewhere = DEAD_POSTGRES.replace("h/d", "h/e");
    assert!(only(&exact(POSTGRES, &elsewhere)).contains("with the sink's `url`"));
    assert!(only(&exact(POSTGRES, DEAD_SQLITE)).contains("must be of kind `postgres`"));
    assert!(only(&exact(TO_KAFKA, DEAD_SQLITE)).contains("must be of kind `kafka`"));
}

#[test]
fn a_transaction_spans_one_cluster_with_one_login() {
    let elsewhere = TO_KAFKA.replace("b:9092", "c:9092");
    assert!(
        only(&exact(&elsewhere, DEAD_KAFKA))
            .contains("both are of one cluster, for no transaction spans two")
    );
    let elsewhere = DEAD_KAFKA.replace("b:9092", "c:9092");
    assert!(
        only(&exact(TO_KAFKA, &elsewhere))
            .starts_with("`brokers` in [pipelines.fraud.dead_letter]")
    );
    let login = ", librdkafka = { 'sasl.password' = 'hush' } }";
    let sink = TO_KAFKA.replace(" }", login);
    let dead = DEAD_KAFKA.replace(" }", login);
    let told = messages(&exact(&sink, &dead));
    assert_eq!(told.len(), 2, "{told:?}");
    for told in told {
        assert!(told.contains("has other settings of `security.protocol`"));
        assert!(!told.contains("hush"));
    }
    let tuned = TO_KAFKA.replace(" }", ", librdkafka = { 'linger.ms' = 5 } }");
    assert!(
        only(&exact(&tuned, DEAD_KAFKA)).starts_with(
            "`librdkafka` in [pipelines.fraud.dead_letter] differs from that of [[pipelines.fraud.sinks]]"
        )
    );
    let tuned_alike = DEAD_KAFKA.replace(" }", ", librdkafka = { 'linger.ms' = 5 } }");
    assert!(parse(&exact(&tuned, &tuned_alike)).is_ok());
}

#[test]
fn no_other_stream_stands_beside_it() {
    let beside = |other: &str| {
        exact(SQLITE, DEAD_SQLITE).replace("sources = [", &format!("sources = [{other}, "))
    };
    for other in [
        "{ kind = 'file', path = 'app.log' }",
        "{ kind = 'postgres', url = 'postgres://h/d' }",
        "{ kind = 'kafka', brokers = 'b:9092', topic = 'more', group = 'g' }",
        "{ kind = 'kafka', brokers = 'b:9092', topic = 'more', group = 'g', delivery = 'exactly-once' }",
    ] {
        assert!(only(&beside(other)).contains("give it a pipeline of its own"));
    }
    assert!(parse(&beside("{ kind = 'http' }")).is_ok());
}

#[test]
fn settings_that_only_this_guarantee_rests_on_are_refused_with_it_only() {
    for (setting, why) in [
        ("isolation.level", "only what was committed is read"),
        (
            "group.protocol",
            "a frozen gateway is fenced by the rules of the classic protocol",
        ),
    ] {
        let with_delivery = |delivery: &str| {
            let more =
                format!(", delivery = '{delivery}', librdkafka = {{ '{setting}' = 'x' }} }}]");
            let source = KAFKA.replace(" }]", &more);
            with_ends(&format!("{source}\n{TO_KAFKA}\n{DEAD_KAFKA}"))
        };
        let expected = format!(
            "`{setting}` in `librdkafka` in [[pipelines.fraud.sources]] cannot be set: with `delivery = \"exactly-once\"` {why}"
        );
        assert!(messages(&with_delivery("exactly-once")).contains(&expected));
        assert!(parse(&with_delivery("at-least-once")).is_ok());
    }
}
