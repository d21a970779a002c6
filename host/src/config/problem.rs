//! The mistakes of a configuration file, all of them, and how they are printed.

use std::fmt;

use serde::Serialize;

use super::text::Place;
use crate::limits::CONFIG_PROBLEMS_MAX_COUNT;

/// One mistake. As data: `file`, `line`, `column` (from 1, in characters; null where no line is to blame) and `message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    file: String,
    place: Option<Place>,
    message: String,
}

/// Every mistake of a file, in the order of its lines. Printed as rustc prints its own; as data, a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    told: Vec<Problem>,
    /// Those beyond [`CONFIG_PROBLEMS_MAX_COUNT`].
    untold: usize,
}

impl Problem {
    pub(super) fn new(file: &str, place: Option<Place>, message: String) -> Self {
        Self {
            file: file.to_owned(),
            place,
            message,
        }
    }

    /// The file, as it was named.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// From 1; none where the file as a whole is to blame.
    pub fn line(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.line)
    }

    /// From 1, in characters.
    pub fn column(&self) -> Option<usize> {
        self.place.as_ref().map(|place| place.column)
    }

    /// One sentence: what is wrong, and what would be right.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl Problems {
    /// Sorts them by place; those of the whole file come last.
    pub(super) fn new(mut told: Vec<Problem>, untold: usize) -> Self {
        told.sort_by_key(|problem| {
            (
                problem.line().unwrap_or(usize::MAX),
                problem.column().unwrap_or(usize::MAX),
            )
        });
        Self { told, untold }
    }

    /// A single one that concerns the whole file.
    pub(super) fn of_file(file: &str, message: String) -> Self {
        Self::new(vec![Problem::new(file, None, message)], 0)
    }

    /// Those that are told, in the order of their lines.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.told.iter()
    }

    /// How many there are, told or not.
    pub fn count(&self) -> usize {
        self.told.len() + self.untold
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(place) = &self.place else {
            return write!(f, "{}: {}", self.file, self.message);
        };
        let Place { line, column, .. } = place;
        writeln!(f, "{}:{line}:{column}: {}", self.file, self.message)?;
        writeln!(f, "{line:>7} | {}", place.excerpt)?;
        let (indent, width) = (place.indent, place.width);
        write!(f, "{:>7} | {:indent$}{:^<width$}", "", "", "")
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.told.iter().enumerate() {
            let between = if nth == 0 { "" } else { "\n" };
            write!(f, "{between}{problem}")?;
        }
        if self.untold > 0 {
            write!(
                f,
                "\nand {} more problems beyond the {CONFIG_PROBLEMS_MAX_COUNT} that are told",
                self.untold
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Serialize for Problem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;

        let mut problem = serializer.serialize_struct("Problem", 4)?;
        problem.serialize_field("file", &self.file)?;
        problem.serialize_field("line", &self.line())?;
        problem.serialize_field("column", &self.column())?;
        problem.serialize_field("message", &self.message)?;
        problem.end()
    }
}

impl Serialize for Problems {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.told)
    }
}
