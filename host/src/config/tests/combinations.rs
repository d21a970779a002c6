//! What is wrong between the ends of a pipeline, and between pipelines.

use super::{DEAD_KAFKA, KAFKA, TO_KAFKA, messages, parse, told, with, with_ends};

const FILE: &str = "sources = [{ kind = 'file', path = 'app.log' }]";
const OUTBOX: &str = "sources = [{ kind = 'postgres', url = 'postgres://h/d', table = 'events' }]";
const STDOUT: &str = "sinks = [{ kind = 'stdout' }]";
const DEAD_FILE: &str = "dead_letter = { kind = 'file', path = 'dead' }";

/// A second pipeline of the same file.
fn other(ends: &str) -> String {
    format!("[pipelines.other]\nadapter = 'payments'\nmodel = 'fraud'\n{ends}")
}

/// The second of two pipelines, or of two sources of one pipeline, alone being wrong, the one message about it.
fn only(text: &str) -> String {
    let mut told = messages(text);
    assert_eq!(told.len(), 1, "{text}\n{told:?}");
    told.remove(0)
}

#[test]
fn a_stream_needs_a_sink_and_a_place_for_dead_letters() {
    for source in [KAFKA, FILE, OUTBOX] {
        let kind = source.split('\'').nth(1).unwrap();
        assert_eq!(
            told(&with_ends(source)),
            [
                format!(
                    "8:12 [pipelines.fraud] reads a stream, of kind `{kind}`, but has no sink: its outcomes would be lost; it needs a table [[pipelines.fraud.sinks]]"
                ),
                format!(
                    "8:12 [pipelines.fraud] reads a stream, of kind `{kind}`, but has no place for events without an outcome: nobody waits for their answer, so they would be lost; it needs a table [pipelines.fraud.dead_letter]"
                ),
            ]
        );
        assert!(parse(&with_ends(&format!("{source}\n{STDOUT}\n{DEAD_FILE}"))).is_ok());
    }
    let beside_http = KAFKA.replace("[{", "[{ kind = 'http' }, {");
    assert_eq!(messages(&with_ends(&beside_http)).len(), 2);
}

#[test]
fn what_an_end_of_an_unknown_kind_would_have_been_is_not_guessed() {
    let misspelt = KAFKA.replace("'kafka'", "'kafca'");
    assert!(
        only(&with_ends(&format!("{misspelt}\n{TO_KAFKA}\n{DEAD_KAFKA}")))
            .contains("no source of kind `kafca`")
    );
    let sink = TO_KAFKA.replace("'kafka'", "'kafca'");
    assert!(
        only(&with_ends(&format!("{KAFKA}\n{sink}\n{DEAD_KAFKA}")))
            .contains("no sink of kind `kafca`")
    );
}

#[test]
fn what_is_missing_does_not_hide_what_else_is_wrong() {
    let told = messages(&with_ends(
        "sources = [{ kind = 'kafka', delivery = 'exactly-once' }]\nsinks = [{ kind = 'stdout' }]",
    ));
    for expected in [
        "needs `brokers`",
        "needs `topic`",
        "needs `group`",
        "of kind `stdout` cannot take back",
        "it needs a table [pipelines.fraud.dead_letter]",
    ] {
        assert!(told.iter().any(|told| told.contains(expected)), "{told:?}");
    }
    assert_eq!(told.len(), 5, "{told:?}");
}

#[test]
fn dead_letters_without_a_stream_are_refused() {
    assert_eq!(
        told(&with(DEAD_FILE)),
        [
            "9:15 [pipelines.fraud.dead_letter] stands in a pipeline that reads no stream: who sends an event over HTTP is told in the answer why it has no outcome"
        ]
    );
}

#[test]
fn a_topic_serves_one_end_of_a_pipeline() {
    let loops = TO_KAFKA.replace("'out'", "'in'");
    assert_eq!(
        told(&with_ends(&format!("{KAFKA}\n{loops}\n{DEAD_KAFKA}"))),
        [
            "9:56 `topic` in [[pipelines.fraud.sinks]] is one that this pipeline reads: each outcome would come back as an event"
        ]
    );
    let loops = DEAD_KAFKA.replace("'dead'", "'in'");
    assert_eq!(
        told(&with_ends(&format!("{KAFKA}\n{TO_KAFKA}\n{loops}"))),
        [
            "10:61 `topic` in [pipelines.fraud.dead_letter] is one that this pipeline reads: each dead letter would come back as an event"
        ]
    );
    let mixed = DEAD_KAFKA.replace("'dead'", "'out'");
    assert_eq!(
        told(&with_ends(&format!("{KAFKA}\n{TO_KAFKA}\n{mixed}"))),
        [
            "10:61 `topic` in [pipelines.fraud.dead_letter] is one that a sink of this pipeline writes: who reads the outcomes would be given dead letters"
        ]
    );
    let twice = "sinks = [{ kind = 'kafka', brokers = 'b:9092', topic = 'out' }, { kind = 'kafka', brokers = 'a:1,B:9092', topic = 'out' }]";
    assert!(
        only(&with_ends(&format!("{KAFKA}\n{twice}\n{DEAD_KAFKA}")))
            .ends_with("writes: each outcome would stand in it twice")
    );
    let another_cluster = TO_KAFKA
        .replace("'out'", "'in'")
        .replace("b:9092", "c:9092");
    let text = with_ends(&format!("{KAFKA}\n{another_cluster}\n{DEAD_KAFKA}"));
    assert!(parse(&text).is_ok());
}

