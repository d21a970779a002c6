//! Characters of bytes that are UTF-8 as a rule.

/// Each character with its bytes; bytes that are no UTF-8 come one by one, as none.
pub(super) fn chars(text: &[u8]) -> impl Iterator<Item = (Option<char>, &[u8])> {
    text.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid();
        let known = valid.char_indices().map(move |(at, character)| {
            (
                Some(character),
                &valid.as_bytes()[at..at + character.len_utf8()],
            )
        });
        known.chain(chunk.invalid().chunks(1).map(|byte| (None, byte)))
    })
}
