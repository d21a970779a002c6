//! How values stand in the columns of any database.

use std::{borrow::Cow, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    dead_letter::DeadLetter,
    event::{Event, Header, Origin, Scored},
    lane::{self, Lane},
};

/// The bytes as text where a database can hold them as text: PostgreSQL's has no NUL, and SQLite's functions end at one.
pub fn text(bytes: &[u8]) -> Option<&str> {
    if bytes.contains(&0) {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

/// A plugin's or a server's words as any database holds them: a NUL in them must not cost the row.
pub fn sentence(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        return text.replace('\0', "\u{fffd}").into();
    }
    text.into()
}

/// Milliseconds as a signed number.
pub fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

/// The payload; none where the record had none, which is not the same as an empty one.
pub fn payload(event: &Event) -> Option<&[u8]> {
    match event.origin {
        Origin::Stream {
            null_payload: true, ..
        } => None,
        _ => Some(&event.payload),
    }
}

/// Each lane of these events, and where it is read on once they are written.
pub fn lanes<'e>(scored: &'e [Scored], dead: &'e [DeadLetter]) -> Vec<(&'e Arc<Lane>, i64)> {
    let events = scored.iter().map(|scored| &scored.event);
    let events = events.chain(dead.iter().map(|dead| &dead.event));
    lane::advances(events.filter_map(Event::position))
}

/// Headers as a JSON array of `[name, value]`: the value is a string, null where there is none, and `{"base64": "…"}` where it is no text.
pub fn headers(headers: &[Header]) -> String {
    let value = |value: &Bytes| match text(value) {
        Some(text) => json!(text),
        None => json!({ "base64": STANDARD.encode(value) }),
    };
    let pairs = headers
        .iter()
        .map(|header| json!([header.name, header.value.as_ref().map(value)]));
    Value::Array(pairs.collect()).to_string()
}

/// Reads what [`headers`] wrote, and an object of names and values, which is easier to write by hand. None where it is neither.
pub fn read_headers(text: &str) -> Option<Vec<Header>> {
    let header = |name: &Value, value: &Value| {
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(Bytes::from(text.clone())),
            Value::Object(object) => {
                let base64 = object.get("base64")?.as_str()?;
                Some(STANDARD.decode(base64).ok()?.into())
            }
            other => Some(Bytes::from(other.to_string())),
        };
        let name = name.as_str()?.to_owned();
        Some(Header { name, value })
    };
    match serde_json::from_str(text).ok()? {
        Value::Array(pairs) => pairs
            .iter()
            .map(|pair| match pair.as_array()?.as_slice() {
                [name, value] => header(name, value),
                _ => None,
            })
            .collect(),
        Value::Object(object) => object
            .into_iter()
            .map(|(name, value)| header(&Value::String(name), &value))
            .collect(),
        Value::Null => Some(Vec::new()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_as_they_were() {
        let header = |name: &str, value: Option<&'static [u8]>| Header {
            name: name.into(),
            value: value.map(Bytes::from_static),
        };
        let written = [
            header("trace", Some(b"a \"quoted\" one")),
            header("trace", Some(b"again")),
            header("none", None),
            header("empty", Some(b"")),
            header("nul", Some(b"a\0b")),
            header("bytes", Some(b"\xff\xfe")),
        ];
        let text = headers(&written);
        assert!(!text.contains("u0000"), "jsonb refuses it: {text}");
        assert_eq!(read_headers(&text).unwrap(), written);
        assert_eq!(headers(&[]), "[]");
    }

    #[test]
    fn headers_may_be_an_object_and_nothing_else() {
        let read = read_headers(r#"{"a":"x","b":null,"c":7}"#).unwrap();
        let value = |name: &str| {
            let header = read.iter().find(|header| header.name == name);
            header.unwrap().value.as_deref()
        };
        assert_eq!(value("a"), Some(&b"x"[..]));
        assert_eq!((value("b"), value("c")), (None, Some(&b"7"[..])));
        assert_eq!(read_headers("null"), Some(Vec::new()));
        for wrong in ["7", "[1]", r#"[["a"]]"#, r#"{"a":{}}"#, "{"] {
            assert_eq!(read_headers(wrong), None, "{wrong}");
        }
    }
}
