//! Why an event could not be read: in a sentence that names the field and quotes no more than a little of it.

use scoregate_sdk::{Rejection, reject};
use serde::Deserialize;
use serde_path_to_error::Segment;

/// A sender's megabyte does not go into the log by way of its error.
pub const REASON_MAX_BYTES: usize = 200;
/// What would be right stands at the end of serde's messages, so the end is kept.
const REASON_TAIL_BYTES: usize = 80;
const QUOTE_MAX_BYTES: usize = 40;

/// What serde calls by Rust's names, in words for whoever sent the event.
const PLAIN: [(&str, &str); 5] = [
    ("expected f64", "expected a number"),
    ("expected i32", "expected a whole number"),
    ("expected u8", "expected a whole number of at least 0"),
    ("expected u16", "expected a whole number of at least 0"),
    ("expected u32", "expected a whole number of at least 0"),
];

/// Reads `text` again, the slow way that knows where it is; only rejected events pay for it.
pub fn explain<'a, T: Deserialize<'a>>(text: &'a str, error: &serde_json::Error) -> Rejection {
    let mut json = serde_json::Deserializer::from_str(text);
    let message = error.to_string();
    let mut path: Vec<&str> = Vec::new();
    let slow = serde_path_to_error::deserialize::<_, T>(&mut json).err();
    for segment in slow.iter().flat_map(|slow| slow.path()) {
        if let Segment::Map { key } = segment {
            path.push(key);
        }
    }
    path.extend(misplaced(&message));
    let field = if path.is_empty() {
        "payload".to_owned()
    } else {
        path.join(".")
    };
    because(&format!("{field}: {}", plain(message)))
}

/// A rejection for this reason, shortened where it quotes too much.
pub fn because(reason: &str) -> Rejection {
    reject(shorten(reason, REASON_MAX_BYTES, REASON_TAIL_BYTES))
}

fn plain(message: String) -> String {
    for (rust, plain) in PLAIN {
        // The last one is serde's own; any before it is quoted from the event.
        if let Some((head, tail)) = message.rsplit_once(rust) {
            return format!("{head}{plain}{tail}");
        }
    }
    message
}

/// The field that serde names itself, because it is the object around it that is wrong.
fn misplaced(message: &str) -> Option<&str> {
    let rest = message
        .strip_prefix("missing field `")
        .or_else(|| message.strip_prefix("duplicate field `"))?;
    rest.split_once('`').map(|(name, _)| name)
}

/// `value` in quotes, escaped and short enough for a sentence.
pub fn quote(value: &str) -> String {
    shorten(&format!("{value:?}"), QUOTE_MAX_BYTES, QUOTE_MAX_BYTES / 4)
}

/// At most `max_bytes`: the head, an ellipsis and the last `tail_bytes`.
fn shorten(text: &str, max_bytes: usize, tail_bytes: usize) -> String {
    const ELLIPSIS: &str = "…";
    if text.len() <= max_bytes {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(max_bytes - tail_bytes - ELLIPSIS.len());
    let tail = text.ceil_char_boundary(text.len() - tail_bytes);
    format!("{}{ELLIPSIS}{}", &text[..head], &text[tail..])
}
