//! What is wrong with a configuration is said in one sentence that names the place and what would be right, and nothing panics.

use mapping::Mapping;
use scoregate_sdk::{Adapter, Config};
use serde_json::{Value, json};

fn error(config: &Value) -> String {
    let text = config.to_string();
    let configured = Mapping::configure(&Config::new(&text));
    configured
        .err()
        .unwrap_or_else(|| panic!("{config} should be refused"))
}

/// A configuration whose only feature is this expression over `a` and `b`, numbers, `flag` and the text `word`.
fn expression(source: &str) -> Value {
    json!({
        "features": [{ "name": "x", "expression": source }],
        "fields": { "a": {}, "b": {}, "flag": { "type": "boolean" }, "word": { "type": "string" } },
        "score": "p",
    })
}

/// Each configuration with what must be said of it.
fn assert_told<const N: usize>(cases: [(Value, &str); N]) {
    for (config, expected) in cases {
        let error = error(&config);
        assert!(error.contains(expected), "{error}\nshould say\n{expected}");
    }
}

#[test]
fn what_is_wrong_with_features_is_told_with_its_place() {
    assert_told([
        (json!([]), "the configuration: must be a table, is a list"),
        (json!({}), "the configuration: has no `features`"),
        (
            json!({ "features": ["a"] }),
            "the configuration: has no `score`",
        ),
        (
            json!({ "features": [], "score": "p" }),
            "/features: must have 1 to 4096 items, has 0",
        ),
        (
            json!({ "features": ["a", 7], "score": "p" }),
            "/features/1: must be a feature's name, or a table with its `name`, is 7",
        ),
        (
            json!({ "features": ["a", "a"], "inputs": [], "score": "p" }),
            "/inputs: stands beside `features`",
        ),
        (
            json!({ "featuers": ["a"], "features": ["a"], "score": "p" }),
            "the configuration: has an unknown key \"featuers\"; did you mean `features`?",
        ),
        (
            json!({ "features": [{ "name": "a", "pth": "/x" }], "score": "p" }),
            "/features/0: has an unknown key \"pth\"; did you mean `path`?",
        ),
        (
            json!({ "features": [{ "name": "a", "path": "x" }], "score": "p" }),
            "/features/0/path: must be a JSON Pointer like `/merchant/country`, is \"x\"",
        ),
        (
            json!({ "features": [{ "name": "a", "type": "float" }], "score": "p" }),
            "/features/0/type: must be `number`, `integer`, `boolean`, `string` or `timestamp`, is \"float\"",
        ),
    ]);
}

#[test]
fn what_is_wrong_with_fields_and_formats_is_told_with_its_place() {
    assert_told([
        (
            json!({ "features": [{ "name": "a", "type": "string" }], "score": "p" }),
            "/features/0: is a text, but its input is FP32",
        ),
        (
            json!({ "features": [{ "name": "a", "missing": "drop" }], "score": "p" }),
            "/features/0/missing: must be `nan`, `reject` or a number, is \"drop\"",
        ),
        (
            json!({ "features": [{ "name": "a", "min": 2, "max": 1 }], "score": "p" }),
            "/features/0: has a `min` of 2 above its `max` of 1",
        ),
        (
            json!({ "features": [{ "name": "a", "labels": ["x", "x"] }], "score": "p" }),
            "/features/0/labels: \"x\" is there twice",
        ),
        (
            json!({ "features": [{ "name": "a", "labels": { "x": "1" } }], "score": "p" }),
            "/features/0/labels/x: must be a number, is \"1\"",
        ),
        (
            json!({ "features": ["a", { "name": "b", "path": "/a/c" }], "score": "p" }),
            "/features/1/path: is within a value that is read as a whole",
        ),
        (
            json!({ "features": [{ "name": "a", "column": "x" }], "score": "p" }),
            "/features/0: has a `column`, but a field of this format has its place in `path`",
        ),
        (
            json!({ "format": "xml", "features": ["a"], "score": "p" }),
            "/format: must be `json`, `csv`, `common`, `combined` or `pattern`, is \"xml\"",
        ),
        (
            json!({ "format": "csv", "features": ["a"], "score": "p" }),
            "the configuration: has no `columns`",
        ),
        (
            json!({ "format": "csv", "columns": ["amount"], "features": ["amuont"], "score": "p" }),
            "did you mean `amount`?",
        ),
    ]);
}

