//! UBJSON (draft 12), XGBoost's binary spelling of its JSON: values begin with a marker byte, numbers are big-endian, and arrays may
//! name one type and a length for all of their elements. XGBoost's writer is `UBJWriter` in src/common/json.cc.
//!
//! Strict: no-op markers, and elements of a length without bytes, are refused; so nothing takes longer than the file is long.

mod cursor;

use serde::de::value::{BorrowedStrDeserializer, Error as Refusal};
use serde::de::{Deserialize, IntoDeserializer};

use super::document::{Fault, Taken, extend};
use super::extents::Extents;
use crate::error::CompileError;
use crate::limits::NESTING_MAX;
use cursor::{Container, Cursor};

/// A file that is UBJSON.
pub(super) struct Document<'a> {
    file: &'a [u8],
    extents: Extents,
}

impl<'a> Document<'a> {
    /// Walks through the whole file once: no later step meets an end of the file or a marker that is none.
    pub fn new(file: &'a [u8]) -> Result<Self, CompileError> {
        let mut document = Self {
            file,
            extents: Extents::default(),
        };
        let mut extents = Extents::default();
        let mut cursor = Cursor::new(&document, 0);
        let root = cursor.element();
        let end = root.and_then(|root| {
            cursor.check(root, NESTING_MAX, &mut extents)?;
            Ok(cursor.at)
        });
        let end = end.map_err(CompileError::Binary)?;
        if end != file.len() {
            return Err(CompileError::Binary(format!(
                "the document ends at byte {end}, but the file has {} bytes",
                file.len()
            )));
        }
        document.extents = extents;
        Ok(document)
    }

    /// The whole document.
    pub fn root(&self) -> Element<'_> {
        Element::new(self, self.file[0], 1)
    }

    fn end(&self, at: usize) -> Option<usize> {
        self.extents.end(at)
    }
}

/// A value: its marker, and where its bytes begin.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    document: &'a Document<'a>,
    marker: u8,
    at: usize,
}

impl<'a> Element<'a> {
    fn new(document: &'a Document<'a>, marker: u8, at: usize) -> Self {
        Self {
            document,
            marker,
            at,
        }
    }

    /// Where its bytes begin in the file.
    pub fn at(self) -> usize {
        self.at
    }

    fn marker(self) -> u8 {
        self.marker
    }

    /// Where it stands in the document, e.g. `learner.objective`: looked for from the root, for it is asked when something is wrong.
    pub fn place(self) -> String {
        let mut place = String::new();
        // Whatever is here was walked through before.
        let _ = self.find(&mut place);
        place
    }

    fn find(self, place: &mut String) -> Result<(), String> {
        let mut around = self.document.root();
        'inside: while around.at != self.at {
            let mut container = Container::open(around.bytes(), around.marker)?;
            let mut index = 0;
            while let Some((key, child)) = container.next()? {
                container.cursor.skip(child)?;
                if self.at < container.cursor.at || self.at == child.at {
                    let key = (around.marker == b'{').then_some(key);
                    extend(place, key, index);
                    around = child;
                    continue 'inside;
                }
                index += 1;
            }
            break;
        }
        Ok(())
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
        while let Some((key, element)) = container.next()? {
            if let Some(which) = names.iter().position(|name| *name == key)
                && found[which].replace(element).is_some()
            {
                return Err(format!("`{}` stands there twice", names[which]));
            }
            container.cursor.skip(element)?;
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
        while let Some((_, element)) = container.next().map_err(array)? {
            act(index, element).map_err(Fault::Refused)?;
            container.cursor.skip(element).map_err(array)?;
            index += 1;
        }
        Ok(())
    }

    /// As [`Element::each`], with the elements read as values.
    pub fn each_value<T: Deserialize<'a>>(
        self,
        mut act: impl FnMut(T) -> Result<(), CompileError>,
    ) -> Taken {
        let array = |reason| Fault::Wrong(None, reason);
        let mut container = self.open(b'[').map_err(array)?;
        if let Some((marker, bytes)) = container.numbers().map_err(array)? {
            match marker {
                b'i' => return each_number(bytes, i8::from_be_bytes, act),
                b'U' => return each_number(bytes, u8::from_be_bytes, act),
                b'I' => return each_number(bytes, i16::from_be_bytes, act),
                b'l' => return each_number(bytes, i32::from_be_bytes, act),
                b'L' => return each_number(bytes, i64::from_be_bytes, act),
                b'd' => return each_number(bytes, f32::from_be_bytes, act),
                b'D' => return each_number(bytes, f64::from_be_bytes, act),
                _ => {}
            }
        }
        let mut wrong = None;
        let taken = self.each(|index, element| match element.value() {
            Ok(value) => act(value),
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
        Cursor::new(self.document, self.at)
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

/// Numbers of one type that lie side by side, without a look at each one's marker.
fn each_number<'a, T, N, const BYTES: usize>(
    bytes: &[u8],
    number: impl Fn([u8; BYTES]) -> N,
    mut act: impl FnMut(T) -> Result<(), CompileError>,
) -> Taken
where
    T: Deserialize<'a>,
    N: IntoDeserializer<'a, Refusal>,
{
    for (index, bytes) in bytes.as_chunks().0.iter().enumerate() {
        let read = T::deserialize(number(*bytes).into_deserializer());
        let value =
            read.map_err(|refusal: Refusal| Fault::Wrong(Some(index), refusal.to_string()))?;
        act(value).map_err(Fault::Refused)?;
    }
    Ok(())
}
