//! The configuration, read piece by piece: every error names its place as a JSON Pointer, and an unknown key the nearest known one.

use std::cell::RefCell;

use serde_json::{Map, Value};

use crate::limits::TEXT_MAX_BYTES;

/// A value of the configuration and where it stands.
#[derive(Clone, Debug)]
pub struct Node<'c> {
    value: &'c Value,
    pointer: String,
}

/// An object whose keys are taken one by one.
pub struct Object<'c> {
    map: &'c Map<String, Value>,
    pointer: String,
    known: RefCell<Vec<&'static str>>,
}

/// Edits that turn a key into the one that was meant.
const TYPO_MAX_EDITS: usize = 2;

impl<'c> Node<'c> {
    pub fn root(value: &'c Value) -> Self {
        Self {
            value,
            pointer: String::new(),
        }
    }

    /// `message` at this place.
    pub fn wrong(&self, message: impl std::fmt::Display) -> String {
        wrong(&self.pointer, message)
    }

    fn expected(&self, what: &str) -> String {
        let is = match self.value {
            Value::Null => "null".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "a table".to_owned(),
            scalar => scalar_text(scalar),
        };
        self.wrong(format_args!("must be {what}, is {is}"))
    }

    pub fn is_text(&self) -> bool {
        self.value.is_string()
    }

    pub fn is_list(&self) -> bool {
        self.value.is_array()
    }

    pub fn object(&self, what: &str) -> Result<Object<'c>, String> {
        match self.value {
            Value::Object(map) => Ok(Object {
                map,
                pointer: self.pointer.clone(),
                known: RefCell::default(),
            }),
            _ => Err(self.expected(what)),
        }
    }

    /// A text of 1 to [`TEXT_MAX_BYTES`] bytes.
    pub fn text(&self, what: &str) -> Result<&'c str, String> {
        self.text_within(what, TEXT_MAX_BYTES)
    }

    pub fn text_within(&self, what: &str, max_bytes: usize) -> Result<&'c str, String> {
        let text = self.value.as_str().ok_or_else(|| self.expected(what))?;
        if text.is_empty() || text.len() > max_bytes {
            let bytes = text.len();
            return Err(self.wrong(format_args!(
                "must have 1 to {max_bytes} bytes, has {bytes}"
            )));
        }
        Ok(text)
    }

    /// A text that may be empty.
    pub fn any_text(&self) -> Result<&'c str, String> {
        self.value.as_str().ok_or_else(|| self.expected("a text"))
    }

    pub fn number(&self) -> Result<f64, String> {
        let number = self.value.as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| self.expected("a number"))
    }

    pub fn index(&self, what: &str) -> Result<usize, String> {
        let number = self.value.as_u64().and_then(|n| usize::try_from(n).ok());
        number.ok_or_else(|| self.expected(what))
    }

    pub fn integer(&self) -> Result<i64, String> {
        self.value
            .as_i64()
            .ok_or_else(|| self.expected("a whole number"))
    }

    /// A list of 1 to `max_count`.
    pub fn list(&self, what: &str, max_count: usize) -> Result<Vec<Node<'c>>, String> {
        let items = self.value.as_array().ok_or_else(|| self.expected(what))?;
        if items.is_empty() || items.len() > max_count {
            let count = items.len();
            return Err(self.wrong(format_args!(
                "must have 1 to {max_count} items, has {count}"
            )));
        }
        let nodes = items.iter().enumerate().map(|(index, value)| Node {
            value,
            pointer: format!("{}/{index}", self.pointer),
        });
        Ok(nodes.collect())
    }

    /// A list of texts.
    pub fn texts(&self, what: &str, max_count: usize) -> Result<Vec<&'c str>, String> {
        let items = self.list(what, max_count)?;
        items.iter().map(|item| item.text("a text")).collect()
    }
}

impl<'c> Object<'c> {
    /// The value of a key, if it is there.
    pub fn get(&self, key: &'static str) -> Option<Node<'c>> {
        self.known.borrow_mut().push(key);
        self.map.get(key).map(|value| self.child(key, value))
    }

    pub fn required(&self, key: &'static str) -> Result<Node<'c>, String> {
        let missing = || wrong(&self.pointer, format_args!("has no `{key}`"));
        self.get(key).ok_or_else(missing)
    }

    /// Of these keys, those that are there.
    pub fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.map.contains_key(*key))
    }

    /// Whether it has a key beside these.
    pub fn has_beside(&self, keys: &[&str]) -> bool {
        self.map.keys().any(|key| !keys.contains(&key.as_str()))
    }

    /// Every key that was not asked for is a mistake.
    pub fn finish(&self) -> Result<(), String> {
        let known = self.known.borrow();
        let unknown = |key: &&String| !known.contains(&key.as_str());
        let Some(key) = self.map.keys().find(unknown) else {
            return Ok(());
        };
        let near = nearest(key, known.iter().copied());
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are `{}`", known.join("`, `")),
        };
        Err(wrong(
            &self.pointer,
            format_args!("has an unknown key {}; {hint}", checks::quote(key)),
        ))
    }

    /// All keys with their values, for tables whose keys are names.
    pub fn entries(&self) -> impl Iterator<Item = (&'c str, Node<'c>)> {
        self.map
            .iter()
            .map(|(key, value)| (key.as_str(), self.child(key, value)))
    }

    pub fn len(&self) -> usize {
        self.map.len()
    }

    pub fn wrong(&self, message: impl std::fmt::Display) -> String {
        wrong(&self.pointer, message)
    }

    fn child(&self, key: &str, value: &'c Value) -> Node<'c> {
        let key = key.replace('~', "~0").replace('/', "~1");
        Node {
            value,
            pointer: format!("{}/{key}", self.pointer),
        }
    }
}

fn wrong(pointer: &str, message: impl std::fmt::Display) -> String {
    match pointer {
        "" => format!("the configuration: {message}"),
        pointer => format!("{pointer}: {message}"),
    }
}

/// The candidate that a misspelt name is most like.
pub fn nearest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let near =
        candidates.map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate));
    let least = near.min_by_key(|(edits, _)| *edits)?;
    (least.0 <= TYPO_MAX_EDITS && least.0 < name.len()).then_some(least.1)
}

fn scalar_text(scalar: &Value) -> String {
    match scalar {
        Value::String(text) => checks::quote(text),
        other => other.to_string(),
    }
}
