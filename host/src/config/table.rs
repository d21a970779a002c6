//! A table of the file, whose keys are asked for by name; those that nobody asked for are unknown.

use std::{
    ops::{Range, RangeInclusive},
    path::PathBuf,
};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    names::did_you_mean,
    reader::{Reader, Str},
    text::{quoted, shown},
};

/// A table, or what stands for one that the file leaves out.
pub(super) struct Table<'r> {
    pub(super) reader: &'r Reader<'r>,
    /// As a header names it, without brackets: `pipelines.fraud`. Empty for the file itself.
    path: String,
    /// Whether its header has two brackets.
    listed: bool,
    span: Range<usize>,
    entries: Option<&'r DeTable<'r>>,
    asked: Vec<&'static str>,
}

/// A key and its value, each with its place.
pub(super) type Entry<'r> = (&'r Spanned<DeString<'r>>, &'r Spanned<DeValue<'r>>);

/// What a number may be.
pub(super) struct Bounds {
    pub(super) min: u64,
    pub(super) max: u64,
    pub(super) default: u64,
    pub(super) unit: &'static str,
}

impl<'r> Table<'r> {
    /// The file itself.
    pub(super) fn root(reader: &'r Reader<'r>, entries: &'r DeTable<'r>) -> Self {
        Self::new(reader, String::new(), 0..0, Some(entries))
    }

    fn new(
        reader: &'r Reader<'r>,
        path: String,
        span: Range<usize>,
        entries: Option<&'r DeTable<'r>>,
    ) -> Self {
        Self {
            reader,
            path,
            listed: false,
            span,
            entries,
            asked: Vec::new(),
        }
    }

    /// Its header: `[pipelines.fraud]`.
    pub(super) fn title(&self) -> String {
        if self.listed {
            format!("[[{}]]", self.path)
        } else {
            format!("[{}]", self.path)
        }
    }

