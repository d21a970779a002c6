use std::fmt::Write as _;

/// How much of a message is kept.
const MESSAGE_MAX_BYTES: usize = 500;

/// One level of the JSON around a place.
enum Level {
    /// In an object: the key whose value follows, and whether the next string is a key.
    Object { key: String, key_next: bool },
    /// In an array: how many elements came before.
    Array { index: usize },
}

/// serde_json's message with the JSON Pointer (RFC 6901) of where it stopped, for whoever wrote the JSON by way of
/// another notation never sees its columns.
pub(crate) fn describe(json: &[u8], error: &serde_json::Error) -> String {
    let pointer = pointer(json, error.line(), error.column());
    let mut message = error.to_string();
    if !pointer.is_empty() {
        message = format!("{message}, in `{pointer}`");
    }
    // Both may quote the sender, at any length.
    if message.len() > MESSAGE_MAX_BYTES {
        message.truncate(message.floor_char_boundary(MESSAGE_MAX_BYTES));
        message.push_str(" ...");
    }
    message
}

fn pointer(json: &[u8], line: usize, column: usize) -> String {
    let line_start: usize = json
        .split_inclusive(|&byte| byte == b'\n')
        .take(line.saturating_sub(1))
        .map(<[u8]>::len)
        .sum();
    let end = line_start.saturating_add(column).min(json.len());
    let mut levels = Vec::new();
    let mut rest = &json[..end];
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'{' => levels.push(Level::Object {
                key: String::new(),
                key_next: true,
            }),
            b'[' => levels.push(Level::Array { index: 0 }),
            b'}' | b']' => drop(levels.pop()),
            b',' => match levels.last_mut() {
                Some(Level::Object { key, key_next }) => {
                    key.clear();
                    *key_next = true;
                }
                Some(Level::Array { index }) => *index += 1,
                None => {}
            },
            b'"' => {
                let length = string_length(rest);
                if let Some(Level::Object {
                    key,
                    key_next: key_next @ true,
                }) = levels.last_mut()
                {
                    *key = String::from_utf8_lossy(&rest[..length])
                        .replace('~', "~0")
                        .replace('/', "~1");
                    *key_next = false;
                }
                rest = rest.get(length + 1..).unwrap_or_default();
            }
            _ => {}
        }
    }
    levels.iter().fold(String::new(), |mut pointer, level| {
        match level {
            Level::Object { key, .. } if key.is_empty() => {}
            Level::Object { key, .. } => pointer.extend(["/", key]),
            Level::Array { index } => write!(pointer, "/{index}").unwrap_or_default(),
        }
        pointer
    })
}

/// Bytes up to the closing quote, or all where there is none.
fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    let closing = text.iter().position(|&byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    closing.unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::describe;
    use serde::de::DeserializeOwned;
    use std::collections::BTreeMap;

    fn error_of<T: DeserializeOwned>(json: &str) -> String {
        match serde_json::from_str::<T>(json) {
            Ok(_) => panic!("{json} must not fit"),
            Err(error) => describe(json.as_bytes(), &error),
        }
    }

    #[test]
    fn a_value_that_does_not_fit_is_named_by_its_pointer() {
        type Limits = BTreeMap<String, Vec<f64>>;
        assert!(
            error_of::<Limits>(r#"{"a": [1], "b/\"c": [1, 2, "x"], "d": []}"#)
                .ends_with(r#"in `/b~1\"c/2`"#)
        );
        assert!(error_of::<Limits>("{\"a\": [],\n \"b\": 5}").ends_with("in `/b`"));
        assert!(
            error_of::<BTreeMap<String, f64>>(r#"{"a": 1, "b": null, "c": 2}"#)
                .ends_with("in `/b`")
        );
    }

    #[test]
    fn what_is_wrong_as_a_whole_has_no_pointer() {
        for json in ["", "5", "nonsense", "{"] {
            assert!(
                !error_of::<BTreeMap<String, f64>>(json).contains(", in `"),
                "{json}"
            );
        }
    }

    #[test]
    fn a_message_is_no_longer_than_its_limit() {
        let json = format!("{{\"{}\": \"{}\"}}", "ä".repeat(5_000), "é".repeat(5_000));
        assert!(error_of::<BTreeMap<String, f64>>(&json).len() < 510);
    }
}
