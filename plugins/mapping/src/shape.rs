//! A JSON event, read in one pass: only what the configuration names is kept, and nothing is built for the rest.

use std::{borrow::Cow, cell::Cell as Slot, cmp::Ordering, fmt};

use scoregate_sdk::Rejection;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{cell::Cell, limits::EVENT_MAX_BYTES};

/// Where in the event which cells are.
#[derive(Debug)]
pub enum Shape {
    /// A value, for these cells.
    Leaf(Vec<usize>),
    /// An object or a list.
    Branch(Branch),
}

/// Children in the order of their keys' lengths, then of their bytes.
#[derive(Debug, Default)]
pub struct Branch(Vec<Child>);

#[derive(Debug)]
struct Child {
    key: Box<str>,
    shape: Shape,
    /// Whose key followed this one's the last time: senders write an object's keys in one order as a rule.
    next: Slot<usize>,
}

impl Branch {
    /// Adds the path `tokens` for a cell.
    ///
    /// # Errors
    /// Another path goes through it, or ends within it.
    pub fn add(&mut self, tokens: &[String], cell: usize) -> Result<(), ()> {
        let Some((key, rest)) = tokens.split_first() else {
            return Err(());
        };
        let at = match self.find(key) {
            Ok(at) => at,
            Err(at) => {
                let fresh = match rest {
                    [] => Shape::Leaf(Vec::new()),
                    _ => Shape::Branch(Branch::default()),
                };
                let child = Child {
                    key: key.as_str().into(),
                    shape: fresh,
                    next: Slot::new(0),
                };
                self.0.insert(at, child);
                at
            }
        };
        match (&mut self.0[at].shape, rest) {
            (Shape::Leaf(cells), []) => {
                cells.push(cell);
                Ok(())
            }
            (Shape::Branch(branch), [_, ..]) => branch.add(rest, cell),
            _ => Err(()),
        }
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|child| order(&child.key, key))
    }

    /// The child of a key that comes after that of `last`.
    fn find_after(&self, last: Option<usize>, key: &str) -> Option<usize> {
        let last = last.map(|last| &self.0[last]);
        let guess = last.map_or(0, |last| last.next.get());
        if self.0.get(guess).is_some_and(|child| *child.key == *key) {
            return Some(guess);
        }
        let found = self.find(key).ok()?;
        if let Some(last) = last {
            last.next.set(found);
        }
        Some(found)
    }

    /// Reads one event.
    ///
    /// # Errors
    /// It is no JSON of at most [`EVENT_MAX_BYTES`], or holds a value that is asked for twice.
    pub fn read<'a>(&self, payload: &'a [u8], cells: &mut [Cell<'a>]) -> Result<(), Rejection> {
        let text = checks::text(payload, EVENT_MAX_BYTES)?;
        let because = |error: serde_json::Error| checks::because(&format!("payload: {error}"));
        let mut json = serde_json::Deserializer::from_str(text);
        let within = Within {
            branch: self,
            cells,
        };
        json.deserialize_any(within).map_err(because)?;
        json.end().map_err(because)
    }
}

/// By length first: most comparisons need no look at the bytes.
fn order(known: &str, key: &str) -> Ordering {
    let by_length = known.len().cmp(&key.len());
    by_length.then_with(|| known.as_bytes().cmp(key.as_bytes()))
}

/// Reads what a branch names of an object or a list.
struct Within<'s, 'c, 'a> {
    branch: &'s Branch,
    cells: &'c mut [Cell<'a>],
}

impl<'a> Visitor<'a> for Within<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or a list")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let mut last = None;
        while let Some(found) = map.next_key_seed(Key(self.branch, last))? {
            match found {
                Some(at) => {
                    last = Some(at);
                    let (shape, cells) = (&self.branch.0[at].shape, &mut *self.cells);
                    map.next_value_seed(Value { shape, cells })?;
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<(), S::Error> {
        for index in 0_u32.. {
            let found = self.branch.find(&index.to_string());
            let more = match found {
                Ok(at) => {
                    let (shape, cells) = (&self.branch.0[at].shape, &mut *self.cells);
                    list.next_element_seed(Value { shape, cells })?.is_some()
                }
                Err(_) => list.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }
}

/// Which child a key is, where it is asked for, after the one before.
struct Key<'s>(&'s Branch, Option<usize>);

impl<'a> DeserializeSeed<'a> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.find_after(self.1, key))
    }
}

/// Reads one value that is asked for.
struct Value<'s, 'c, 'a> {
    shape: &'s Shape,
    cells: &'c mut [Cell<'a>],
}

impl<'a> DeserializeSeed<'a> for Value<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'a> Value<'_, '_, 'a> {
    fn set<E: Error>(self, value: Cell<'a>) -> Result<(), E> {
        // A value in the place of an object has none of the object's.
        let Shape::Leaf(cells) = self.shape else {
            return Ok(());
        };
        let Some((last, others)) = cells.split_last() else {
            return Ok(());
        };
        if !matches!(self.cells[*last], Cell::Absent) {
            return Err(E::custom("a field is there twice"));
        }
        for cell in others {
            self.cells[*cell] = value.clone();
        }
        self.cells[*last] = value;
        Ok(())
    }
}

impl<'a> Visitor<'a> for Value<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.set(Cell::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.set(Cell::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.set(Cell::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.set(Cell::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.set(Cell::Number(value))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'a str) -> Result<(), E> {
        self.set(Cell::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.set(Cell::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        match self.shape {
            Shape::Branch(branch) => Within {
                branch,
                cells: self.cells,
            }
            .visit_map(map),
            Shape::Leaf(_) => {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                self.set(Cell::Object)
            }
        }
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut list: S) -> Result<(), S::Error> {
        match self.shape {
            Shape::Branch(branch) => Within {
                branch,
                cells: self.cells,
            }
            .visit_seq(list),
            Shape::Leaf(_) => {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                self.set(Cell::List)
            }
        }
    }
}
