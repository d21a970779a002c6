//! The file's text as written, and where in it something stands.

use std::ops::Range;

use super::mask::masked;

/// Longer lines are shown in part, so that a report stays readable whatever the file holds.
const SHOWN_MAX_CHARS: usize = 160;
/// Of such a line, what is shown before the place.
const SHOWN_BEFORE_CHARS: usize = 60;

/// A file's text, with an index of its lines.
pub(super) struct Text<'a> {
    written: &'a str,
    line_starts: Vec<usize>,
}

/// A place in a file, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// From 1.
    pub(super) line: usize,
    /// From 1, in characters.
    pub(super) column: usize,
    /// The line as written, or the part of it around the place.
    pub(super) excerpt: String,
    /// Characters of the excerpt before the underline, and under it.
    pub(super) indent: usize,
    pub(super) width: usize,
}

impl<'a> Text<'a> {
    pub(super) fn new(written: &'a str) -> Self {
        let after_newlines = written.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            written,
            line_starts: std::iter::once(0).chain(after_newlines).collect(),
        }
    }

    /// What was written at a place; empty where the place is none of this file's.
    pub(super) fn written(&self, span: Range<usize>) -> &'a str {
        self.written.get(span).unwrap_or_default()
    }

    /// Where a span stands; of several lines, the first.
    pub(super) fn place(&self, span: Range<usize>) -> Place {
        let start = self.boundary(span.start);
        let line = self.line_starts.partition_point(|&at| at <= start) - 1;
        let from = self.line_starts[line];
        let to = self
            .line_starts
            .get(line + 1)
            .map_or(self.written.len(), |next| next - 1);
        let whole = self.written[from..to]
            .strip_suffix('\r')
            .unwrap_or(&self.written[from..to]);
        // A byte order mark is no character of the line.
        let shown = whole.strip_prefix('\u{feff}').unwrap_or(whole);
        let from = from + (whole.len() - shown.len());

        let within = start.saturating_sub(from).min(shown.len());
        let end = self
            .boundary(span.end)
            .saturating_sub(from)
            .clamp(within, shown.len());
        let before = shown[..within].chars().count();
        let under = shown[within..end].chars().count().max(1);
        let (excerpt, indent) = excerpt(&masked(shown), before);
        Place {
            line: line + 1,
            column: before + 1,
            width: under.min(excerpt.chars().count().saturating_sub(indent).max(1)),
            excerpt,
            indent,
        }
    }

    fn boundary(&self, at: usize) -> usize {
        self.written.floor_char_boundary(at)
    }
}

/// The part of a line that is shown, and how many characters of it stand before the place.
fn excerpt(line: &str, before: usize) -> (String, usize) {
    let plain = |c: char| match c {
        '\t' => ' ',
        // What a terminal would obey is not printed.
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    let length = line.chars().count();
    if length <= SHOWN_MAX_CHARS {
        return (line.chars().map(plain).collect(), before);
    }
    let skipped = before
        .saturating_sub(SHOWN_BEFORE_CHARS)
        .min(length - SHOWN_MAX_CHARS);
    let mut shown = String::new();
    if skipped > 0 {
        shown.push('…');
    }
    shown.extend(line.chars().skip(skipped).take(SHOWN_MAX_CHARS).map(plain));
    if skipped + SHOWN_MAX_CHARS < length {
        shown.push('…');
    }
    (shown, before - skipped + usize::from(skipped > 0))
}

/// A word of the file for a sentence: one line, and no longer than a reader wants it.
pub(super) fn shown(written: &str) -> String {
    const MAX_CHARS: usize = 64;
    let mut shown = String::new();
    for c in written.chars().take(MAX_CHARS) {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if written.chars().nth(MAX_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// The same as code.
pub(super) fn quoted(written: &str) -> String {
    format!("`{}`", shown(written))
}
