//! A scored event as JSON : one line, the same for the HTTP reply, stdout and every sink that carries JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::value::RawValue;

use crate::event::Scored;

/// An output nested deeper than this is handed on as a string: most JSON readers refuse deeper values, and some crash on them.
pub const OUTPUT_DEPTH_MAX: usize = 128;

/// Appends `scored` as one JSON object on one line, without a newline.
///
/// `score` is null where there is none or it is not finite. The adapter's payload stands in `output`: as it is where it is one JSON value,
/// as a string where it is other text; bytes that are no text stand in `output_base64` instead. An empty payload is null.
pub fn write_json(out: &mut Vec<u8>, scored: &Scored) {
    let outcome = &scored.outcome;
    out.extend_from_slice(b"{\"event_id\":");
    text(out, &scored.event.id);
    out.extend_from_slice(b",\"score\":");
    json(out, &outcome.score);
    out.extend_from_slice(b",\"decision\":");
    json(out, &outcome.decision);
    output(out, &outcome.payload);
    out.extend_from_slice(b",\"release\":{\"adapter\":");
    text(out, scored.releases.adapter.as_str());
    out.extend_from_slice(b",\"model\":");
    text(out, scored.releases.model.as_str());
    out.extend_from_slice(b"}}");
}

fn json<T: serde::Serialize>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value)
        .expect("a vector takes every byte and these types every value");
}

fn text(out: &mut Vec<u8>, text: &str) {
    json(out, &text);
}

fn output(out: &mut Vec<u8>, payload: &[u8]) {
    let Ok(payload_text) = std::str::from_utf8(payload) else {
        out.extend_from_slice(b",\"output_base64\":\"");
        base64(out, payload);
        out.push(b'"');
        return;
    };
    out.extend_from_slice(b",\"output\":");
    if payload.is_empty() {
        out.extend_from_slice(b"null");
        return;
    }
    match serde_json::from_str::<&RawValue>(payload_text) {
        Ok(value) if !nested_too_deep(value.get().as_bytes()) => one_line(out, value.get()),
        _ => text(out, payload_text),
    }
}

fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD
        .encode_slice(bytes, &mut out[start..])
        .expect("four characters for three bytes");
    out.truncate(start + written);
}

/// Whether valid JSON nests deeper than [`OUTPUT_DEPTH_MAX`].
fn nested_too_deep(value: &[u8]) -> bool {
    let opens = |byte: &&u8| matches!(byte, b'[' | b'{');
    // Short values and values with few brackets, which is nearly all of them, need no walk.
    if value.len() <= 2 * OUTPUT_DEPTH_MAX || value.iter().filter(opens).count() <= OUTPUT_DEPTH_MAX
    {
        return false;
    }
    let mut depth = 0_usize;
    let mut strings = Strings::default();
    for &byte in value {
        if strings.inside(byte) {
            continue;
        }
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth > OUTPUT_DEPTH_MAX {
            return true;
        }
    }
    false
}

/// Valid JSON without its line breaks: only white space between tokens can hold one, so that space goes where a break is found.
fn one_line(out: &mut Vec<u8>, value: &str) {
    if !value.bytes().any(|byte| matches!(byte, b'\n' | b'\r')) {
        out.extend_from_slice(value.as_bytes());
        return;
    }
    let mut strings = Strings::default();
    for byte in value.bytes() {
        if strings.inside(byte) || !byte.is_ascii_whitespace() {
            out.push(byte);
        }
    }
}

/// Follows valid JSON byte by byte and knows which of it is text of a string.
#[derive(Default)]
struct Strings {
    open: bool,
    escaped: bool,
}

impl Strings {
    /// Whether `byte`, the next one, belongs to a string; its closing quote does, its opening quote does not.
    fn inside(&mut self, byte: u8) -> bool {
        if !self.open {
            self.open = byte == b'"';
            return false;
        }
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.open = false,
            _ => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        event::{Event, Outcome, Releases},
        release::{Digest, ReleaseName},
    };

    fn scored(outcome: Outcome) -> Scored {
        Scored {
            event: Event {
                id: "e-1".into(),
                key: None,
                payload: Bytes::new(),
                timestamp_ms: 1,
                headers: Vec::new(),
                origin: crate::event::Origin::Http,
            },
            outcome,
            releases: Arc::new(Releases {
                adapter: ReleaseName::new("payments", Digest::of(b"a")),
                model: ReleaseName::new("fraud", Digest::of(b"m")),
            }),
            scored_at_ms: 2,
        }
    }

    fn line(outcome: Outcome) -> String {
        let mut out = b"before ".to_vec();
        write_json(&mut out, &scored(outcome));
        let line = String::from_utf8(out).expect("JSON is UTF-8");
        assert!(!line.contains(['\n', '\r']), "one line: {line}");
        line.strip_prefix("before ")
            .expect("what was there stays")
            .to_owned()
    }

    fn output_of(payload: &[u8]) -> String {
        let line = line(Outcome {
            payload: payload.to_vec(),
            ..Outcome::default()
        });
        let start = line.find(",\"output").expect("an output");
        let end = line.rfind(",\"release\"").expect("a release");
        line[start + 1..end].to_owned()
    }

