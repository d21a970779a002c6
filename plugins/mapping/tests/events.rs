//! What events become, form by form and rule by rule.

use mapping::Mapping;
use scoregate_sdk::{Adapter, Config, Datatype, Event, Tensor, TensorView, batch};
use serde_json::{Value, json};

fn configured(config: &Value) -> Mapping {
    let text = config.to_string();
    Mapping::configure(&Config::new(&text)).unwrap_or_else(|error| panic!("{config}: {error}"))
}

/// The tensors of one event, or why it is rejected.
fn tensors(config: &Value, event: &str) -> Result<Vec<Tensor>, String> {
    let mapping = configured(config);
    let prepared = batch::prepare(
        &mapping,
        &mapping.contract(),
        &[Event::new(event.as_bytes())],
    );
    let mut prepared = prepared.expect("an event never fails its batch");
    match prepared.rejected.pop() {
        Some(rejected) => Err(rejected.reason),
        None => Ok(prepared.features),
    }
}

fn floats(config: &Value, event: &str) -> Result<Vec<f32>, String> {
    let tensors = tensors(config, event)?;
    let (floats, _) = tensors[0].data.as_chunks::<4>();
    Ok(floats
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect())
}

/// One expression's value; NaN is missing.
fn value(source: &str, event: &str) -> Result<f32, String> {
    let config = json!({
        "features": [{ "name": "x", "expression": source }],
        "fields": {
            "a": {}, "b": {}, "flag": { "type": "boolean" }, "word": { "type": "string" },
            "other": { "type": "string" }, "time": { "type": "timestamp" },
        },
        "score": "p",
    });
    floats(&config, event).map(|floats| floats[0])
}

#[test]
fn fields_that_have_the_features_names_need_nothing_else() {
    let config = json!({ "features": ["a", "b c", "d"], "score": "p" });
    let made = floats(
        &config,
        r#"{"d": null, "b c": 2.5, "e": {"f": [1]}, "a": 1}"#,
    )
    .unwrap();
    assert_eq!(made[..2], [1.0, 2.5]);
    assert!(made[2].is_nan());
}

#[test]
fn expressions_compute() {
    let event = r#"{"a": 7, "b": 2, "flag": true, "word": "chip", "other": "chip", "time": "2026-03-14T22:41:07Z"}"#;
    let cases = [
        ("a + b * 2 - 1", 10.0),
        ("(a + b) % 4 / 2", 0.5),
        ("-a", -7.0),
        ("a > b && !(a == 8) ? 1 : 0", 1.0),
        ("word == other", 1.0),
        ("word != \"chip\" || word.startsWith(\"ch\")", 1.0),
        ("word in [\"chip\", \"pin\"] ? 10 : 20", 10.0),
        ("a in [1, 2, 3]", 0.0),
        ("size(word) + size(\"é\")", 5.0),
        ("log(exp(a))", 7.0),
        ("log1p(0) + log2(8) + log10(100)", 5.0),
        ("sqrt(a + b) + pow(b, 3) + abs(-1)", 12.0),
        ("min(a, b) + max(a, b) + floor(2.9) + round(2.5)", 14.0),
        ("double(flag) + double(2)", 3.0),
        ("hour(time) * 100 + minute(time)", 2241.0),
        (
            "weekday(time) + time.day() + month(time) + year(time)",
            2048.0,
        ),
        ("hour(time + 2 * 3600000)", 0.0),
        ("is_missing(a) || a == null", 0.0),
        ("coalesce(a, 1)", 7.0),
        ("round(distance_km(52.52, 13.405, 48.857, 2.352))", 877.0),
        ("flag", 1.0),
    ];
    for (source, expected) in cases {
        assert_eq!(value(source, event), Ok(expected), "{source}");
    }
}

#[test]
fn what_is_missing_makes_missing_what_is_computed_from_it() {
    let event = r#"{"b": 2, "other": "x"}"#;
    for source in [
        "a + b",
        "a > b",
        "word == other",
        "a > 1 ? 1 : 0",
        "log(a)",
        "min(a, b)",
        "a > 1 && b == 2",
        "!(a > 1)",
        "flag",
        "size(word)",
    ] {
        assert!(value(source, event).unwrap().is_nan(), "{source}");
    }
    let cases = [
        ("a > 1 && b == 3", 0.0),
        ("b == 2 || a > 1", 1.0),
        ("is_missing(a)", 1.0),
        ("word == null", 1.0),
        ("a != null", 0.0),
        ("coalesce(a, b)", 2.0),
        ("a == null ? -1 : a", -1.0),
    ];
    for (source, expected) in cases {
        assert_eq!(value(source, event), Ok(expected), "{source}");
    }
}

