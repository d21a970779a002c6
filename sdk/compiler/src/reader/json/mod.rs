//! JSON read part by part: the text is checked once, and a part is read when it is asked for, as what it must be; nothing is held but
//! what is asked for and where long values end.

mod check;
mod cursor;

use std::fmt;

use serde::Deserializer as _;
use serde::de::{Deserialize, Visitor};

use super::document::{Fault, Taken, extend};
use super::extents::Extents;
use super::number::Plain;
use crate::error::CompileError;
use cursor::Cursor;

/// A text that is JSON.
pub(super) struct Document<'a> {
    text: &'a str,
    extents: Extents,
}

impl<'a> Document<'a> {
    /// Checks the whole text, so no later step meets a syntax error.
    pub fn new(file: &'a [u8]) -> Result<Self, CompileError> {
        let text = std::str::from_utf8(file).map_err(|error| {
            CompileError::Syntax(format!("byte {} is not UTF-8", error.valid_up_to()))
        })?;
        let extents = check::check(file).map_err(|fault| {
            let before = &file[..fault.bytes];
            let line = before
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |at| at + 1);
            let lines = before[..line].iter().filter(|byte| **byte == b'\n').count();
            CompileError::Syntax(format!(
                "{} at line {} column {}",
                fault.reason,
                lines + 1,
                fault.bytes - line
            ))
        })?;
        Ok(Self { text, extents })
    }

    /// The whole document.
    pub fn root(&self) -> Element<'_> {
        let mut cursor = Cursor::new(self.text, &self.extents, 0);
        cursor.space();
        Element {
            document: self,
            at: cursor.at(),
        }
    }
}

/// A value of a document: where it begins.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    document: &'a Document<'a>,
    at: usize,
}

impl<'a> Element<'a> {
    /// The element read as one value.
    pub fn value<T: Deserialize<'a>>(self) -> Result<T, String> {
        let mut cursor = self.cursor();
        read(cursor.taken())
    }

    /// The members of these names, where this object has them.
    pub fn members<const N: usize>(
        self,
        names: [&'static str; N],
    ) -> Result<[Option<Element<'a>>; N], String> {
        let mut found = [None; N];
        let mut cursor = self.open(b'{', "an object")?;
        while cursor.has_next() {
            let key = cursor.key()?;
            if let Some(which) = names.iter().position(|name| *name == key)
                && found[which].replace(self.beside(&cursor)).is_some()
            {
                return Err(format!("`{}` stands there twice", names[which]));
            }
            cursor.skip();
        }
        Ok(found)
    }

    /// Calls `act` with each element of this array and its index.
    pub fn each(
        self,
        mut act: impl FnMut(usize, Element<'a>) -> Result<(), CompileError>,
    ) -> Taken {
        let array = |reason| Fault::Wrong(None, reason);
        let mut cursor = self.open(b'[', "an array").map_err(array)?;
        let mut index = 0;
        while cursor.has_next() {
            act(index, self.beside(&cursor)).map_err(Fault::Refused)?;
            cursor.skip();
            index += 1;
        }
        Ok(())
    }

    /// As [`Element::each`], with the elements read as values.
    pub fn each_value<T: Deserialize<'a> + Plain>(
        self,
        mut act: impl FnMut(T) -> Result<(), CompileError>,
    ) -> Taken {
        let array = |reason| Fault::Wrong(None, reason);
        let mut cursor = self.open(b'[', "an array").map_err(array)?;
        let mut index = 0;
        while cursor.has_next() {
            let value = match cursor.plain() {
                Some(value) => value,
                None => read(cursor.taken()).map_err(|reason| Fault::Wrong(Some(index), reason))?,
            };
            act(value).map_err(Fault::Refused)?;
            index += 1;
        }
        Ok(())
    }

    /// Where it stands in the document, e.g. `learner.objective`: looked for from the root, for it is asked when something is wrong.
    pub fn place(self) -> String {
        let mut place = String::new();
        let mut around = self.document.root();
        'inside: while around.at != self.at {
            let mut cursor = around.cursor();
            let object = cursor.enter() == b'{';
            let mut index = 0;
            while cursor.has_next() {
                let key = object.then(|| cursor.key().unwrap_or_default());
                let child = self.beside(&cursor);
                cursor.skip();
                if self.at < cursor.at() {
                    extend(&mut place, key.as_deref(), index);
                    around = child;
                    continue 'inside;
                }
                index += 1;
            }
            break;
        }
        place
    }

    fn open(self, begin: u8, due: &'static str) -> Result<Cursor<'a>, String> {
        let mut cursor = self.cursor();
        if self.document.text.as_bytes()[self.at] != begin {
            return Err(mismatch(cursor.taken(), due));
        }
        cursor.enter();
        Ok(cursor)
    }

    fn cursor(self) -> Cursor<'a> {
        Cursor::new(self.document.text, &self.document.extents, self.at)
    }

    fn beside(self, cursor: &Cursor<'a>) -> Self {
        Self {
            document: self.document,
            at: cursor.at(),
        }
    }
}

/// A part's text read as one value.
fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    // What JSON lacks is as good as nothing.
    let text = match text {
        "NaN" | "Infinity" | "-Infinity" => "null",
        _ => text,
    };
    serde_json::from_str(text).map_err(|error| plain(&error))
}

/// serde_json's message without its line and column, which would count from the part's beginning.
fn plain(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message
        .rsplit_once(" at line ")
        .map_or(message.clone(), |(reason, _)| reason.to_owned())
}

/// What serde_json says of a value that is not what is due.
fn mismatch(text: &str, due: &'static str) -> String {
    struct Due(&'static str);
    impl Visitor<'_> for Due {
        type Value = ();

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str(self.0)
        }
    }
    let refused = serde_json::Deserializer::from_str(text).deserialize_any(Due(due));
    refused.map_or_else(|error| plain(&error), |()| format!("is not {due}"))
}
