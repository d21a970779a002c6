//! JSON read part by part, so that every error names its place and nothing is held but what is asked for: a part is first found
//! as raw text and only then read as what it must be.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::error::CompileError;

/// A part of the document and its place.
#[derive(Clone)]
pub(super) struct Part<'a> {
    place: String,
    raw: &'a RawValue,
}

impl<'a> Part<'a> {
    /// The whole document. It is checked as JSON here, so no later step meets a syntax error.
    pub fn root(file: &'a [u8]) -> Result<Self, CompileError> {
        let text = std::str::from_utf8(file).map_err(|error| {
            CompileError::Syntax(format!("byte {} is not UTF-8", error.valid_up_to()))
        })?;
        let raw = serde_json::from_str(text)
            .map_err(|error| CompileError::Syntax(explain(text, &error)))?;
        Ok(Self {
            place: String::new(),
            raw,
        })
    }

    /// Where it stands, e.g. `learner.objective`.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// An error about this part.
    pub fn error(&self, reason: impl Into<String>) -> CompileError {
        let place = if self.place.is_empty() {
            "the model file".to_owned()
        } else {
            self.place.clone()
        };
        CompileError::Invalid {
            place,
            reason: reason.into(),
        }
    }

    /// An error about one element of this array.
    pub fn element_error(&self, index: usize, reason: impl Into<String>) -> CompileError {
        CompileError::Invalid {
            place: format!("{}[{index}]", self.place),
            reason: reason.into(),
        }
    }

    /// The part read as one value.
    pub fn value<T: Deserialize<'a>>(&self) -> Result<T, CompileError> {
        serde_json::from_str(self.raw.get()).map_err(|error| self.error(plain(&error)))
    }

    /// The members of these names, where this object has them; one pass, for a part may be most of a large file.
    pub fn members<const N: usize>(
        &self,
        names: [&'static str; N],
    ) -> Result<[Member<'a>; N], CompileError> {
        let raws = serde_json::Deserializer::from_str(self.raw.get())
            .deserialize_map(Members(names))
            .map_err(|error| self.error(plain(&error)))?;
        let mut raws = raws.into_iter();
        Ok(names.map(|name| Member {
            object: self.clone(),
            name,
            raw: raws.next().flatten(),
        }))
    }

    /// The member `name` of this object, if it has one.
    pub fn find(&self, name: &'static str) -> Result<Option<Part<'a>>, CompileError> {
        let [member] = self.members([name])?;
        Ok(member.part())
    }

    /// The member `name` of this object.
    pub fn get(&self, name: &'static str) -> Result<Part<'a>, CompileError> {
        let [member] = self.members([name])?;
        member.due()
    }

    /// The part read as an array of values; an error names the element.
    pub fn array<T: Deserialize<'a>>(&self) -> Result<Vec<T>, CompileError> {
        let mut values = Vec::new();
        self.each_value(|_, value| {
            values.push(value);
            Ok(())
        })?;
        Ok(values)
    }

    /// Calls `act` with each element of this array, one after the other.
    pub fn each(
        &self,
        mut act: impl FnMut(Part<'a>) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        self.each_value(|index, raw: &'a RawValue| {
            act(Part {
                place: format!("{}[{index}]", self.place),
                raw,
            })
        })
    }

    fn each_value<T: Deserialize<'a>>(
        &self,
        act: impl FnMut(usize, T) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        let at = Cell::new(None);
        let mut refused = None;
        let elements = Elements {
            at: &at,
            act,
            refused: &mut refused,
            of: PhantomData,
        };
        let read = serde_json::Deserializer::from_str(self.raw.get()).deserialize_seq(elements);
        match (read, refused, at.get()) {
            (Ok(()), _, _) => Ok(()),
            (Err(_), Some(error), _) => Err(error),
            (Err(error), None, Some(index)) => Err(self.element_error(index, plain(&error))),
            (Err(error), None, None) => Err(self.error(plain(&error))),
        }
    }
}

/// serde_json's message without its line and column, which would count from the part's beginning.
fn plain(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message
        .rsplit_once(" at line ")
        .map_or(message.clone(), |(reason, _)| reason.to_owned())
}

/// A syntax error, with a hint where the text has a number that JSON lacks but XGBoost writes.
fn explain(text: &str, error: &serde_json::Error) -> String {
    let line = text
        .lines()
        .nth(error.line().saturating_sub(1))
        .unwrap_or_default();
    let near = line
        .as_bytes()
        .get(error.column().saturating_sub(2)..)
        .unwrap_or_default();
    let near = near.strip_prefix(b"-").unwrap_or(near);
    if [near, near.get(1..).unwrap_or_default()]
        .iter()
        .any(|near| near.starts_with(b"NaN") || near.starts_with(b"Inf"))
    {
        return format!(
            "{error}: a NaN or an infinity stands there, as in a training that diverged"
        );
    }
    error.to_string()
}

/// A member that an object may have.
pub(super) struct Member<'a> {
    object: Part<'a>,
    name: &'static str,
    raw: Option<&'a RawValue>,
}

impl<'a> Member<'a> {
    /// The member, if it is there.
    pub fn part(&self) -> Option<Part<'a>> {
        let place = match self.object.place.as_str() {
            "" => self.name.to_owned(),
            object => format!("{object}.{}", self.name),
        };
        self.raw.map(|raw| Part { place, raw })
    }

    /// The member, which must be there.
    pub fn due(&self) -> Result<Part<'a>, CompileError> {
        let missing = || self.object.error(format!("`{}` is missing", self.name));
        self.part().ok_or_else(missing)
    }
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
