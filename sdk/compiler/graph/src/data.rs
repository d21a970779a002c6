//! A tensor's elements.

use std::borrow::Cow;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Datatype {
    /// IEEE 754, 32 bits.
    F32,
    /// IEEE 754, 64 bits.
    F64,
    /// With a sign, 32 bits.
    I32,
    /// With a sign, 64 bits.
    I64,
    /// Zero or one.
    Bool,
    /// Bytes of any length, as a rule UTF-8.
    Text,
}

impl Datatype {
    /// Its name in messages: that of ONNX.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "float",
            Self::F64 => "double",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::Bool => "bool",
            Self::Text => "string",
        }
    }
}

/// One text: borrowed from the model's tables or from the caller's input, or made.
pub type Text<'a> = Cow<'a, [u8]>;

/// Texts, borrowed as a list or made. Not `Cow`, which would bind all texts to one exact lifetime.
#[derive(Clone, Debug)]
pub enum Texts<'a> {
    /// Somebody else's.
    Borrowed(&'a [Text<'a>]),
    /// Made, of texts that may be borrowed themselves.
    Owned(Vec<Text<'a>>),
}

impl<'a> Texts<'a> {
    /// The list, copied only where it is borrowed.
    pub fn into_owned(self) -> Vec<Text<'a>> {
        match self {
            Self::Borrowed(texts) => texts.to_vec(),
            Self::Owned(texts) => texts,
        }
    }
}

impl<'a> Deref for Texts<'a> {
    type Target = [Text<'a>];

    fn deref(&self) -> &[Text<'a>] {
        match self {
            Self::Borrowed(texts) => texts,
            Self::Owned(texts) => texts,
        }
    }
}

impl PartialEq for Texts<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<'a> From<Vec<Text<'a>>> for Texts<'a> {
    fn from(texts: Vec<Text<'a>>) -> Self {
        Self::Owned(texts)
    }
}

impl<'a> From<&'a [Text<'a>]> for Texts<'a> {
    fn from(texts: &'a [Text<'a>]) -> Self {
        Self::Borrowed(texts)
    }
}

impl<'a> FromIterator<Text<'a>> for Texts<'a> {
    fn from_iter<I: IntoIterator<Item = Text<'a>>>(texts: I) -> Self {
        Self::Owned(texts.into_iter().collect())
    }
}

/// Elements, row by row; borrowed from the model's tables or from the caller's input, or made.
#[derive(Clone, Debug, PartialEq)]
pub enum Data<'a> {
    /// See [`Datatype::F32`].
    F32(Cow<'a, [f32]>),
    /// See [`Datatype::F64`].
    F64(Cow<'a, [f64]>),
    /// See [`Datatype::I32`].
    I32(Cow<'a, [i32]>),
    /// See [`Datatype::I64`].
    I64(Cow<'a, [i64]>),
    /// See [`Datatype::Bool`]: one byte each, 0 or 1.
    Bool(Cow<'a, [u8]>),
    /// See [`Datatype::Text`].
    Text(Texts<'a>),
}

impl Data<'_> {
    /// What its elements are.
    pub fn datatype(&self) -> Datatype {
        match self {
            Self::F32(_) => Datatype::F32,
            Self::F64(_) => Datatype::F64,
            Self::I32(_) => Datatype::I32,
            Self::I64(_) => Datatype::I64,
            Self::Bool(_) => Datatype::Bool,
            Self::Text(_) => Datatype::Text,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(data) => data.len(),
            Self::F64(data) => data.len(),
            Self::I32(data) => data.len(),
            Self::I64(data) => data.len(),
            Self::Bool(data) => data.len(),
            Self::Text(data) => data.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the elements are its own, to be overwritten.
    pub fn is_owned(&self) -> bool {
        match self {
            Self::F32(data) => matches!(data, Cow::Owned(_)),
            Self::F64(data) => matches!(data, Cow::Owned(_)),
            Self::I32(data) => matches!(data, Cow::Owned(_)),
            Self::I64(data) => matches!(data, Cow::Owned(_)),
            Self::Bool(data) => matches!(data, Cow::Owned(_)),
            Self::Text(data) => matches!(data, Texts::Owned(_)),
        }
    }

    /// The same, borrowed from this one.
    pub fn borrowed(&self) -> Data<'_> {
        match self {
            Self::F32(data) => Data::F32(Cow::Borrowed(data)),
            Self::F64(data) => Data::F64(Cow::Borrowed(data)),
            Self::I32(data) => Data::I32(Cow::Borrowed(data)),
            Self::I64(data) => Data::I64(Cow::Borrowed(data)),
            Self::Bool(data) => Data::Bool(Cow::Borrowed(data)),
            Self::Text(data) => Data::Text(Texts::Borrowed(data)),
        }
    }

    /// The same, borrowed from nobody.
    pub fn into_owned(self) -> Data<'static> {
        match self {
            Self::F32(data) => Data::F32(Cow::Owned(data.into_owned())),
            Self::F64(data) => Data::F64(Cow::Owned(data.into_owned())),
            Self::I32(data) => Data::I32(Cow::Owned(data.into_owned())),
            Self::I64(data) => Data::I64(Cow::Owned(data.into_owned())),
            Self::Bool(data) => Data::Bool(Cow::Owned(data.into_owned())),
            Self::Text(data) => {
                let own = data.iter().map(|text| Cow::Owned(text.to_vec()));
                Data::Text(own.collect())
            }
        }
    }
}
