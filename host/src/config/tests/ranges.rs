use super::{parse, told, with};

/// A pipeline of its own with an outbox, at whose source the file ends.
const OUTBOX: &str = "[pipelines.outbox]
adapter = 'payments'
model = 'fraud'
sinks = [{ kind = 'stdout' }]
dead_letter = { kind = 'file', path = 'dead' }
[[pipelines.outbox.sources]]
kind = 'postgres'
url = 'postgres://h/d'";

/// Each number of the file: where it stands, its least, its most, and their unit.
const RANGES: &[(&str, &str, u64, u64, &str)] = &[
    ("[server]", "body_max_bytes", 1, 1 << 30, "bytes"),
    ("[store]", "compile_max_seconds", 1, 3_600, "seconds"),
    ("[store]", "compile_max_bytes", 64 << 20, 64 << 30, "bytes"),
    (
        "[plugins.more]\nfile = 'x'",
        "memory_max_bytes",
        65_536,
        4 << 30,
        "bytes",
    ),
    (
        "[plugins.more]\nfile = 'x'",
        "call_deadline_ms",
        1,
        10_000,
        "milliseconds",
    ),
    (
        "[plugins.more]\nfile = 'x'",
        "result_max_bytes",
        1,
        1 << 30,
        "bytes",
    ),
    (
        "queue_max_events = 1_000_000",
        "batch_max_events",
        1,
        16_384,
        "events",
    ),
    (
        "batch_max_events = 1",
        "queue_max_events",
        1,
        1_000_000,
        "events",
    ),
    ("", "workers", 1, 64, "threads"),
    ("", "breaker_max_faults", 1, 1_000_000, "faults in a row"),
    (
        "capture = 'sampled'",
        "capture_every_events",
        1,
        1_000_000_000,
        "events",
    ),
    (
        "capture = 'faults'",
        "capture_max_count",
        1,
        100_000,
        "capsules",
    ),
    (
        "capture = 'faults'",
        "capture_max_bytes",
        65_536,
        64 << 30,
        "bytes",
    ),
    (OUTBOX, "lease_ms", 1_000, 3_600_000, "milliseconds"),
    (OUTBOX, "poll_ms", 10, 3_600_000, "milliseconds"),
    (
        "[[pipelines.fraud.sinks]]\nkind = 'postgres'\nurl = 'postgres://h/d'",
        "connections_max",
        1,
        100,
        "connections",
    ),
];

#[test]
fn a_number_is_taken_at_both_ends_of_its_range() {
    for (head, key, min, max, _) in RANGES {
        for right in [min, max] {
            let text = with(&format!("{head}\n{key} = {right}"));
            assert!(parse(&text).is_ok(), "{text}\n{:?}", told(&text));
        }
    }
}

#[test]
fn a_number_beyond_its_range_is_told_with_both_ends_and_the_unit() {
    for (head, key, min, max, unit) in RANGES {
        let wrongs = [
            (min - 1).to_string(),
            (max + 1).to_string(),
            "-1".to_owned(),
            i64::MIN.to_string(),
            "9".repeat(60),
        ];
        for wrong in wrongs {
            let told = told(&with(&format!("{head}\n{key} = {wrong}")));
            assert_eq!(told.len(), 1, "{told:?}");
            let message = format!("is `{wrong}`; it must be {min} to {max} {unit}");
            assert!(told[0].contains(&format!("`{key}` in [")), "{told:?}");
            assert!(told[0].ends_with(&message), "{told:?}");
        }
    }
}

#[test]
fn a_number_may_be_written_in_any_way_that_toml_has() {
    for sixteen in ["16", "+16", "1_6", "0x10", "0o20", "0b10000"] {
        let config = parse(&with(&format!("workers = {sixteen}"))).unwrap();
        assert_eq!(config.pipelines[0].workers, 16, "{sixteen}");
    }
}
