//! What a name may look like, and which known one a wrong one was meant to be.

use super::text::quoted;
use crate::limits::{KAFKA_NAME_MAX_BYTES, NAME_MAX_BYTES};

/// Longer words than any that is known are not compared.
const COMPARED_MAX_BYTES: usize = 2 * NAME_MAX_BYTES;

/// A plugin's or pipeline's name: `[a-z0-9][a-z0-9_-]{0,63}`. It stands in paths, metrics and files, unescaped.
pub(super) fn check_name(what: &str, name: &str) -> Result<(), String> {
    let first = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let right = name.len() <= NAME_MAX_BYTES
        && name.bytes().next().is_some_and(first)
        && name.bytes().all(|b| first(b) || b == b'_' || b == b'-');
    if right {
        return Ok(());
    }
    Err(format!(
        "{} is no name for a {what}: it must be 1 to {NAME_MAX_BYTES} of a-z, 0-9, `_` and `-`, and begin with a letter or digit",
        quoted(name)
    ))
}

/// A table of a database, unquoted: `[A-Za-z_][A-Za-z0-9_]{0,62}`.
pub(super) fn is_table_name(name: &str) -> bool {
    name.len() <= 63 && is_variable_name(name)
}

/// What the names of tables begin with that the gateway makes for itself beside those of outcomes.
pub(super) const OWN_TABLES: &str = "scoregate_";

/// Whether a table's name is one of those; databases read names without regard to case.
pub(super) fn is_own_table(name: &str) -> bool {
    let begin = name.get(..OWN_TABLES.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(OWN_TABLES))
}

/// A topic or group of Kafka: `[A-Za-z0-9._-]{1,249}`, but not `.` or `..`.
pub(super) fn is_kafka_name(name: &str) -> bool {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=KAFKA_NAME_MAX_BYTES).contains(&name.len())
        && name.bytes().all(of_name)
        && !matches!(name, "." | "..")
}

/// A variable of the environment: `[A-Za-z_][A-Za-z0-9_]*`.
pub(super) fn is_variable_name(name: &str) -> bool {
    name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A JSON Pointer (RFC 6901) into a payload, other than the empty one: that would be the payload itself.
pub(super) fn is_pointer(text: &str) -> bool {
    text.starts_with('/')
        && text
            .split('~')
            .skip(1)
            .all(|after| after.starts_with(['0', '1']))
}

/// `; did you mean …?` if a known word is near, else `otherwise`.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    match nearest(word, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => otherwise(),
    }
}

fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > COMPARED_MAX_BYTES {
        return None;
    }
    known
        .into_iter()
        .map(|near| (strsim::osa_distance(&word.to_ascii_lowercase(), near), near))
        // A third of the letters wrong is a slip; more is another word.
        .filter(|(distance, near)| *distance <= (near.len().max(word.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, near)| near)
}