#[test]
fn what_is_wrong_with_patterns_and_answers_is_told_with_its_place() {
    assert_told([
        (
            json!({ "format": "pattern", "pattern": "(?P<a>[0-9]+", "features": ["a"], "score": "p" }),
            "/pattern: is no regular expression: unclosed group",
        ),
        (
            json!({ "format": "pattern", "pattern": "(?P<a>(x{1000}){1000})", "features": ["a"], "score": "p" }),
            "/pattern: becomes larger than",
        ),
        (
            json!({ "format": "pattern", "pattern": "[0-9]+", "features": ["a"], "score": "p" }),
            "/pattern: has no named group",
        ),
        (
            json!({ "features": ["a"], "score": "p", "decisions": [{ "above": 0.2, "decision": "x" }, { "above": 0.8, "decision": "y" }] }),
            "/decisions/1/above: must be less than the 0.2 before it, is 0.8: the highest stands first",
        ),
        (
            json!({ "features": ["a"], "score": { "name": "p", "datatype": "FP31" } }),
            "/score/datatype: must be one of `FP32`",
        ),
        (
            json!({ "features": ["a"], "score": "p", "output": { "fields": ["b"] } }),
            "/output/fields/0: names \"b\", which is no field",
        ),
        (
            json!({ "features": ["a"], "score": "p", "reject": [{ "when": "a", "reason": "r" }] }),
            "/reject/0/when: `when` takes true or false, but is given a number",
        ),
        (
            json!({ "inputs": [{ "name": "i", "datatype": "BYTES", "features": ["a"] }], "score": "p" }),
            "/inputs/0/features/0: is a number, but its input is BYTES",
        ),
        (
            json!({ "features": ["a"], "fields": { "b": { "expression": "c" }, "c": { "expression": "b" } }, "score": "p" }),
            "is computed from itself: `b` from `c` from `b`",
        ),
    ]);
}

#[test]
fn every_mistake_of_an_expression_is_told() {
    let cases = [
        ("a +", "cannot be read at character"),
        ("a $ b", "cannot be read at character 3"),
        ("\"x", "unterminated string"),
        ("c * 2", "names \"c\", which is no field; define it in"),
        (
            "amount * 2",
            "names \"amount\", which is no field; define it in `fields`, as in `amount = { path = … }`",
        ),
        ("a + word", "`+` takes a number, but is given a text"),
        (
            "a && flag",
            "`&&` takes true or false, but is given a number",
        ),
        (
            "a == word",
            "`==` compares a number with a text, which are never the same",
        ),
        ("flag ? 1 : word", "`? :` gives a number or a text"),
        ("a / 0", "divides by zero"),
        ("a / (1 - 1)", "divides by zero"),
        (
            "a + log(0)",
            "it takes a logarithm of what is not greater than 0",
        ),
        ("1e300 * 1e300", "too large for a number"),
        (
            "lgo(a)",
            "calls \"lgo\", which is no function; did you mean `log`?",
        ),
        ("log(a, b)", "`log` takes one value, is given 2"),
        (
            "word",
            "must give a number, true or false, but gives a text",
        ),
        ("a.b", "`.b` reaches into a field"),
        ("[1, 2]", "a list stands only after `in`"),
        ("a in b", "`in` takes a list of constants"),
        ("a in [b]", "`in` takes a list of constants"),
        ("null", "must give a number, true or false, but gives null"),
        ("99999999999999999999", "invalid int literal"),
    ];
    for (source, expected) in cases {
        let error = error(&expression(source));
        assert!(error.starts_with("/features/0/expression: "), "{error}");
        assert!(
            error.contains(expected),
            "`{source}`: {error}\nshould say\n{expected}"
        );
    }
}

#[test]
fn what_is_huge_is_refused() {
    let deep = format!("{}a{}", "abs(".repeat(900), ")".repeat(900));
    let long = format!("a{}", " + a".repeat(900));
    for source in [&deep, &long, &"!".repeat(4000), &"a + ".repeat(5000)] {
        let error = error(&expression(source));
        assert!(
            error.starts_with("/features/0/expression: ") && error.len() < 500,
            "{error}"
        );
    }
    let labels: Vec<String> = (0..1_000_000).map(|label| label.to_string()).collect();
    let many = error(&json!({ "features": [{ "name": "a", "labels": labels }], "score": "p" }));
    assert_eq!(
        many,
        "/features/0/labels: must have 1 to 50000 items, has 1000000"
    );
    let features: Vec<String> = (0..5000).map(|feature| format!("f{feature}")).collect();
    assert!(
        error(&json!({ "features": features, "score": "p" }))
            .starts_with("/features: must have 1 to 4096 items")
    );
    let chain = (0..200).map(|nth| {
        (
            format!("c{nth}"),
            json!({ "expression": format!("c{} + 1", nth + 1) }),
        )
    });
    let mut fields: serde_json::Map<String, Value> = chain.collect();
    fields.insert("c200".to_owned(), json!({}));
    let chain = error(&json!({ "features": ["c0"], "fields": fields, "score": "p" }));
    assert!(
        chain.contains("by way of more than 64 other fields"),
        "{chain}"
    );
}

#[test]
fn a_damaged_configuration_never_panics() {
    let good = include_str!("payments.json");
    let mut random = checks::testing::random();
    let pieces = [
        "\"", "{", "}", "[]", "null", "-1", "1e999", "(", "a", "==", " && ", "\\u0000", "é",
    ];
    for _ in 0..2000 {
        let mut text = good.to_owned();
        for _ in 0..=random(2) {
            let from = text.floor_char_boundary(random(text.len()));
            let to = text.ceil_char_boundary((from + random(12)).min(text.len()));
            text.replace_range(from..to, pieces[random(pieces.len())]);
        }
        if let Err(error) = Mapping::configure(&Config::new(&text)) {
            assert!(error.len() < 2000, "{error}");
        }
    }
}
