//! What an event holds at one place.

use std::borrow::Cow;

/// Whole numbers up to here are exact.
pub const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell<'a> {
    #[default]
    Absent,
    Null,
    Number(f64),
    Boolean(bool),
    Text(Cow<'a, str>),
    List,
    Object,
}

impl Cell<'_> {
    /// In a sentence, after "is".
    pub fn words(&self) -> String {
        match self {
            Self::Absent => "missing".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Boolean(truth) => truth.to_string(),
            Self::Text(text) => checks::quote(text),
            Self::List => "a list".to_owned(),
            Self::Object => "an object".to_owned(),
        }
    }

    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }
}
