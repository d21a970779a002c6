//! Reads a file's values one by one and gathers what is wrong with them. What was read beside a problem is a stand-in: nobody gets it.

use std::{
    cell::{Cell, RefCell},
    ops::Range,
    path::Path,
};

use toml::{
    Spanned,
    de::{DeValue, Error},
};

use super::{
    problem::{Problem, Problems},
    substitute::{Origins, substitute},
    text::Text,
};
use crate::limits::CONFIG_PROBLEMS_MAX_COUNT;

/// One reading of one file.
pub(super) struct Reader<'a> {
    pub(super) origins: Origins<'a>,
    text: Text<'a>,
    file_name: &'a str,
    told: RefCell<Vec<Problem>>,
    untold: Cell<usize>,
}

/// A string of the file.
#[derive(Debug)]
pub(super) struct Str {
    /// With its references replaced: may be a secret, so no message shows it.
    pub(super) value: String,
    /// As it stands in the file, for messages.
    pub(super) written: String,
    /// Whether a reference was replaced in it.
    pub(super) substituted: bool,
    pub(super) span: Range<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, file_name: &'a str, origins: Origins<'a>) -> Self {
        Self {
            origins,
            text: Text::new(text),
            file_name,
            told: RefCell::default(),
            untold: Cell::new(0),
        }
    }

    /// Records what is wrong at a place.
    pub(super) fn problem(&self, span: Range<usize>, message: impl Into<String>) {
        self.record(|| Some(self.text.place(span)), message.into());
    }

    /// Records what is wrong with the file as a whole.
    pub(super) fn problem_of_file(&self, message: impl Into<String>) {
        self.record(|| None, message.into());
    }

    fn record(&self, place: impl FnOnce() -> Option<super::text::Place>, message: String) {
        let mut told = self.told.borrow_mut();
        if told.len() < CONFIG_PROBLEMS_MAX_COUNT {
            told.push(Problem::new(self.file_name, place(), message));
        } else {
            self.untold.set(self.untold.get() + 1);
        }
    }

    /// Records the errors of TOML itself. True if the values can be read all the same.
    pub(super) fn syntax(&self, errors: &[Error]) -> bool {
        const TWICE: &str = "duplicate key";
        let span = |error: &Error| error.span().unwrap_or(0..0);
        // After a slip of syntax the rest is guesswork; a key that stands twice leaves the rest sound.
        let first = errors
            .iter()
            .filter(|error| error.message() != TWICE)
            .min_by_key(|error| span(error).start);
        if let Some(first) = first {
            self.problem(span(first), format!("not valid TOML: {}", first.message()));
            return false;
        }
        for error in errors {
            let key = super::text::quoted(self.text.written(span(error)));
            self.problem(span(error), format!("{key} stands in its table twice"));
        }
        true
    }

    /// What was written at a place.
    pub(super) fn written(&self, span: Range<usize>) -> &'a str {
        self.text.written(span)
    }

    /// A string's value, its references replaced; none if that failed, which is then recorded.
    pub(super) fn string(&self, written: &str, span: Range<usize>) -> Option<Str> {
        match substitute(written, &self.origins) {
            Ok(done) => Some(Str {
                value: done.text,
                written: written.to_owned(),
                substituted: done.replaced,
                span,
            }),
            Err(wrongs) => {
                // A string with escapes may not hold the reference in so many letters: then the whole of it is shown.
                let mut from = span.start;
                for wrong in wrongs {
                    let place = self
                        .text
                        .written(from..span.end)
                        .find(&wrong.reference)
                        .map(|at| from + at..from + at + wrong.reference.len());
                    from = place.as_ref().map_or(from, |place| place.end);
                    self.problem(place.unwrap_or(span.clone()), wrong.message);
                }
                None
            }
        }
    }

    /// A value in the words of a sentence: as written if it is short by nature, and of which type.
    pub(super) fn describe(&self, value: &Spanned<DeValue<'_>>) -> String {
        let (article, scalar) = match value.get_ref() {
            DeValue::Integer(_) | DeValue::Array(_) => ("an", !value.get_ref().is_array()),
            other => ("a", !other.is_table()),
        };
        let kind = value.get_ref().type_str();
        if scalar {
            let written = super::text::quoted(self.written(value.span()));
            format!("{written}, {article} {kind}")
        } else {
            format!("{article} {kind}")
        }
    }

    /// What was gathered.
    pub(super) fn problems(self) -> Result<(), Problems> {
        let problems = Problems::new(self.told.into_inner(), self.untold.get());
        if problems.count() == 0 {
            Ok(())
        } else {
            Err(problems)
        }
    }

    pub(super) fn dir(&self) -> &'a Path {
        self.origins.dir
    }
}
