//! Names in a sentence.

use crate::cli::text::plain;

/// As many as fit a line; the others are counted.
pub fn names(names: &[String]) -> String {
    const SHOWN_MAX_COUNT: usize = 8;
    let shown = names.iter().take(SHOWN_MAX_COUNT);
    let shown: Vec<_> = shown.map(|name| format!("`{}`", plain(name))).collect();
    let mut text = shown.join(", ");
    if names.len() > SHOWN_MAX_COUNT {
        text += &format!(" and {} more", names.len() - SHOWN_MAX_COUNT);
    }
    text
}
