//! The names of a configuration: fields and features, each settled once, those that it needs before it.

use std::collections::BTreeMap;

use crate::{
    definition,
    expression::{self, Built, Known},
    format::Format,
    limits::{DEPTH_MAX, EXPRESSION_MAX_BYTES, LABELS_MAX_COUNT, NAMES_MAX_COUNT},
    node::{Node, Object, nearest},
    rule::{Invalid, Kind, Missing, Rule},
};

/// A feature's own keys; with others beside them its table says what the field is.
pub const NAMING: [&str; 3] = ["name", "one_hot", "unknown"];

/// See the module.
pub struct Names<'c> {
    format: Format,
    declared: BTreeMap<String, Declared<'c>>,
    settled: BTreeMap<String, Known>,
    rules: Vec<Rule>,
    /// Cells of fields, in use by the rules.
    cells: usize,
    labels_left: usize,
    /// Names that wait for others.
    waiting: Vec<String>,
}

enum Declared<'c> {
    /// By a table.
    Table(Node<'c>),
    /// A feature that is a number of that name.
    Plain,
}

/// What reads events.
pub struct Fields {
    pub format: Format,
    pub rules: Vec<Rule>,
    pub cells: usize,
}

impl<'c> Names<'c> {
    pub fn new(format: Format, fields: Option<&Node<'c>>) -> Result<Self, String> {
        let mut names = Self {
            format,
            declared: BTreeMap::new(),
            settled: BTreeMap::new(),
            rules: Vec::new(),
            cells: 0,
            labels_left: LABELS_MAX_COUNT,
            waiting: Vec::new(),
        };
        if let Some(node) = fields {
            let table = node.object("a table of fields")?;
            if table.len() > NAMES_MAX_COUNT {
                let count = table.len();
                return Err(node.wrong(format_args!(
                    "has {count} fields; the limit is {NAMES_MAX_COUNT}"
                )));
            }
            for (name, field) in table.entries() {
                names
                    .declared
                    .insert(name.to_owned(), Declared::Table(field));
            }
        }
        Ok(names)
    }

    /// Declares a feature: by its own table, or as a plain number where no field has its name.
    pub fn declare(
        &mut self,
        name: &str,
        table: Option<&Node<'c>>,
        at: &Node<'c>,
    ) -> Result<(), String> {
        if self.declared.len() >= NAMES_MAX_COUNT {
            return Err(at.wrong(format_args!(
                "is one name too many; the limit is {NAMES_MAX_COUNT}"
            )));
        }
        let known = self.declared.contains_key(name);
        match table {
            Some(_) if known => Err(at.wrong(format_args!(
                "defines {} a second time; a feature that is defined elsewhere is named by its name alone",
                checks::quote(name)
            ))),
            Some(table) => {
                self.declared.insert(name.to_owned(), Declared::Table(table.clone()));
                Ok(())
            }
            None if known => Ok(()),
            None => {
                self.declared.insert(name.to_owned(), Declared::Plain);
                Ok(())
            }
        }
    }

    pub fn is_declared(&self, name: &str) -> bool {
        self.declared.contains_key(name)
    }

    /// Takes room for the texts of a one-hot list.
    pub fn count_labels(&mut self, node: &Node<'_>, count: usize) -> Result<(), String> {
        self.labels_left = self.labels_left.checked_sub(count).ok_or_else(|| {
            node.wrong(format_args!(
                "makes more than {LABELS_MAX_COUNT} labels of the whole configuration"
            ))
        })?;
        Ok(())
    }

    /// Settles all that is declared, so that every field is checked, and gives what reads events.
    pub fn finish(mut self) -> Result<Fields, String> {
        let names: Vec<String> = self.declared.keys().cloned().collect();
        for name in names {
            self.settle(&name)?;
        }
        Ok(Fields {
            format: self.format,
            rules: self.rules,
            cells: self.cells,
        })
    }

    /// What a name stands for.
    ///
    /// # Errors
    /// There is no such name, or it cannot be what it is said to be.
    pub fn settle(&mut self, name: &str) -> Result<Known, String> {
        if let Some(known) = self.settled.get(name) {
            return Ok(*known);
        }
        let Some(declared) = self.declared.get(name) else {
            return Err(self.unknown(name));
        };
        if self.waiting.iter().any(|waiting| waiting == name) {
            let circle = [&self.waiting[..], &[name.to_owned()]].concat();
            return Err(format!(
                "is computed from itself: `{}`",
                circle.join("` from `")
            ));
        }
        if self.waiting.len() >= usize::from(DEPTH_MAX) {
            return Err(format!(
                "is computed by way of more than {DEPTH_MAX} other fields"
            ));
        }
        let table = match declared {
            Declared::Table(node) => Some(node.clone()),
            Declared::Plain => None,
        };
        self.waiting.push(name.to_owned());
        let known = match table {
            Some(node) => self.define(name, &node)?,
            None => {
                let cell = self.next_cell();
                let label = self.format.add(name, None, cell)?;
                self.read(cell, label, Kind::Number, Missing::Stays, None)
            }
        };
        self.waiting.pop();
        self.settled.insert(name.to_owned(), known);
        Ok(known)
    }

