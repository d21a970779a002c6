//! A model file as one document, be it JSON or UBJSON: parts that can tell their place, so that every error names it.

use serde::de::Deserialize;

use super::json;
use super::number::Plain;
use super::ubjson;
use crate::error::CompileError;
use crate::limits::NODES_MAX;

/// A part of the document.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Json(json::Element<'a>),
    Ubjson(ubjson::Element<'a>),
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
    /// Where it stands, e.g. `learner.objective`. It is looked for when it is asked: an error asks once, and a file has many parts.
    pub fn place(self) -> String {
        match self {
            Self::Json(element) => element.place(),
            Self::Ubjson(element) => element.place(),
        }
    }

    /// An error about this part.
    pub fn error(self, reason: impl Into<String>) -> CompileError {
        self.error_at(self.place(), reason)
    }

    /// An error about one element of this array.
    pub fn element_error(self, index: usize, reason: impl Into<String>) -> CompileError {
        let mut place = self.place();
        extend(&mut place, None, index);
        let element = match self {
            Self::Json(_) => self,
            Self::Ubjson(array) => Self::Ubjson(array.nth(index).unwrap_or(array)),
        };
        element.error_at(place, reason)
    }

    fn error_at(self, place: String, reason: impl Into<String>) -> CompileError {
        let place = if place.is_empty() {
            "the model file".to_owned()
        } else {
            place
        };
        CompileError::Invalid {
            place: match self {
                Self::Json(_) => place,
                Self::Ubjson(element) => format!("{place} (byte {})", element.at()),
            },
            reason: reason.into(),
        }
    }

    /// The part read as one value.
    pub fn value<T: Deserialize<'a>>(self) -> Result<T, CompileError> {
        let read = match self {
            Self::Json(element) => element.value(),
            Self::Ubjson(element) => element.value(),
        };
        read.map_err(|reason| self.error(reason))
    }

    /// The members of these names, where this object has them; one pass, for a part may be most of a large file.
    pub fn members<const N: usize>(
        self,
        names: [&'static str; N],
    ) -> Result<[Member<'a>; N], CompileError> {
        let parts = match self {
            Self::Json(element) => element
                .members(names)
                .map(|members| members.map(|member| member.map(Self::Json))),
            Self::Ubjson(element) => element
                .members(names)
                .map(|members| members.map(|member| member.map(Self::Ubjson))),
        };
        let mut parts = parts.map_err(|reason| self.error(reason))?.into_iter();
        Ok(names.map(|name| Member {
            object: self,
            name,
            part: parts.next().flatten(),
        }))
    }

    /// The member `name` of this object, if it has one.
    pub fn find(self, name: &'static str) -> Result<Option<Part<'a>>, CompileError> {
        let [member] = self.members([name])?;
        Ok(member.part())
    }

    /// The member `name` of this object.
    pub fn get(self, name: &'static str) -> Result<Part<'a>, CompileError> {
        let [member] = self.members([name])?;
        member.due()
    }

    /// The part read as an array of values; an error names the element.
    pub fn array<T: Deserialize<'a> + Plain>(self) -> Result<Vec<T>, CompileError> {
        let mut values = Vec::new();
        let push = |value| {
            if values.len() == NODES_MAX {
                return Err(self.error(format!("has more than {NODES_MAX} elements")));
            }
            values.push(value);
            Ok(())
        };
        let taken = match self {
            Self::Json(array) => array.each_value(push),
            Self::Ubjson(array) => array.each_value(push),
        };
        self.taken(taken).map(|()| values)
    }

    /// Calls `act` with each element of this array, one after the other.
    pub fn each(
        self,
        mut act: impl FnMut(Part<'a>) -> Result<(), CompileError>,
    ) -> Result<(), CompileError> {
        let taken = match self {
            Self::Json(array) => array.each(|_, element| act(Self::Json(element))),
            Self::Ubjson(array) => array.each(|_, element| act(Self::Ubjson(element))),
        };
        self.taken(taken)
    }

    fn taken(self, taken: Taken) -> Result<(), CompileError> {
        taken.map_err(|fault| match fault {
            Fault::Refused(error) => error,
            Fault::Wrong(Some(index), reason) => self.element_error(index, reason),
            Fault::Wrong(None, reason) => self.error(reason),
        })
    }
}

/// Goes on with a place: by a member's key, or an element's index.
pub(super) fn extend(place: &mut String, key: Option<&str>, index: usize) {
    match key {
        Some(key) if place.is_empty() => place.push_str(key),
        Some(key) => {
            place.push('.');
            place.push_str(key);
        }
        None => place.push_str(&format!("[{index}]")),
    }
}

/// A member that an object may have.
#[derive(Clone, Copy)]
pub(super) struct Member<'a> {
    object: Part<'a>,
    name: &'static str,
    part: Option<Part<'a>>,
}

impl<'a> Member<'a> {
    /// The member, if it is there.
    pub fn part(self) -> Option<Part<'a>> {
        self.part
    }

    /// The member, which must be there.
    pub fn due(self) -> Result<Part<'a>, CompileError> {
        let missing = || self.object.error(format!("`{}` is missing", self.name));
        self.part.ok_or_else(missing)
    }
}
