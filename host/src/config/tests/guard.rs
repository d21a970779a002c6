use super::{PLAIN, parse, told};

#[test]
fn a_bound_of_a_guard_is_a_number_within_its_range() {
    for (key, right, wrong, expected) in [
        (
            "faults_max_percent",
            "0.0",
            "100.5",
            "is `100.5`; it must be a number: 0 to 100 percent",
        ),
        (
            "latency_p99_max_ratio",
            "1",
            "0.9",
            "is `0.9`; it must be a number: 1 to 1000 times",
        ),
        (
            "score_drift_max",
            "1.0",
            "nan",
            "is `nan`; it must be a number: 0 to 1 of all scores",
        ),
        (
            "score_drift_max",
            "1e-3",
            "'low'",
            "is `'low'`, a string; it must be a number: 0 to 1 of all scores",
        ),
    ] {
        let text = |value| format!("{PLAIN}[plugins.fraud.guard]\n{key} = {value}\n");
        assert!(
            parse(&text(right)).is_ok(),
            "{key} {:?}",
            told(&text(right))
        );
        let told = told(&text(wrong));
        assert_eq!(told.len(), 1, "{told:?}");
        let message = format!("`{key}` in [plugins.fraud.guard] {expected}");
        assert!(told[0].ends_with(&message), "{told:?}");
    }
}

#[test]
fn a_slot_is_watched_or_not() {
    let text = PLAIN.replace("fraud.wasm\"", "fraud.wasm\"\nwatch = 'yes'");
    let told = told(&text);
    assert!(
        told[0].contains("`watch` in [plugins.fraud] is") && told[0].ends_with("true or false"),
        "{told:?}"
    );
}