    /// Where its header stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    fn inside(&self) -> String {
        if self.path.is_empty() {
            "at the top of the file".to_owned()
        } else {
            format!("in {}", self.title())
        }
    }

    /// As a header names one of its keys.
    pub(super) fn path_of(&self, key: &str) -> String {
        let key = shown(key);
        if self.path.is_empty() {
            key
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The value of a key, whatever it is.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'r Spanned<DeValue<'r>>> {
        self.asked.push(key);
        self.entries.and_then(|entries| entries.get(key))
    }

    /// Where a problem with a key is shown: at its value, or at the header if the file leaves it out.
    pub(super) fn span_of(&self, key: &str) -> Range<usize> {
        let value = self.entries.and_then(|entries| entries.get(key));
        value.map_or(self.span.clone(), |value| value.span())
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, right: &str) {
        let given = self.reader.describe(value);
        let message = format!("`{key}` {} is {given}; it must be {right}", self.inside());
        self.reader.problem(value.span(), message);
    }

    /// An optional string; none if it is absent or wrong.
    pub(super) fn string(&mut self, key: &'static str) -> Option<Str> {
        let value = self.value(key)?;
        let DeValue::String(written) = value.get_ref() else {
            self.wrong_type(key, value, "a string");
            return None;
        };
        self.reader.string(written, value.span())
    }

    /// The strings of a list, without those that are wrong; `right` says what the list must be. None if it is absent.
    pub(super) fn strings(&mut self, key: &'static str, right: &str) -> Vec<Str> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong_type(key, value, right);
            return Vec::new();
        };
        let mut strings = Vec::new();
        for value in array {
            match value.get_ref() {
                DeValue::String(written) => {
                    strings.extend(self.reader.string(written, value.span()));
                }
                _ => self.wrong_type(key, value, right),
            }
        }
        strings
    }

    /// A string that must be there; `what` says in a few words what it would name.
    pub(super) fn required_string(&mut self, key: &'static str, what: &str) -> Option<Str> {
        if self
            .entries
            .is_none_or(|entries| !entries.contains_key(key))
        {
            let message = format!("{} needs `{key}`: {what}", self.title());
            self.reader.problem(self.span.clone(), message);
        }
        self.string(key)
    }

    /// A path as it is to be used: relative ones are relative to the file's folder.
    pub(super) fn path(&self, key: &str, path: &Str) -> PathBuf {
        if path.value.is_empty() || path.value.contains('\0') {
            let message = format!(
                "`{key}` {} is no path: it must not be empty or hold a NUL",
                self.inside()
            );
            self.reader.problem(path.span.clone(), message);
        }
        self.reader.dir().join(&path.value)
    }

    /// A path that must be there; empty if it is missing. `what` says in a few words what it would name.
    pub(super) fn required_path(&mut self, key: &'static str, what: &str) -> PathBuf {
        let path = self.required_string(key, what);
        path.map(|path| self.path(key, &path)).unwrap_or_default()
    }

    /// A number within its bounds; none if it is wrong.
    pub(super) fn number(&mut self, key: &'static str, bounds: &Bounds) -> Option<u64> {
        let Bounds { min, max, unit, .. } = *bounds;
        let Some(value) = self.value(key) else {
            return Some(bounds.default);
        };
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(key, value, &format!("an integer: {min} to {max} {unit}"));
            return None;
        };
        let number = i128::from_str_radix(integer.as_str(), integer.radix());
        if let Ok(number) = number
            && let Ok(number) = u64::try_from(number)
            && (min..=max).contains(&number)
        {
            return Some(number);
        }
        let given = quoted(self.reader.written(value.span()));
        let inside = self.inside();
        let message = format!("`{key}` {inside} is {given}; it must be {min} to {max} {unit}");
        self.reader.problem(value.span(), message);
        None
    }

    /// A number that need not be whole; none if it is absent or wrong.
    pub(super) fn decimal(
        &mut self,
        key: &'static str,
        range: RangeInclusive<f64>,
        unit: &str,
    ) -> Option<f64> {
        let value = self.value(key)?;
        let right = format!("a number: {} to {} {unit}", range.start(), range.end());
        let number = match value.get_ref() {
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .ok()
                .map(|number| number as f64),
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => {
                self.wrong_type(key, value, &right);
                return None;
            }
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let given = quoted(self.reader.written(value.span()));
            let message = format!("`{key}` {} is {given}; it must be {right}", self.inside());
            self.reader.problem(value.span(), message);
        }
        number
    }

    /// `true` or `false`; the latter if it is absent or wrong.
    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        let Some(value) = self.value(key) else {
            return false;
        };
        let DeValue::Boolean(flag) = value.get_ref() else {
            self.wrong_type(key, value, "true or false");
            return false;
        };
        *flag
    }

    /// A table of this one; an empty one if the file leaves it out.
    pub(super) fn table(&mut self, key: &'static str) -> Table<'r> {
        let path = self.path_of(key);
        let Some(value) = self.value(key) else {
            return Self::new(self.reader, path, self.span.clone(), None);
        };
        let DeValue::Table(entries) = value.get_ref() else {
            self.wrong_type(key, value, &format!("a table, [{path}]"));
            return Self::new(self.reader, path, value.span(), None);
        };
        Self::new(self.reader, path, value.span(), Some(entries))
    }

    /// The tables of this one, all of which are the user's to name, in the file's order; each with its name's place.
    pub(super) fn named(self) -> Vec<(String, Range<usize>, Table<'r>)> {
        let mut named = Vec::new();
        for (name, value) in self.entries.into_iter().flat_map(|entries| entries.iter()) {
            let path = self.path_of(name.get_ref());
            let entries = if let DeValue::Table(entries) = value.get_ref() {
                entries
            } else {
                let right = format!("a table, [{path}]");
                self.wrong_type(&shown(name.get_ref()), value, &right);
                continue;
            };
            let table = Self::new(self.reader, path, value.span(), Some(entries));
            named.push((name.get_ref().to_string(), name.span(), table));
        }
        // Headers may come in any order, and sub-tables before the table itself.
        named.sort_by_key(|(_, span, _)| span.start);
        named
    }

    /// The tables of a list; none if the file leaves it out. False if it is no list of tables only, which is then recorded.
    pub(super) fn list(&mut self, key: &'static str) -> (Vec<Table<'r>>, bool) {
        let path = self.path_of(key);
        let Some(value) = self.value(key) else {
            return (Vec::new(), true);
        };
        let right = format!("a list of tables, each with a header [[{path}]]");
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong_type(key, value, &right);
            return (Vec::new(), false);
        };
        let mut tables = Vec::new();
        let mut only_tables = true;
        for value in array {
            let DeValue::Table(entries) = value.get_ref() else {
                self.wrong_type(key, value, &right);
                only_tables = false;
                continue;
            };
            let mut table = Self::new(self.reader, path.clone(), value.span(), Some(entries));
            table.listed = true;
            tables.push(table);
        }
        (tables, only_tables)
    }

    /// A table of this one; none if the file leaves it out or has something else, which is then recorded.
    pub(super) fn table_if_one(&mut self, key: &'static str) -> Option<Table<'r>> {
        let table = self.table(key);
        table.entries.is_some().then_some(table)
    }

    /// What a table of this one holds, whose keys are somebody else's words, in the file's order.
    pub(super) fn settings(&mut self, key: &'static str) -> Vec<Entry<'r>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Table(entries) = value.get_ref() else {
            self.wrong_type(key, value, "a table of settings");
            return Vec::new();
        };
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
    }

    /// One of a few words, or none if the file leaves it out or has another one, which is then recorded.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let word = self.string(key)?;
        let known = choices.iter().find(|(name, _)| *name == word.value);
        if known.is_none() {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            let expected = || format!("; it must be one of `{}`", names.join("`, `"));
            let hint = if word.substituted {
                expected()
            } else {
                did_you_mean(&word.value, names.iter().copied(), expected)
            };
            let (inside, given) = (self.inside(), quoted(&word.written));
            let message = format!("`{key}` {inside} is {given}{hint}");
            self.reader.problem(word.span, message);
        }
        known.map(|(_, value)| *value)
    }

    /// Where the values of the keys stand that were asked for.
    pub(super) fn places(&self) -> Vec<(&'static str, Range<usize>)> {
        let entries = self.entries.into_iter();
        let asked = entries.flat_map(|entries| {
            let asked = self.asked.iter();
            asked.filter_map(|key| Some((*key, entries.get(*key)?.span())))
        });
        asked.collect()
    }

    /// Reports the keys that nobody asked for. `later` are those that this version does not serve yet.
    pub(super) fn finish(self, later: &[&str]) {
        for (key, _) in self.entries.into_iter().flat_map(|entries| entries.iter()) {
            let name: &str = key.get_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let inside = self.inside();
            let message = if later.contains(&name) {
                format!("`{name}` {inside} is not served by this version")
            } else {
                let known = || format!("; it knows `{}`", self.asked.join("`, `"));
                let hint = did_you_mean(name, self.asked.iter().copied(), known);
                format!("unknown key {} {inside}{hint}", quoted(name))
            };
            self.reader.problem(key.span(), message);
        }
    }
}
