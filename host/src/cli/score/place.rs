//! Where a table comes from or goes to.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Stdin or stdout, written `-`.
    Std,
    File(PathBuf),
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "-" => Place::Std,
            path => Place::File(path.into()),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Std => f.write_str("-"),
            Place::File(path) => path.display().fmt(f),
        }
    }
}
