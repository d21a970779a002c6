//! `${NAME}` and `${file:PATH}` in a string of the file. No message holds what was put in.

use std::{cell::Cell, path::Path};

use super::{names::is_variable_name, text::quoted};
use crate::{
    file::{self, ReadError},
    limits::{CONFIG_SUBSTITUTED_MAX_BYTES, SECRET_MAX_BYTES},
};

/// Where values come from.
pub(super) struct Origins<'a> {
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    /// What a secret's path is relative to.
    pub(super) dir: &'a Path,
    /// Bytes that references may still add.
    left_bytes: Cell<usize>,
}

impl<'a> Origins<'a> {
    pub(super) fn new(env: &'a dyn Fn(&str) -> Option<String>, dir: &'a Path) -> Self {
        Self {
            env,
            dir,
            left_bytes: Cell::new(CONFIG_SUBSTITUTED_MAX_BYTES),
        }
    }

    /// Counts what a reference adds.
    fn take(&self, value: &str) -> Result<(), String> {
        let left = self.left_bytes.get().checked_sub(value.len());
        self.left_bytes.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(|| {
            format!(
                "the values of `${{…}}` are larger than {CONFIG_SUBSTITUTED_MAX_BYTES} bytes in all"
            )
        })
    }
}

/// A reference that has no value: as written, so that it can be found in the line, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) reference: String,
    pub(super) message: String,
}

/// A string with its references replaced.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Substituted {
    pub(super) text: String,
    /// Whether any was.
    pub(super) replaced: bool,
}

/// Replaces `${NAME}`, `${file:PATH}` and `$$`. Any other dollar sign stands for itself. What is put in is not looked at again.
pub(super) fn substitute(written: &str, origins: &Origins<'_>) -> Result<Substituted, Vec<Wrong>> {
    let mut text = String::with_capacity(written.len());
    let mut replaced = false;
    let mut wrongs = Vec::new();
    let mut rest = written;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("$$") {
            text.push('$');
            rest = after;
        } else if let Some(inner) = rest.strip_prefix("${") {
            let Some(length) = inner.find('}') else {
                wrongs.push(Wrong {
                    reference: rest.to_owned(),
                    message:
                        "`${` has no `}`; a dollar sign that begins no reference is written `$$`"
                            .to_owned(),
                });
                rest = "";
                break;
            };
            let value = resolve(&inner[..length], origins);
            match value.and_then(|value| origins.take(&value).map(|()| value)) {
                Ok(value) => {
                    replaced = true;
                    text.push_str(&value);
                }
                Err(message) => {
                    wrongs.push(Wrong {
                        reference: rest[..length + 3].to_owned(),
                        message,
                    });
                    // Beyond the limit nothing more is read.
                    if origins.left_bytes.get() == 0 {
                        break;
                    }
                }
            }
            rest = &inner[length + 1..];
        } else {
            text.push('$');
            rest = &rest[1..];
        }
    }
    text.push_str(rest);
    if wrongs.is_empty() {
        Ok(Substituted { text, replaced })
    } else {
        Err(wrongs)
    }
}

fn resolve(reference: &str, origins: &Origins<'_>) -> Result<String, String> {
    if let Some(path) = reference.strip_prefix("file:") {
        return secret(&origins.dir.join(path))
            .map_err(|why| format!("the secret's file {} {why}", quoted(path)));
    }
    if !is_variable_name(reference) {
        return Err(format!(
            "{} is neither a variable's name (letters, digits and `_`) nor `file:` and a path; a dollar sign is written `$$`",
            quoted(reference)
        ));
    }
    (origins.env)(reference).ok_or_else(|| {
        format!(
            "the environment variable {} is not set, or is not UTF-8",
            quoted(reference)
        )
    })
}

/// Reads a secret; the newline that editors put at its end is no part of it.
fn secret(path: &Path) -> Result<String, String> {
    let bytes = file::read(path, SECRET_MAX_BYTES).map_err(|error| match error {
        ReadError::Io(error) => format!("cannot be read: {error}"),
        ReadError::Irregular => "is no regular file".to_owned(),
        ReadError::TooLarge { .. } => format!("is larger than {SECRET_MAX_BYTES} bytes"),
    })?;
    let mut text = String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}