#[test]
fn a_result_that_is_no_number_rejects_the_event_unless_told_otherwise() {
    let event = r#"{"a": 7, "b": 0}"#;
    assert_eq!(
        value("a / b", event),
        Err("x: cannot be computed: it divides by zero".to_owned())
    );
    assert_eq!(
        value("log(b)", event),
        Err("x: cannot be computed: it takes a logarithm of what is not greater than 0".to_owned())
    );
    assert_eq!(
        value("exp(a * 1000)", event),
        Err("x: cannot be computed: it is too large for a number".to_owned())
    );
    assert_eq!(
        value("a * 1e40", event),
        Err(
            "x: must be a number that FP32 can hold, is 70000000000000000000000000000000000000000"
                .to_owned()
        )
    );
    let with = |invalid: Value| {
        let feature = json!({ "name": "x", "expression": "a / b", "invalid": invalid });
        floats(
            &json!({ "features": [feature], "fields": { "a": {}, "b": {} }, "score": "p" }),
            event,
        )
        .unwrap()[0]
    };
    assert!(with("nan".into()).is_nan());
    assert_eq!(with((-1).into()), -1.0);
}

/// One feature `x` of that definition.
fn field(definition: &Value, event: &str) -> Result<f32, String> {
    let mut feature = definition.clone();
    feature["name"] = "x".into();
    floats(&json!({ "features": [feature], "score": "p" }), event).map(|floats| floats[0])
}

fn assert_rejected<const N: usize>(cases: [(Value, &str, &str); N]) {
    for (definition, event, reason) in cases {
        let rejected = field(&definition, event).err();
        assert_eq!(rejected.as_deref(), Some(reason), "{definition} {event}");
    }
}

