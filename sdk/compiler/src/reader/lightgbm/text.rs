//! LightGBM's text line by line: `key=value`, in a head and a block for each tree. Every error names line and key.

use std::str::FromStr;

use crate::error::CompileError;
use crate::limits::LINES_MAX;

use super::super::number::Plain;
use super::super::parameter::shorten;

/// Lines of a head or tree; LightGBM writes two dozen.
const BLOCK_LINES_MAX: usize = 1000;

/// Numbers of one line.
const NUMBERS_MAX: usize = 1 << 24;

/// The lines of a file, numbered from 1.
pub(super) struct Lines<'a> {
    /// What was not read yet; none behind the last line.
    rest: Option<&'a str>,
    /// Of the line that comes next.
    number: usize,
}

/// Most lines are looked at byte by byte for their end; a search takes longer to begin, and is faster then.
const SHORT_LINE_BYTES: usize = 32;

impl<'a> Lines<'a> {
    pub fn new(file: &'a [u8]) -> Result<Self, CompileError> {
        let text = std::str::from_utf8(file).map_err(|error| {
            let line = 1 + file[..error.valid_up_to()]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count();
            place(line, None, "is not UTF-8")
        })?;
        Ok(Self {
            rest: Some(text),
            number: 1,
        })
    }

    /// What follows this in the lines that were not read yet, where one begins with it.
    pub fn behind(&self, beginning: &str) -> Option<&'a str> {
        let found = self.rest?.split_once(&format!("\n{beginning}"));
        found.and_then(|(_, behind)| behind.lines().next())
    }

    /// The lines up to the next that begins with one of `ends`, as fields; and that line, unless the file ends first.
    pub fn block(&mut self, ends: &[&str]) -> Result<(Block<'a>, Option<Field<'a>>), CompileError> {
        let mut block = Block {
            line: self.number,
            fields: Vec::new(),
        };
        for field in self.by_ref() {
            if ends.iter().any(|end| field.text.starts_with(end)) {
                return Ok((block, Some(field)));
            }
            if field.line > LINES_MAX {
                let reason = format!(
                    "the trees take more than {LINES_MAX} lines, which is the most that is read"
                );
                return Err(place(field.line, None, reason));
            }
            if field.text.is_empty() {
                continue;
            }
            if block.fields.len() == BLOCK_LINES_MAX {
                return Err(field.error(format!(
                    "is line {} of a head or tree, which have a few dozen",
                    BLOCK_LINES_MAX + 1
                )));
            }
            block.fields.push(field);
        }
        Ok((block, None))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let line = self.number;
        let rest = self.rest?;
        let near = rest.as_bytes().iter().take(SHORT_LINE_BYTES);
        let end = near.copied().position(|byte| byte == b'\n');
        let (text, behind) = match end.or_else(|| rest.find('\n')) {
            Some(end) => (&rest[..end], Some(&rest[end + 1..])),
            None => (rest, None),
        };
        self.rest = behind;
        self.number += 1;
        let text = text.trim_end_matches('\r');
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        Some(Field {
            line,
            text,
            key,
            value,
        })
    }
}

/// Lines that belong together.
pub(super) struct Block<'a> {
    /// Where it begins.
    line: usize,
    fields: Vec<Field<'a>>,
}

impl<'a> Block<'a> {
    /// The field of this key, if it is there.
    pub fn find(&self, key: &str) -> Result<Option<Field<'a>>, CompileError> {
        let mut found = self.fields.iter().filter(|field| field.key == key);
        let first = found.next().copied();
        match found.next() {
            Some(second) => Err(second.error("stands there twice")),
            None => Ok(first),
        }
    }

    /// An error about a key that it should have.
    pub fn error(&self, key: &str, reason: &str) -> CompileError {
        place(self.line, Some(key), reason)
    }

    /// The field of this key, which must be there.
    pub fn get(&self, key: &'static str) -> Result<Field<'a>, CompileError> {
        self.find(key)?.ok_or_else(|| {
            place(
                self.line,
                Some(key),
                "is missing in the lines that begin here",
            )
        })
    }
}

