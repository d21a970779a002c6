//! A walk over the bytes of UBJSON.

use super::super::extents::Extents;
use super::{Document, Element};
use crate::limits::NESTING_MAX;

/// An object or array that is being walked through.
pub(super) struct Container<'a> {
    pub cursor: Cursor<'a>,
    end: u8,
    /// The type of all elements, where the head names one.
    marker: Option<u8>,
    /// Elements to come, where the head counts them; then no end marker follows.
    left: Option<usize>,
}

impl<'a> Container<'a> {
    pub fn open(mut cursor: Cursor<'a>, marker: u8) -> Result<Self, String> {
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
            if count > cursor.document.file.len() - cursor.at {
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

    /// The next element, and its key where this is an object; then the cursor must be brought to its end.
    pub fn next(&mut self) -> Result<Option<(&'a str, Element<'a>)>, String> {
        if !self.has_next()? {
            return Ok(None);
        }
        let key = if self.end == b'}' {
            self.cursor.text()?
        } else {
            ""
        };
        let element = match self.marker {
            Some(marker) => self.cursor.here(marker),
            None => self.cursor.element()?,
        };
        Ok(Some((key, element)))
    }

    /// Goes past values of an array whose length their markers tell, as far as they are whole: there may be as many as the file has bytes.
    fn pass(&mut self) {
        if self.end != b']' || self.marker.is_some() {
            return;
        }
        while self.left != Some(0)
            && let Some(bytes) = self.cursor.peek().and_then(width)
            && self.cursor.at + bytes < self.cursor.document.file.len()
        {
            self.cursor.at += 1 + bytes;
            self.left = self.left.map(|left| left - 1);
        }
    }

    /// An array's numbers of one type: its marker and their bytes, which are gone past.
    pub fn numbers(&mut self) -> Result<Option<(u8, &'a [u8])>, String> {
        let (Some(marker), Some(left), b']') = (self.marker, self.left, self.end) else {
            return Ok(None);
        };
        let Some(each) = width(marker) else {
            return Ok(None);
        };
        let bytes = self.cursor.take(each.saturating_mul(left))?;
        Ok(Some((marker, bytes)))
    }
}

/// A place in the file.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    document: &'a Document<'a>,
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(document: &'a Document<'a>, at: usize) -> Self {
        Self { document, at }
    }

    fn wrong(&self, reason: &str) -> String {
        format!("byte {}: {reason}", self.at)
    }

    fn here(&self, marker: u8) -> Element<'a> {
        Element::new(self.document, marker, self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.document.file.get(self.at).copied()
    }

    fn take(&mut self, bytes: usize) -> Result<&'a [u8], String> {
        let taken = self.document.file[self.at..].get(..bytes).ok_or_else(|| {
            self.wrong(&format!("the file ends where {bytes} more bytes were due"))
        })?;
        self.at += bytes;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.array().map(|[byte]| byte)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.take(N)?;
        Ok(std::array::from_fn(|at| bytes[at]))
    }

    /// A marker and the beginning of its value.
    pub fn element(&mut self) -> Result<Element<'a>, String> {
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

    pub fn text(&mut self) -> Result<&'a str, String> {
        let length = self.length()?;
        let at = self.at;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes)
            .map_err(|error| format!("byte {}: the text is not UTF-8", at + error.valid_up_to()))
    }

    /// Goes to the end of an element.
    pub fn skip(&mut self, element: Element<'a>) -> Result<(), String> {
        self.at = element.at();
        match element.marker() {
            b'S' | b'H' => self.text().map(drop),
            marker @ (b'[' | b'{') => match self.document.end(self.at) {
                Some(end) => {
                    self.at = end;
                    Ok(())
                }
                None => self.skip_elements(marker),
            },
            marker => self.skip_fixed(marker),
        }
    }

    fn skip_elements(&mut self, marker: u8) -> Result<(), String> {
        let mut container = Container::open(*self, marker)?;
        if container.numbers()?.is_none() {
            container.pass();
            while let Some((_, element)) = container.next()? {
                container.cursor.skip(element)?;
                container.pass();
            }
        }
        *self = container.cursor;
        Ok(())
    }

    fn skip_fixed(&mut self, marker: u8) -> Result<(), String> {
        let bytes = width(marker).ok_or_else(|| {
            format!(
                "byte {}: 0x{marker:02x} is no marker of UBJSON",
                self.at - 1
            )
        })?;
        self.take(bytes).map(drop)
    }

    /// Goes to the end of an element and checks it; `depth` containers may be inside of each other.
    pub fn check(
        &mut self,
        element: Element<'a>,
        depth: usize,
        extents: &mut Extents,
    ) -> Result<(), String> {
        let marker = element.marker();
        if !matches!(marker, b'[' | b'{') {
            return self.skip(element);
        }
        self.at = element.at();
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.wrong(&format!(
                "more than {NESTING_MAX} values are inside of each other"
            )));
        };
        let number = extents
            .open(self.at)
            .map_err(|reason| self.wrong(&reason))?;
        let mut container = Container::open(*self, marker)?;
        // Numbers of one type are gone past in one step.
        if container.numbers()?.is_none() {
            container.pass();
            while let Some((_, element)) = container.next()? {
                container.cursor.check(element, depth, extents)?;
                container.pass();
            }
        }
        *self = container.cursor;
        extents.close(number, self.at);
        Ok(())
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
