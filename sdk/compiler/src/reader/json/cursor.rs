//! A walk over a text that is known to be JSON.

use std::borrow::Cow;

use super::super::extents::Extents;
use super::super::number::Plain;

/// A place in the text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    extents: &'a Extents,
    at: usize,
    /// Whether an element of the container was gone past.
    behind: bool,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str, extents: &'a Extents, at: usize) -> Self {
        Self {
            text,
            extents,
            at,
            behind: false,
        }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes into the container that begins here, and says how it begins.
    pub fn enter(&mut self) -> u8 {
        self.at += 1;
        self.behind = false;
        self.bytes()[self.at - 1]
    }

    /// Whether another element follows in the container, to which it goes then, or past the end.
    pub fn has_next(&mut self) -> bool {
        self.space();
        let end = matches!(self.peek(), b']' | b'}');
        if end || self.behind {
            // The end, or the comma.
            self.at += 1;
            self.space();
        }
        self.behind = true;
        !end
    }

    /// Goes past a key to its value.
    pub fn key(&mut self) -> Result<Cow<'a, str>, String> {
        let text = self.taken();
        self.space();
        self.at += 1;
        self.space();
        let inside = &text[1..text.len() - 1];
        if inside.contains('\\') {
            return super::read(text).map(Cow::Owned);
        }
        Ok(Cow::Borrowed(inside))
    }

    /// The value that stands here, if it is written plainly; then it is gone past.
    pub fn plain<T: Plain>(&mut self) -> Option<T> {
        let (value, length) = T::plain(&self.bytes()[self.at..])?;
        let end = self.at + length;
        match self.bytes().get(end) {
            Some(b',' | b']' | b' ' | b'\n' | b'\t' | b'\r') => {
                self.at = end;
                Some(value)
            }
            _ => None,
        }
    }

    /// The text of the value that stands here, which is gone past.
    pub fn taken(&mut self) -> &'a str {
        let begin = self.at;
        self.skip();
        &self.text[begin..self.at]
    }

    /// Goes past the value that stands here.
    pub fn skip(&mut self) {
        match self.peek() {
            b'"' => self.skip_string(),
            b'{' | b'[' => match self.extents.end(self.at) {
                Some(end) => self.at = end,
                None => self.skip_short(),
            },
            _ => {
                while !matches!(
                    self.peek(),
                    b',' | b']' | b'}' | b' ' | b'\n' | b'\t' | b'\r' | 0
                ) {
                    self.at += 1;
                }
            }
        }
    }

    fn skip_short(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
    }

    pub fn space(&mut self) {
        while let b' ' | b'\n' | b'\t' | b'\r' = self.peek() {
            self.at += 1;
        }
    }

    /// The byte that stands here; 0, which no value has outside of a string, behind the end.
    fn peek(&self) -> u8 {
        self.bytes().get(self.at).copied().unwrap_or(0)
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }
}
