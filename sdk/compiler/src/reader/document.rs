//! A model file as one document, be it JSON or UBJSON: parts that know their place, so that every error names it.

use serde::de::Deserialize;
use serde_json::value::RawValue;

use super::json;
use super::ubjson::{self, Element};
use crate::error::CompileError;
use crate::limits::NODES_MAX;

/// A part of the document and its place.
#[derive(Clone)]
pub(super) struct Part<'a> {
    place: String,
    raw: Raw<'a>,
}

/// The part as the file spells it.
#[derive(Clone, Copy)]
enum Raw<'a> {
    Json(&'a RawValue),
    Ubjson(Element<'a>),
}

/// How an array was taken.
pub(super) type Taken = Result<(), Fault>;

/// Why an array was not taken to its end.
pub(super) enum Fault {
    /// Who takes the elements refused one.
    Refused(CompileError),
    /// This element is wrong, or the array itself.
    Wrong(Option<usize>, String),
}

impl<'a> Part<'a> {
    /// The whole document of JSON.
    pub fn json(file: &'a [u8]) -> Result<Self, CompileError> {
        json::root(file).map(|raw| Self::root(Raw::Json(raw)))
    }

    /// The whole document of UBJSON.
    pub fn ubjson(file: &'a [u8]) -> Result<Self, CompileError> {
        ubjson::root(file).map(|element| Self::root(Raw::Ubjson(element)))
    }

    fn root(raw: Raw<'a>) -> Self {
        Self {
            place: String::new(),
            raw,
        }
    }

    /// Where it stands, e.g. `learner.objective`.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// An error about this part.
    pub fn error(&self, reason: impl Into<String>) -> CompileError {
        let place = if self.place.is_empty() {
            "the model file"
        } else {
            &self.place
        };
        let place = match self.raw {
            Raw::Json(_) => place.to_owned(),
            Raw::Ubjson(element) => format!("{place} (byte {})", element.at()),
        };
        CompileError::Invalid {
            place,
            reason: reason.into(),
        }
    }

    /// An error about one element of this array.
    pub fn element_error(&self, index: usize, reason: impl Into<String>) -> CompileError {
        let place = format!("{}[{index}]", self.place);
        let raw = match self.raw {
            Raw::Json(_) => self.raw,
            Raw::Ubjson(array) => Raw::Ubjson(array.nth(index).unwrap_or(array)),
        };
        Part { place, raw }.error(reason)
    }

    /// The part read as one value.
    pub fn value<T: Deserialize<'a>>(&self) -> Result<T, CompileError> {
        let read = match self.raw {
            Raw::Json(raw) => json::value(raw),
            Raw::Ubjson(element) => element.value(),
        };
        read.map_err(|reason| self.error(reason))
    }

    /// The members of these names, where this object has them; one pass, for a part may be most of a large file.
    pub fn members<const N: usize>(
        &self,
        names: [&'static str; N],
    ) -> Result<[Member<'a>; N], CompileError> {
        let raws = match self.raw {
            Raw::Json(raw) => {
                json::members(raw, names).map(|raws| raws.map(|raw| raw.map(Raw::Json)))
            }
            Raw::Ubjson(element) => element
                .members(names)
                .map(|members| members.map(|member| member.map(Raw::Ubjson))),
        };
        let mut raws = raws.map_err(|reason| self.error(reason))?.into_iter();
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
        let push = |_, value| {
            if values.len() == NODES_MAX {
                return Err(self.error(format!("has more than {NODES_MAX} elements")));
            }
            values.push(value);
            Ok(())
        };
        let taken = match self.raw {
            Raw::Json(raw) => json::each(raw, push),
            Raw::Ubjson(array) => array.each_value(push),
        };
        self.taken(taken).map(|()| values)
    }

    /// Calls `act` with each element of this array, one after the other.
    pub fn each(
        &self,
        mut act: impl FnMut(Part<'a>) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        let mut act = |index, raw| {
            act(Part {
                place: format!("{}[{index}]", self.place),
                raw,
            })
        };
        let taken = match self.raw {
            Raw::Json(raw) => {
                json::each(raw, |index, raw: &'a RawValue| act(index, Raw::Json(raw)))
            }
            Raw::Ubjson(array) => array.each(|index, element| act(index, Raw::Ubjson(element))),
        };
        self.taken(taken)
    }

    fn taken(&self, taken: Taken) -> Result<(), CompileError> {
        taken.map_err(|fault| match fault {
            Fault::Refused(error) => error,
            Fault::Wrong(Some(index), reason) => self.element_error(index, reason),
            Fault::Wrong(None, reason) => self.error(reason),
        })
    }
}

/// A member that an object may have.
pub(super) struct Member<'a> {
    object: Part<'a>,
    name: &'static str,
    raw: Option<Raw<'a>>,
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
