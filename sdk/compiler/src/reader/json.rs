//! JSON read part by part: a part is first found as raw text and only then read as what it must be, so nothing is held but what is
//! asked for.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::document::{Fault, Taken};
use crate::error::CompileError;

/// The whole document. It is checked as JSON here, so no later step meets a syntax error.
pub(super) fn root(file: &[u8]) -> Result<&RawValue, CompileError> {
    let text = std::str::from_utf8(file).map_err(|error| {
        CompileError::Syntax(format!("byte {} is not UTF-8", error.valid_up_to()))
    })?;
    serde_json::from_str(text).map_err(|error| CompileError::Syntax(error.to_string()))
}

/// The same text with `null` in the place of each NaN and infinity, which XGBoost writes and JSON lacks; most files have none.
pub(super) fn finite(file: &[u8]) -> Cow<'_, [u8]> {
    let plain = |text: &str| !text.contains("NaN") && !text.contains("Infinity");
    if std::str::from_utf8(file).map_or(true, plain) {
        return Cow::Borrowed(file);
    }
    let mut kept = Vec::with_capacity(file.len() + file.len() / 16);
    let mut rest = file;
    let mut in_string = false;
    while let [first, behind @ ..] = rest {
        let word = [&b"NaN"[..], b"-Infinity", b"Infinity"]
            .into_iter()
            .find(|word| !in_string && rest.starts_with(word));
        if let Some(word) = word {
            kept.extend(b"null");
            rest = &rest[word.len()..];
            continue;
        }
        kept.push(*first);
        rest = behind;
        match first {
            b'"' => in_string = !in_string,
            b'\\' if in_string && !rest.is_empty() => {
                kept.push(rest[0]);
                rest = &rest[1..];
            }
            _ => {}
        }
    }
    Cow::Owned(kept)
}

/// A part read as one value.
pub(super) fn value<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, String> {
    serde_json::from_str(raw.get()).map_err(|error| plain(&error))
}

/// The members of these names, where this object has them.
pub(super) fn members<'a, const N: usize>(
    raw: &'a RawValue,
    names: [&'static str; N],
) -> Result<[Option<&'a RawValue>; N], String> {
    serde_json::Deserializer::from_str(raw.get())
        .deserialize_map(Members(names))
        .map_err(|error| plain(&error))
}

/// Calls `act` with each element of this array and its index.
pub(super) fn each<'a, T: Deserialize<'a>>(
    raw: &'a RawValue,
    act: impl FnMut(usize, T) -> Result<(), CompileError>,
) -> Taken {
    let at = Cell::new(None);
    let mut refused = None;
    let elements = Elements {
        at: &at,
        act,
        refused: &mut refused,
        of: PhantomData,
    };
    let read = serde_json::Deserializer::from_str(raw.get()).deserialize_seq(elements);
    match (read, refused) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(error)) => Err(Fault::Refused(error)),
        (Err(error), None) => Err(Fault::Wrong(at.get(), plain(&error))),
    }
}

/// serde_json's message without its line and column, which would count from the part's beginning.
fn plain(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message
        .rsplit_once(" at line ")
        .map_or(message.clone(), |(reason, _)| reason.to_owned())
}

/// Finds members of an object and skips the others.
struct Members<const N: usize>([&'static str; N]);

impl<'de, const N: usize> Visitor<'de> for Members<N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(which) = map.next_key_seed(OneOf(&self.0))? {
            let Some(which) = which else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if found[which].replace(map.next_value()?).is_some() {
                let name = self.0[which];
                return Err(A::Error::custom(format!("`{name}` stands there twice")));
            }
        }
        Ok(found)
    }
}

/// Compares a key without keeping it.
struct OneOf<'n>(&'n [&'static str]);

impl<'de> DeserializeSeed<'de> for OneOf<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for OneOf<'_> {
    type Value = Option<usize>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|name| *name == key))
    }
}

/// Hands on an array's elements and remembers which one is being read.
struct Elements<'c, T, F> {
    at: &'c Cell<Option<usize>>,
    act: F,
    refused: &'c mut Option<CompileError>,
    of: PhantomData<T>,
}

impl<'de, T, F> Visitor<'de> for Elements<'_, T, F>
where
    T: Deserialize<'de>,
    F: FnMut(usize, T) -> Result<(), CompileError>,
{
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        let mut index = 0;
        self.at.set(Some(index));
        while let Some(value) = elements.next_element()? {
            if let Err(error) = (self.act)(index, value) {
                *self.refused = Some(error);
                return Err(A::Error::custom("refused"));
            }
            index += 1;
            self.at.set(Some(index));
        }
        Ok(())
    }
}