    fn unknown(&self, name: &str) -> String {
        let hint = match nearest(name, self.declared.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "define it in `fields`, as in `{name} = {{ {} = … }}`",
                self.format.key()
            ),
        };
        format!("names {}, which is no field; {hint}", checks::quote(name))
    }

    fn next_cell(&mut self) -> usize {
        self.cells += 1;
        self.cells - 1
    }

    fn define(&mut self, name: &str, node: &Node<'c>) -> Result<Known, String> {
        let table = node.object("a table that says what the field is")?;
        // Of a feature's own table, which has them beside.
        let _ = (
            table.get("name"),
            table.get("one_hot"),
            table.get("unknown"),
        );
        let known = match table.get("expression") {
            Some(expression) => self.computed(name, &table, &expression),
            None => self.placed(name, &table),
        }?;
        table.finish()?;
        Ok(known)
    }

    fn computed(
        &mut self,
        name: &str,
        table: &Object<'c>,
        node: &Node<'c>,
    ) -> Result<Known, String> {
        let source = node.text_within("an expression", EXPRESSION_MAX_BYTES)?;
        if table.has_any(&["path", "column", "group", "type", "unit", "labels", "other"]) {
            return Err(table.wrong("has an `expression`, so it is not read from the event and is of the expression's own type"));
        }
        let built = expression::compile(source, &mut |name| self.settle(name));
        let at = |error: String| {
            if error.starts_with('/') {
                error
            } else {
                node.wrong(error)
            }
        };
        let (number, truth) = match built.map_err(at)? {
            Built::Number(number) => (number, false),
            Built::Truth(number) => (number, true),
            other => {
                return Err(node.wrong(format_args!(
                    "must give a number, true or false, but gives {}",
                    other.words()
                )));
            }
        };
        let invalid = match table.get("invalid") {
            None => Invalid::Rejects,
            Some(node) => match definition::word(&node, "reject")? {
                definition::Word::Missing => Invalid::Missing,
                definition::Word::Reject => Invalid::Rejects,
                definition::Word::Number(number) => Invalid::Number(number),
            },
        };
        let missing = definition::missing(table, false)?;
        let bounds = definition::bounds(table)?;
        let cell = self.next_cell();
        self.rules.push(Rule {
            label: name.into(),
            cell,
            kind: Kind::Expression(number, invalid),
            missing,
            bounds,
            texts: false,
        });
        Ok(if truth {
            Known::Truth(cell)
        } else {
            Known::Number(cell)
        })
    }

    fn placed(&mut self, name: &str, table: &Object<'c>) -> Result<Known, String> {
        let key = self.format.key();
        for other in ["path", "column", "group"] {
            if other != key && table.has_any(&[other]) {
                return Err(table.wrong(format_args!(
                    "has a `{other}`, but a field of this format has its place in `{key}`"
                )));
            }
        }
        let (place, labels) = (table.get(key), table.get("labels"));
        let texts = labels.is_some() || table.has_any(&["one_hot"]);
        let kind = definition::kind(table, labels.as_ref(), texts, &mut self.labels_left)?;
        let is_text = matches!(kind, Kind::Text);
        let missing = definition::missing(table, is_text)?;
        let bounds = definition::bounds(table)?;
        if is_text && bounds.is_some() {
            return Err(table.wrong("is a text, which has no `min` and `max`"));
        }
        let cell = self.next_cell();
        let label = self.format.add(name, place.as_ref(), cell);
        let label = label.map_err(|error| {
            if error.starts_with('/') {
                error
            } else {
                table.wrong(error)
            }
        })?;
        Ok(self.read(cell, label, kind, missing, bounds))
    }

    fn read(
        &mut self,
        cell: usize,
        label: String,
        kind: Kind,
        missing: Missing,
        bounds: Option<(f64, f64)>,
    ) -> Known {
        let known = match kind {
            Kind::Text => Known::Text(cell),
            Kind::Boolean => Known::Truth(cell),
            _ => Known::Number(cell),
        };
        let texts = !matches!(self.format, Format::Json(_));
        self.rules.push(Rule {
            label: label.into(),
            cell,
            kind,
            missing,
            bounds,
            texts,
        });
        known
    }
}
