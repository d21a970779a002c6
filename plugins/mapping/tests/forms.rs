//! Events that are no JSON: records of CSV and lines of logs.

use mapping::Mapping;
use scoregate_sdk::{Adapter, Config, Event, batch};
use serde_json::{Value, json};

/// The only tensor of one event, or why it is rejected.
fn floats(config: &Value, event: &str) -> Result<Vec<f32>, String> {
    let text = config.to_string();
    let mapping = Mapping::configure(&Config::new(&text)).expect("the configuration is right");
    let events = [Event::new(event.as_bytes())];
    let prepared = batch::prepare(&mapping, &mapping.contract(), &events);
    let mut prepared = prepared.expect("an event never fails its batch");
    if let Some(rejected) = prepared.rejected.pop() {
        return Err(rejected.reason);
    }
    let (floats, _) = prepared.features[0].data.as_chunks::<4>();
    Ok(floats
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect())
}

#[test]
fn csv_is_read_column_by_column() {
    let config = json!({
        "format": "csv", "columns": ["id", "amount", "paid", "note"], "delimiter": ";", "missing_texts": ["", "NA"],
        "features": ["amount", { "name": "is_paid", "column": "paid", "type": "boolean" }], "score": "p",
    });
    assert_eq!(
        floats(&config, "7;\"1.5\";true;\"a;\"\"b\"\"\""),
        Ok(vec![1.5, 1.0])
    );
    assert_eq!(floats(&config, "7; 2 ;0;\r\n"), Ok(vec![2.0, 0.0]));
    assert!(floats(&config, "7;NA;1;x").unwrap()[0].is_nan());
    assert_eq!(
        floats(&config, "7;x;1;x"),
        Err("amount: must be a number, is \"x\"".to_owned())
    );
    assert_eq!(
        floats(&config, "7;1"),
        Err("payload: must be one record of 4 columns, has 2".to_owned())
    );
    assert_eq!(
        floats(&config, "7;1;1;1;1;1"),
        Err("payload: must be one record of 4 columns, has 5 or more".to_owned())
    );
    assert!(floats(&config, "7;1;1;x\n8;1;1;x").is_err());
    assert!(floats(&config, "").is_err());
}

#[test]
fn log_lines_are_read_by_their_groups() {
    let line = r#"2001:db8::7 - ada [14/Mar/2026:22:41:07 +0100] "GET /c/lamps?page=2 HTTP/2.0" 200 - "-" "Mozilla/5.0 (\"x\")""#;
    let config = json!({
        "format": "combined",
        "features": [
            "status", { "name": "bytes", "missing": -1 },
            { "name": "hour", "expression": "hour(time + 3600000)" },
            { "name": "is_get", "expression": "request.startsWith(\"GET \")" },
            { "name": "has_referer", "expression": "referer != null" },
            { "name": "agent_size", "expression": "size(agent)" },
        ],
        "fields": {
            "time": { "type": "timestamp" }, "request": { "type": "string" }, "referer": { "type": "string" }, "agent": { "type": "string" },
        },
        "score": "p",
    });
    assert_eq!(
        floats(&config, line),
        Ok(vec![200.0, -1.0, 22.0, 1.0, 0.0, 19.0])
    );
    assert!(
        floats(&config, "nonsense")
            .unwrap_err()
            .starts_with("payload: does not fit the pattern of the lines")
    );
    let own = json!({
        "format": "pattern", "pattern": r"^(?P<level>[A-Z]+) took (?P<ms>\d+(\.\d+)?) ms",
        "features": ["ms", { "name": "is_error", "group": "level", "labels": { "ERROR": 1 }, "other": 0 }], "score": "p",
    });
    assert_eq!(
        floats(&own, "ERROR took 12.5 ms for ünï"),
        Ok(vec![12.5, 1.0])
    );
    // Exponential where patterns are tried by going back; here it is not.
    let evil = json!({ "format": "pattern", "pattern": "^(?P<a>(a+)+)$", "features": ["a"], "score": "p" });
    assert!(floats(&evil, &format!("{}!", "a".repeat(50_000))).is_err());
}
