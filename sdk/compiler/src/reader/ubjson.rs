//! UBJSON (draft 12), XGBoost's binary spelling of its JSON: values begin with a marker byte, numbers are big-endian, and arrays may
//! name one type and a length for all of their elements. XGBoost's writer is `UBJWriter` in src/common/json.cc.
//!
//! Strict: no-op markers, and elements of a length without bytes, are refused; so nothing takes longer than the file is long.

use serde::de::value::{BorrowedStrDeserializer, Error as Refusal};
use serde::de::{Deserialize, IntoDeserializer};

use super::document::{Fault, Taken};
use crate::error::CompileError;
use crate::limits::NESTING_MAX;

/// A value: its marker, and where its bytes begin.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    file: &'a [u8],
    marker: u8,
    at: usize,
}

/// The whole document, which is walked through once: no later step meets an end of the file or a marker that is none.
pub(super) fn root(file: &[u8]) -> Result<Element<'_>, CompileError> {
    let mut cursor = Cursor { file, at: 0 };
    let walked = cursor.element().and_then(|root| {
        cursor.skip(root, NESTING_MAX)?;
        Ok(root)
    });
    let root = walked.map_err(CompileError::Binary)?;
    if cursor.at != file.len() {
        return Err(CompileError::Binary(format!(
            "the document ends at byte {}, but the file has {} bytes",
            cursor.at,
            file.len()
        )));
    }
    Ok(root)
}

impl<'a> Element<'a> {
    /// Where its bytes begin in the file.
    pub fn at(self) -> usize {
        self.at
    }

    /// The element read as one value.
    pub fn value<T: Deserialize<'a>>(self) -> Result<T, String> {
        let mut bytes = self.bytes();
        let read = match self.marker {
            b'i' => T::deserialize(i8::from_be_bytes(bytes.array()?).into_deserializer()),
            b'U' => T::deserialize(u8::from_be_bytes(bytes.array()?).into_deserializer()),
            b'I' => T::deserialize(i16::from_be_bytes(bytes.array()?).into_deserializer()),
            b'l' => T::deserialize(i32::from_be_bytes(bytes.array()?).into_deserializer()),
            b'L' => T::deserialize(i64::from_be_bytes(bytes.array()?).into_deserializer()),
            b'd' => T::deserialize(f32::from_be_bytes(bytes.array()?).into_deserializer()),
            b'D' => T::deserialize(f64::from_be_bytes(bytes.array()?).into_deserializer()),
            b'T' => T::deserialize(true.into_deserializer()),
            b'F' => T::deserialize(false.into_deserializer()),
            b'Z' => T::deserialize(().into_deserializer()),
            b'S' => T::deserialize(BorrowedStrDeserializer::new(bytes.text()?)),
            _ => return Err(format!("{} stands there, not a single value", self.kind())),
        };
        read.map_err(|refusal: Refusal| refusal.to_string())
    }

    /// The members of these names, where this object has them.
    pub fn members<const N: usize>(
        self,
        names: [&'static str; N],
    ) -> Result<[Option<Element<'a>>; N], String> {
        let mut found = [None; N];
        let mut container = self.open(b'{')?;
        while let Some(key) = container.key()? {
            let element = container.element()?;
            if let Some(which) = names.iter().position(|name| name.as_bytes() == key)
                && found[which].replace(element).is_some()
            {
                return Err(format!("`{}` stands there twice", names[which]));
            }
            container.cursor.skip(element, NESTING_MAX)?;
        }
        Ok(found)
    }

    /// Calls `act` with each element of this array and its index.
    pub fn each(
        self,
        mut act: impl FnMut(usize, Element<'a>) -> Result<(), CompileError>,
    ) -> Taken {
        let array = |reason| Fault::Wrong(None, reason);
        let mut container = self.open(b'[').map_err(array)?;
        let mut index = 0;
        while container.has_next().map_err(array)? {
            let element = container.element().map_err(array)?;
            act(index, element).map_err(Fault::Refused)?;
            container.cursor.skip(element, NESTING_MAX).map_err(array)?;
            index += 1;
        }
        Ok(())
    }

    /// As [`Element::each`], with the elements read as values.
    pub fn each_value<T: Deserialize<'a>>(
        self,
        mut act: impl FnMut(usize, T) -> Result<(), CompileError>,
    ) -> Taken {
        let mut wrong = None;
        let taken = self.each(|index, element| match element.value() {
            Ok(value) => act(index, value),
            Err(reason) => {
                wrong = Some((index, reason.clone()));
                Err(CompileError::Binary(reason))
            }
        });
        match wrong {
            Some((index, reason)) => Err(Fault::Wrong(Some(index), reason)),
            None => taken,
        }
    }

    /// The element of this array at an index.
    pub fn nth(self, index: usize) -> Option<Element<'a>> {
        let mut found = None;
        let _ = self.each(|at, element| {
            if at == index {
                found = Some(element);
            }
            Ok(())
        });
        found
    }

    fn bytes(self) -> Cursor<'a> {
        Cursor {
            file: self.file,
            at: self.at,
        }
    }

    fn open(self, marker: u8) -> Result<Container<'a>, String> {
        if self.marker != marker {
            let due = if marker == b'{' {
                "an object"
            } else {
                "an array"
            };
            return Err(format!("{} stands there, not {due}", self.kind()));
        }
        Container::open(self.bytes(), marker)
    }

    fn kind(self) -> &'static str {
        match self.marker {
            b'{' => "an object",
            b'[' => "an array",
            b'S' => "a string",
            b'T' | b'F' => "true or false",
            b'Z' => "null",
            _ => "a number or character",
        }
    }
}