#[test]
fn a_field_is_held_to_its_type() {
    assert_rejected([
        (json!({}), r#"{"x":"1"}"#, "x: must be a number, is \"1\""),
        (json!({}), r#"{"x":[1]}"#, "x: must be a number, is a list"),
        (
            json!({ "path": "/y/0/z" }),
            r#"{"y":[{"z":{}}]}"#,
            "y.0.z: must be a number, is an object",
        ),
        (
            json!({ "type": "integer" }),
            r#"{"x":1.5}"#,
            "x: must be a whole number of less than 2^53, is 1.5",
        ),
        (
            json!({ "type": "boolean" }),
            r#"{"x":1}"#,
            "x: must be true or false, is 1",
        ),
        (
            json!({ "type": "timestamp" }),
            r#"{"x":"yesterday"}"#,
            "x: must be a time like 2026-03-14T22:41:07Z, is \"yesterday\"",
        ),
        (
            json!({ "type": "timestamp" }),
            r#"{"x":1773528067}"#,
            "x: must be a time like 2026-03-14T22:41:07Z, is 1773528067",
        ),
        (
            json!({ "type": "timestamp", "unit": "s" }),
            r#"{"x":1e12}"#,
            "x: must be a time in the years 0 to 9999, is 1000000000000",
        ),
    ]);
}

#[test]
fn a_field_is_held_to_its_bounds_and_an_event_to_its_form() {
    assert_rejected([
        (
            json!({ "min": 0, "max": 5 }),
            r#"{"x":6}"#,
            "x: must lie between 0 and 5, was 6",
        ),
        (
            json!({ "min": 0 }),
            r#"{"x":-1}"#,
            "x: must be at least 0, was -1",
        ),
        (json!({ "missing": "reject" }), "{}", "x: is missing"),
        (
            json!({ "labels": ["a"] }),
            r#"{"x":"b"}"#,
            "x: must be one of the known labels, is \"b\"",
        ),
        (
            json!({}),
            r#"{"x":1,"x":2}"#,
            "payload: a field is there twice at line 1 column 12",
        ),
        (
            json!({}),
            "7",
            "payload: invalid type: integer `7`, expected an object or a list at line 1 column 1",
        ),
        (
            json!({}),
            "{} {}",
            "payload: trailing characters at line 1 column 4",
        ),
    ]);
}

#[test]
fn a_field_has_its_defaults() {
    assert_eq!(field(&json!({ "missing": 3 }), r#"{"x":null}"#), Ok(3.0));
    assert_eq!(
        field(
            &json!({ "labels": { "a": 2.5 }, "other": -1 }),
            r#"{"x":"z"}"#
        ),
        Ok(-1.0)
    );
    assert_eq!(
        field(&json!({ "type": "timestamp", "unit": "s" }), r#"{"x":2}"#),
        Ok(2000.0)
    );
    assert_eq!(
        field(&json!({ "path": "/y/1" }), r#"{"y":[1,2,3]}"#),
        Ok(2.0)
    );
}

#[test]
fn a_text_becomes_one_number_for_each_of_a_list() {
    let config = json!({
        "features": ["a", { "name": "city", "one_hot": ["Rome", "Oslo"] }, { "name": "kind", "path": "/k", "one_hot": ["x"], "unknown": "reject" }],
        "score": "p",
    });
    assert_eq!(
        floats(&config, r#"{"a":1,"city":"Oslo","k":"x"}"#),
        Ok(vec![1.0, 0.0, 1.0, 1.0])
    );
    assert_eq!(
        floats(&config, r#"{"a":1,"city":"Bern"}"#),
        Ok(vec![1.0, 0.0, 0.0, 0.0])
    );
    assert_eq!(
        floats(&config, r#"{"a":1,"k":"y"}"#),
        Err("kind: must be one of the known texts, is \"y\"".to_owned())
    );
}

#[test]
fn a_model_of_several_inputs_gets_each_in_its_datatype() {
    let config = json!({
        "inputs": [
            { "name": "age", "datatype": "INT64" },
            { "name": "city", "datatype": "BYTES" },
            { "name": "rest", "datatype": "FP64", "features": ["x", { "name": "y", "expression": "x * age" }] },
        ],
        "fields": { "city": { "type": "string", "missing": "?" } },
        "score": "p",
    });
    let made = tensors(&config, r#"{"age": 41, "x": 0.5}"#).unwrap();
    assert_eq!(made[0].data, 41_i64.to_le_bytes());
    assert_eq!(made[1].data, [1, 0, 0, 0, b'?']);
    assert_eq!(
        made[2].data,
        [0.5_f64.to_le_bytes(), 20.5_f64.to_le_bytes()].concat()
    );
    let shapes: Vec<_> = made.iter().map(|tensor| tensor.shape.clone()).collect();
    assert_eq!(shapes, [[1, 1], [1, 1], [1, 2]]);
    assert_eq!(
        tensors(&config, r#"{"x": 0.5}"#),
        Err("age: must be a whole number that INT64 can hold, is missing".to_owned())
    );
}

#[test]
fn conditions_reject_with_their_reason() {
    let config = json!({
        "features": ["a", "b"],
        "reject": [{ "when": "a > 100 || b < 0", "reason": "a: must be at most 100, and b no less than 0" }, { "when": "a / b > 5", "reason": "ratio" }],
        "score": "p",
    });
    let reason = |event| floats(&config, event).err();
    assert_eq!(
        reason(r#"{"a":101,"b":50}"#).as_deref(),
        Some("a: must be at most 100, and b no less than 0")
    );
    assert_eq!(reason(r#"{"a":10,"b":1}"#).as_deref(), Some("ratio"));
    assert_eq!(
        reason(r#"{"a":10,"b":0}"#).as_deref(),
        Some("the condition for \"ratio\" cannot be told: it divides by zero")
    );
    assert_eq!(reason(r#"{"a":10}"#), None, "what is missing is no reason");
}

#[test]
fn the_score_is_decided_by_bands_and_fields_are_handed_on() {
    let config = json!({
        "features": ["a"],
        "fields": { "id": { "type": "string" }, "ok": { "type": "boolean" }, "gone": {} },
        "score": { "name": "probabilities", "datatype": "FP64", "shape": [-1, 2], "column": 1 },
        "decisions": [{ "above": 0.8, "decision": "decline", "route": "fraud" }, { "above": 0.3, "decision": "review" }],
        "otherwise": "approve",
        "output": { "fields": ["id", "a", "ok", "gone"], "scores": [{ "name": "label", "datatype": "BYTES", "shape": [-1] }, "margin"] },
    });
    let mapping = configured(&config);
    let decided = |probability: f64| {
        let event = Event::new(br#"{"id":"x\"y","a":2,"ok":true}"#);
        let prepared = batch::prepare(&mapping, &mapping.contract(), &[event]).unwrap();
        let probabilities = [(1.0 - probability).to_le_bytes(), probability.to_le_bytes()].concat();
        let margin = 0.1_f32.to_le_bytes();
        let scores = [
            TensorView::new(Datatype::Fp64, &[1, 2], &probabilities).unwrap(),
            TensorView::new(Datatype::Bytes, &[1], b"\x03\0\0\0bad").unwrap(),
            TensorView::new(Datatype::Fp32, &[1, 1], &margin).unwrap(),
        ];
        batch::finish(&mapping, prepared.rows, &scores)
            .unwrap()
            .remove(0)
    };
    let outcome = decided(0.9).unwrap();
    assert_eq!(
        (
            outcome.score,
            outcome.decision.as_deref(),
            outcome.route.as_deref()
        ),
        (Some(0.9), Some("decline"), Some("fraud"))
    );
    assert_eq!(
        String::from_utf8_lossy(&outcome.payload),
        r#"{"id":"x\"y","a":2,"ok":true,"gone":null,"label":"bad","margin":0.1}"#
    );
    assert_eq!(decided(0.8).unwrap().decision.as_deref(), Some("review"));
    assert_eq!(decided(0.3).unwrap().decision.as_deref(), Some("approve"));
    assert_eq!(
        decided(f64::NAN),
        Err("probabilities: must be a number to decide by, was NaN".to_owned())
    );
}