#[test]
fn a_table_serves_one_purpose() {
    let sqlite = "sinks = [{ kind = 'sqlite', path = 'a.db', table = 'both' }]\ndead_letter = { kind = 'sqlite', path = './a.db', table = 'Both' }";
    assert_eq!(
        told(&with_ends(&format!("{KAFKA}\n{sqlite}"))),
        [
            "10:59 `table` in [pipelines.fraud.dead_letter] is that of [[pipelines.fraud.sinks]], which holds the outcomes; the dead letters need a table of their own"
        ]
    );
    let apart = sqlite.replace("./a.db", "b.db");
    assert!(parse(&with_ends(&format!("{KAFKA}\n{apart}"))).is_ok());

    let postgres = "sinks = [{ kind = 'postgres', url = 'postgresql://h/d', table = 'events' }]\ndead_letter = { kind = 'postgres', url = 'postgres://h/d', table = 'events' }";
    let told = messages(&with_ends(&format!("{OUTBOX}\n{postgres}")));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].ends_with("which holds the events; the outcomes need a table of their own"));

    // In another pipeline it is no more right, but one purpose may be shared.
    let first = with_ends(&format!(
        "{KAFKA}\n{STDOUT}\n{}",
        "dead_letter = { kind = 'sqlite', path = 'a.db', table = 'x' }"
    ));
    let http = "sources = [{ kind = 'http' }]";
    let clash = other(&format!(
        "{http}\nsinks = [{{ kind = 'sqlite', path = 'a.db', table = 'x' }}]"
    ));
    assert!(only(&format!("{first}{clash}")).contains("which holds the dead letters"));
    let share = other(&format!(
        "{FILE}\n{STDOUT}\ndead_letter = {{ kind = 'sqlite', path = 'a.db', table = 'x' }}"
    ));
    assert!(parse(&format!("{first}{share}")).is_ok());
}

#[test]
fn two_pipelines_do_not_split_a_stream_between_them() {
    let first = with_ends(&format!("{KAFKA}\n{STDOUT}\n{DEAD_FILE}"));
    let same = other(&format!("{KAFKA}\n{STDOUT}\n{DEAD_FILE}"));
    assert_eq!(
        told(&format!("{first}{same}")),
        [
            "14:72 `group` in [[pipelines.other.sources]] is that of [[pipelines.fraud.sources]], which reads the same topic: each event would go to one of them only; give this one a group of its own"
        ]
    );
    for (part, instead) in [("'g'", "'h'"), ("'in'", "'in2'"), ("b:9092", "c:9092")] {
        assert!(parse(&format!("{first}{}", same.replace(part, instead))).is_ok());
    }

    let first = with_ends(&format!("{OUTBOX}\n{STDOUT}\n{DEAD_FILE}"));
    let same = other(&format!("{OUTBOX}\n{STDOUT}\n{DEAD_FILE}"));
    assert!(only(&format!("{first}{same}")).ends_with("give this one an outbox of its own"));
    assert!(parse(&format!("{first}{}", same.replace("'events'", "'more'"))).is_ok());
}

#[test]
fn two_sources_of_a_pipeline_give_no_two_events_one_id() {
    let ends = |sources: &str| with_ends(&format!("sources = [{sources}]\n{STDOUT}\n{DEAD_FILE}"));
    let kafka = |brokers: &str, topic: &str| {
        format!("{{ kind = 'kafka', brokers = '{brokers}', topic = '{topic}', group = 'g' }}")
    };
    let text = ends(&format!("{}, {}", kafka("a:1", "t"), kafka("b:1", "t")));
    assert!(only(&text).starts_with(
        "`topic` in [[pipelines.fraud.sources]] is that of an earlier source of this pipeline: an event's id begins with the topic's name"
    ));
    assert!(
        parse(&ends(&format!(
            "{}, {}",
            kafka("a:1", "t"),
            kafka("a:1", "u")
        )))
        .is_ok()
    );

    let outbox = |url: &str| format!("{{ kind = 'postgres', url = 'postgres://{url}' }}");
    let text = ends(&format!("{}, {}", outbox("h/a"), outbox("h/b")));
    assert!(only(&text).contains("an event's id begins with the table's name"));
}

#[test]
fn a_file_serves_one_end() {
    let followed = with_ends(&format!("{FILE}\n{STDOUT}\n{DEAD_FILE}"));
    let again = other(&format!("{FILE}\n{STDOUT}\n{DEAD_FILE}"));
    assert_eq!(
        told(&format!("{followed}{again}")),
        [
            "14:36 `path` in [[pipelines.other.sources]] is the file of [[pipelines.fraud.sources]]: its place is kept by the file's name, so it can be followed once only"
        ]
    );
    let dead = DEAD_FILE.replace("'dead'", "'/etc/gw/./app.log'");
    assert_eq!(
        told(&with_ends(&format!("{FILE}\n{STDOUT}\n{dead}"))),
        [
            "10:39 `path` in [pipelines.fraud.dead_letter] is the file of [[pipelines.fraud.sources]]: what the gateway writes would come back as events"
        ]
    );
    let sink = "sinks = [{ kind = 'sqlite', path = 'app.log' }]";
    assert!(
        only(&with_ends(&format!("{FILE}\n{sink}\n{DEAD_FILE}")))
            .ends_with("would come back as events")
    );
    let sink = "sinks = [{ kind = 'sqlite', path = 'dead' }]";
    assert!(
        only(&with_ends(&format!("{FILE}\n{sink}\n{DEAD_FILE}")))
            .ends_with("a file of lines cannot be a database")
    );
    let elsewhere = again.replace("app.log", "web.log");
    assert!(parse(&format!("{followed}{elsewhere}")).is_ok());
}