/// An object or array that is being walked through.
struct Container<'a> {
    cursor: Cursor<'a>,
    end: u8,
    /// The type of all elements, where the head names one.
    marker: Option<u8>,
    /// Elements to come, where the head counts them; then no end marker follows.
    left: Option<usize>,
}

impl<'a> Container<'a> {
    fn open(mut cursor: Cursor<'a>, marker: u8) -> Result<Self, String> {
        let mut of = None;
        if cursor.peek() == Some(b'$') {
            cursor.at += 1;
            let named = cursor.byte()?;
            if !b"iUIlLdDSC[{".contains(&named) {
                return Err(cursor.wrong("the type of all elements is none that has bytes"));
            }
            if cursor.peek() != Some(b'#') {
                return Err(cursor.wrong("a type of all elements is followed by no `#`"));
            }
            of = Some(named);
        }
        let mut left = None;
        if cursor.peek() == Some(b'#') {
            cursor.at += 1;
            let count = cursor.length()?;
            // An element takes a byte at least, a member of an object more.
            if count > cursor.file.len() - cursor.at {
                return Err(cursor.wrong(&format!(
                    "{count} elements are claimed, more than the file has bytes left"
                )));
            }
            left = Some(count);
        }
        Ok(Self {
            cursor,
            end: if marker == b'{' { b'}' } else { b']' },
            marker: of,
            left,
        })
    }

    /// Whether another element follows; the end is taken.
    fn has_next(&mut self) -> Result<bool, String> {
        match &mut self.left {
            Some(0) => Ok(false),
            Some(left) => {
                *left -= 1;
                Ok(true)
            }
            None if self.cursor.peek() == Some(self.end) => {
                self.cursor.at += 1;
                Ok(false)
            }
            None => Ok(true),
        }
    }

    fn key(&mut self) -> Result<Option<&'a [u8]>, String> {
        if !self.has_next()? {
            return Ok(None);
        }
        self.cursor.text().map(|key| Some(key.as_bytes()))
    }

    fn element(&mut self) -> Result<Element<'a>, String> {
        match self.marker {
            Some(marker) => Ok(self.cursor.here(marker)),
            None => self.cursor.element(),
        }
    }
}

#[derive(Clone, Copy)]
struct Cursor<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn wrong(&self, reason: &str) -> String {
        format!("byte {}: {reason}", self.at)
    }

    fn here(&self, marker: u8) -> Element<'a> {
        Element {
            file: self.file,
            marker,
            at: self.at,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.file.get(self.at).copied()
    }

    fn take(&mut self, bytes: usize) -> Result<&'a [u8], String> {
        let taken = self.file[self.at..].get(..bytes).ok_or_else(|| {
            self.wrong(&format!("the file ends where {bytes} more bytes were due"))
        })?;
        self.at += bytes;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.take(N)?;
        Ok(std::array::from_fn(|at| bytes[at]))
    }

    /// A marker and the beginning of its value.
    fn element(&mut self) -> Result<Element<'a>, String> {
        let marker = self.byte()?;
        Ok(self.here(marker))
    }

    /// A length, which is an integer of any size with its marker.
    fn length(&mut self) -> Result<usize, String> {
        let marker = self.byte()?;
        let length = match marker {
            b'i' => i64::from(i8::from_be_bytes(self.array()?)),
            b'U' => i64::from(self.byte()?),
            b'I' => i64::from(i16::from_be_bytes(self.array()?)),
            b'l' => i64::from(i32::from_be_bytes(self.array()?)),
            b'L' => i64::from_be_bytes(self.array()?),
            _ => return Err(self.wrong("a length is due and no integer stands there")),
        };
        usize::try_from(length).map_err(|_| self.wrong("a length is negative"))
    }

    fn text(&mut self) -> Result<&'a str, String> {
        let length = self.length()?;
        let at = self.at;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes)
            .map_err(|error| format!("byte {}: the text is not UTF-8", at + error.valid_up_to()))
    }

    /// Goes to the end of an element; `depth` containers may be inside of each other.
    fn skip(&mut self, element: Element<'a>, depth: usize) -> Result<(), String> {
        self.at = element.at;
        let bytes = match element.marker {
            b'S' | b'H' => return self.text().map(drop),
            b'[' | b'{' => return self.skip_container(element.marker, depth),
            marker => width(marker).ok_or_else(|| {
                format!(
                    "byte {}: 0x{marker:02x} is no marker of UBJSON",
                    element.at - 1
                )
            })?,
        };
        self.take(bytes).map(drop)
    }

    fn skip_container(&mut self, marker: u8, depth: usize) -> Result<(), String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.wrong(&format!(
                "more than {NESTING_MAX} values are inside of each other"
            )));
        };
        let mut container = Container::open(*self, marker)?;
        // Numbers of one type are gone past in one step, or checking a large file would take as long as reading it.
        let fixed = container.marker.and_then(width).zip(container.left);
        if let (Some((bytes, count)), b'[') = (fixed, marker) {
            *self = container.cursor;
            let bytes = bytes.saturating_mul(count);
            return self.take(bytes).map(drop);
        }
        loop {
            let more = match marker {
                b'{' => container.key()?.is_some(),
                _ => container.has_next()?,
            };
            if !more {
                *self = container.cursor;
                return Ok(());
            }
            let element = container.element()?;
            container.cursor.skip(element, depth)?;
        }
    }
}

/// How many bytes a value of a marker has, where that is told by the marker alone.
fn width(marker: u8) -> Option<usize> {
    match marker {
        b'Z' | b'T' | b'F' => Some(0),
        b'i' | b'U' | b'C' => Some(1),
        b'I' => Some(2),
        b'l' | b'd' => Some(4),
        b'L' | b'D' => Some(8),
        _ => None,
    }
}
