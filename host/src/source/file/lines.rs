//! Cuts what is read of a file into lines.

use bytes::Bytes;

/// A line without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it begins in the file, in bytes.
    pub at: i64,
    /// Where the line after it begins.
    pub next: i64,
    pub text: Bytes,
    /// Bytes at its end that are left out, as it was too long.
    pub skipped_bytes: i64,
}

/// What of a file's last line was read so far.
#[derive(Debug)]
pub struct Lines {
    line_max_bytes: usize,
    /// Where that line begins.
    at: i64,
    /// Where reading goes on.
    position: i64,
    begun: Vec<u8>,
}

impl Lines {
    /// Reading begins at `at`, where a line does.
    pub fn new(at: i64, line_max_bytes: usize) -> Self {
        Self {
            line_max_bytes,
            at,
            position: at,
            begun: Vec::new(),
        }
    }

    /// Where reading goes on, in bytes of the file.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Takes the next bytes of the file, and gives the lines that end in them. Empty lines are none.
    pub fn feed(&mut self, chunk: &Bytes, mut take: impl FnMut(Line)) {
        let mut rest = chunk.clone();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let mut text = rest.split_to(end + 1);
            text.truncate(end);
            self.position += end as i64 + 1;
            if !self.begun.is_empty() {
                self.begin(&text);
                text = std::mem::take(&mut self.begun).into();
            }
            self.end(text, 1, &mut take);
        }
        self.position += rest.len() as i64;
        self.begin(&rest);
    }

    /// The file ends without a newline for ever: what there is of its last line.
    pub fn finish(&mut self, take: impl FnOnce(Line)) {
        let text = std::mem::take(&mut self.begun).into();
        let mut take = Some(take);
        self.end(text, 0, &mut |line| {
            if let Some(take) = take.take() {
                take(line);
            }
        });
    }

    fn begin(&mut self, text: &[u8]) {
        let room = self.line_max_bytes.saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&text[..text.len().min(room)]);
    }

    fn end(&mut self, mut text: Bytes, newline_bytes: i64, take: &mut impl FnMut(Line)) {
        let at = std::mem::replace(&mut self.at, self.position);
        let line_bytes = self.position - newline_bytes - at;
        text.truncate(self.line_max_bytes);
        let skipped_bytes = line_bytes - text.len() as i64;
        if skipped_bytes == 0 && text.last() == Some(&b'\r') {
            text.truncate(text.len() - 1);
        }
        if !text.is_empty() {
            take(Line {
                at,
                next: self.position,
                text,
                skipped_bytes,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&'static str], line_max_bytes: usize) -> Vec<(i64, i64, String, i64)> {
        let mut taken = Vec::new();
        let mut take = |line: Line| {
            let text = String::from_utf8(line.text.to_vec()).unwrap();
            taken.push((line.at, line.next, text, line.skipped_bytes));
        };
        let mut lines = Lines::new(10, line_max_bytes);
        for chunk in chunks {
            lines.feed(&Bytes::from_static(chunk.as_bytes()), &mut take);
        }
        lines.finish(&mut take);
        taken
    }

    #[test]
    fn lines_are_the_same_however_they_are_read() {
        let expected = [
            (10, 13, "ab".to_owned(), 0),
            (14, 18, "cd".to_owned(), 0),
            (18, 20, "e".to_owned(), 0),
        ];
        assert_eq!(lines(&["ab\n\ncd\r\ne\n"], 100), expected);
        let bytes = ["a", "b", "\n", "\n", "c", "d", "\r", "\n", "e", "\n"];
        assert_eq!(lines(&bytes, 100), expected);
        assert_eq!(lines(&["ab\n\nc", "d\r\ne", "\n"], 100), expected);
    }

    #[test]
    fn a_last_line_without_a_newline_waits_for_its_end() {
        assert_eq!(lines(&["ab"], 100), [(10, 12, "ab".to_owned(), 0)]);
        let mut lines = Lines::new(0, 100);
        lines.feed(&Bytes::from_static(b"ab"), |_| panic!("no line ended"));
        assert_eq!(lines.position(), 2);
    }

    #[test]
    fn of_a_line_that_is_too_long_the_first_part_is_kept() {
        let expected = [
            (10, 17, "abcd".to_owned(), 2),
            (17, 22, "ghij".to_owned(), 0),
        ];
        assert_eq!(lines(&["abcdef\nghij\n"], 4), expected);
        assert_eq!(lines(&["ab", "cdef", "\nghi", "j\n"], 4), expected);
    }
}
