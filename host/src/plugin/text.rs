//! Texts that come from a plugin: bounded before anyone reads them.

/// Cuts a text at a character's border so that at most `max_bytes` stay, and marks the cut.
pub fn capped(mut text: String, max_bytes: usize) -> String {
    if text.len() > max_bytes {
        text.truncate(text.floor_char_boundary(max_bytes));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(capped("äöü".into(), 3), "ä…");
        assert_eq!(capped("abc".into(), 3), "abc");
    }
}