    #[test]
    fn a_scored_event_has_the_form_of_section_7() {
        let line = line(Outcome {
            score: Some(0.93),
            decision: Some("decline".into()),
            payload: br#"{"why":"amount"}"#.to_vec(),
            route: Some("hidden".into()),
        });
        let want = format!(
            r#"{{"event_id":"e-1","score":0.93,"decision":"decline","output":{{"why":"amount"}},"release":{{"adapter":"payments@{}","model":"fraud@{}"}}}}"#,
            Digest::of(b"a"),
            Digest::of(b"m")
        );
        assert_eq!(line, want);
    }

    #[test]
    fn what_is_missing_is_null() {
        let value: Value = serde_json::from_str(&line(Outcome::default())).unwrap();
        assert_eq!(
            (&value["score"], &value["decision"], &value["output"]),
            (&json!(null), &json!(null), &json!(null))
        );
        assert!(value.as_object().unwrap().contains_key("output"));
    }

    #[test]
    fn a_score_that_is_not_finite_is_null_and_any_other_is_exact() {
        let written = |score: f64| {
            let line = line(Outcome {
                score: Some(score),
                ..Outcome::default()
            });
            serde_json::from_str::<Value>(&line).unwrap()["score"].as_f64()
        };
        for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(written(score), None);
        }
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        let many = (0..10_000).map(|_| {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            f64::from_bits(bits)
        });
        let edges = [
            0.0,
            -0.0,
            0.1,
            f64::MIN_POSITIVE,
            f64::MAX,
            5e-324,
            f64::from(0.1_f32),
        ];
        for score in many.chain(edges).filter(|score| score.is_finite()) {
            assert_eq!(
                written(score).map(f64::to_bits),
                Some(score.to_bits()),
                "{score:e}"
            );
        }
    }

    #[test]
    fn texts_are_escaped() {
        let mut hostile = scored(Outcome {
            decision: Some("a\"\n\u{0}\u{2028}é".into()),
            ..Outcome::default()
        });
        hostile.event.id = "\\\"},\n".into();
        let mut out = Vec::new();
        write_json(&mut out, &hostile);
        assert!(!out.contains(&b'\n'));
        let value: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            (&value["event_id"], &value["decision"]),
            (&json!("\\\"},\n"), &json!("a\"\n\u{0}\u{2028}é"))
        );
    }

    #[test]
    fn a_payload_that_is_json_goes_through_as_it_is() {
        for payload in [
            "1",
            "-0.0e+7",
            "\"a\\u0000\"",
            "null",
            "[1, {\"a\":\t2}]",
            r#"{"a":1,"a":2}"#,
            "1e99999",
            r#""\ud800""#,
        ] {
            assert_eq!(
                output_of(payload.as_bytes()),
                format!("\"output\":{payload}")
            );
        }
        let long = format!("[{}]", vec!["9".repeat(400); 100].join(","));
        assert_eq!(output_of(long.as_bytes()), format!("\"output\":{long}"));
    }

    #[test]
    fn json_over_many_lines_becomes_one_line_with_its_strings_untouched() {
        let pretty = "\r\n{\n  \"a b\" : [ 1,\r\n 2 ],\n \"quote \\\" \\\\\" :\t\" x  y \"\n}\n";
        assert_eq!(
            output_of(pretty.as_bytes()),
            r#""output":{"a b":[1,2],"quote \" \\":" x  y "}"#
        );
    }

    #[test]
    fn a_payload_that_is_no_json_is_a_string() {
        for payload in [
            "approve",
            "{\"a\":",
            "1 2",
            "{} ]",
            "NaN",
            "01",
            "'a'",
            " ",
            "\u{feff}1",
            "\"a\nb\"",
            "\0",
        ] {
            let line = line(Outcome {
                payload: payload.into(),
                ..Outcome::default()
            });
            let value: Value = serde_json::from_str(&line).expect(&line);
            assert_eq!(value["output"], json!(payload));
        }
    }

    #[test]
    fn a_payload_that_is_no_text_is_base64() {
        assert_eq!(output_of(b"\xff\xfe{}"), "\"output_base64\":\"//57fQ==\"");
        assert_eq!(
            output_of(b"{\"a\":\"\xc3\"}"),
            "\"output_base64\":\"eyJhIjoiwyJ9\""
        );
    }

    #[test]
    fn a_payload_nested_too_deep_is_a_string_and_breaks_nothing() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let deepest = nested(OUTPUT_DEPTH_MAX);
        assert_eq!(
            output_of(deepest.as_bytes()),
            format!("\"output\":{deepest}")
        );
        for depth in [OUTPUT_DEPTH_MAX + 1, 100_000] {
            assert_eq!(
                output_of(nested(depth).as_bytes()),
                format!("\"output\":\"{}\"", nested(depth))
            );
            let objects = format!("{}1{}", "{\"[\":".repeat(depth), "}".repeat(depth));
            assert!(output_of(objects.as_bytes()).starts_with("\"output\":\"{"));
        }
        assert!(output_of("[".repeat(100_000).as_bytes()).starts_with("\"output\":\"["));
        let wide = format!("[{}\"[[[\"]", "[],\"{[\\\"[\",".repeat(1_000));
        assert_eq!(output_of(wide.as_bytes()), format!("\"output\":{wide}"));
    }
}