/// One line.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    line: usize,
    text: &'a str,
    key: &'a str,
    value: &'a str,
}

impl<'a> Field<'a> {
    /// The whole line.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What stands behind the first `=`.
    pub fn value(&self) -> &'a str {
        self.value
    }

    /// An error about this line.
    pub fn error(&self, reason: impl Into<String>) -> CompileError {
        place(self.line, Some(&shorten(self.key)), reason)
    }

    /// An error about one of its values.
    pub fn element_error(&self, index: usize, reason: impl Into<String>) -> CompileError {
        place(self.line, Some(&format!("{}[{index}]", self.key)), reason)
    }

    /// Its single number.
    pub fn number<T: FromStr>(&self) -> Result<T, CompileError> {
        parse(self.value.trim()).ok_or_else(|| {
            self.error(format!(
                "`{}` is not a number that fits",
                shorten(self.value)
            ))
        })
    }

    /// Its numbers, which stand between spaces.
    pub fn numbers<T: Plain + FromStr>(&self) -> Result<Vec<T>, CompileError> {
        if self.value.len() / 2 > NUMBERS_MAX {
            return Err(self.error(format!("may have more than {NUMBERS_MAX} entries")));
        }
        let mut words = Words(self.value);
        let mut numbers = Vec::new();
        while let Some(number) = words.next_number() {
            numbers.push(number.map_err(|word| {
                self.element_error(
                    numbers.len(),
                    format!("`{}` is not a number that fits", shorten(word)),
                )
            })?);
        }
        Ok(numbers)
    }

    /// Its numbers, of which there are so many.
    pub fn exactly<T: Plain + FromStr>(
        &self,
        count: usize,
        what: &str,
    ) -> Result<Vec<T>, CompileError> {
        let mut words = Words(self.value);
        // A line of millions does not take memory for nothing, nor does a claim of them.
        let mut numbers = Vec::with_capacity(count.min(self.value.len() / 2 + 1));
        while numbers.len() < count
            && let Some(Ok(number)) = words.next_number()
        {
            numbers.push(number);
        }
        if numbers.len() == count && words.0.trim_ascii().is_empty() {
            return Ok(numbers);
        }
        let entries = self.value.split_ascii_whitespace().count();
        if entries == count {
            // One of them is no number, and this says which.
            return self.numbers();
        }
        Err(self.error(format!(
            "has {entries} entries, but the tree has {count} {what}"
        )))
    }

    /// As [`Field::exactly`], and each is finite.
    pub fn finite(&self, count: usize, what: &str) -> Result<Vec<f64>, CompileError> {
        let numbers: Vec<f64> = self.exactly(count, what)?;
        match numbers.iter().position(|number| !number.is_finite()) {
            Some(at) => Err(self.element_error(at, "is not a finite number")),
            None => Ok(numbers),
        }
    }
}

fn parse<T: FromStr>(word: &str) -> Option<T> {
    word.parse().ok()
}

/// What is left of a line of words between spaces.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    /// The next word as a number, or the word itself where it is none.
    fn next_number<T: Plain + FromStr>(&mut self) -> Option<Result<T, &'a str>> {
        self.0 = self.0.trim_ascii_start();
        if let Some((number, length)) = T::plain(self.0.as_bytes())
            && self
                .0
                .as_bytes()
                .get(length)
                .is_none_or(u8::is_ascii_whitespace)
        {
            self.0 = &self.0[length..];
            return Some(Ok(number));
        }
        let end = self.0.bytes().position(|byte| byte.is_ascii_whitespace());
        let (word, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        (!word.is_empty()).then(|| parse(word).ok_or(word))
    }
}

fn place(line: usize, key: Option<&str>, reason: impl Into<String>) -> CompileError {
    CompileError::Invalid {
        place: match key {
            Some(key) => format!("line {line}, {key}"),
            None => format!("line {line}"),
        },
        reason: reason.into(),
    }
}
