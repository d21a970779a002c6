//! What can go wrong with the store. For operators: it names files and causes.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::change::Revision;
use crate::{release::Digest, sink::trouble::Trouble};

/// Why the store did not do what it was asked for.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the store's folder {path} cannot be used: {cause}", path = .path.display())]
    Folder { path: PathBuf, cause: io::Error },
    /// It may pass by itself: a full disk, a lock that another holds, a server that is away. Nothing was changed but where the text says so.
    #[error("the store cannot be used at the moment: {0}")]
    Unavailable(String),
    /// It needs an operator.
    #[error("the store cannot be used: {0}")]
    Unusable(String),
    #[error(
        "the store {place} was written by a newer version of scoregate (its schema is {found}, this one knows {known})"
    )]
    Newer {
        place: String,
        found: i64,
        known: usize,
    },
    #[error("the release {path} cannot be kept: {cause}", path = .path.display())]
    Release { path: PathBuf, cause: io::Error },
    #[error(
        "the release {path} is damaged: {reason}; deploy the same file again, or put a backup's in its place",
        path = .path.display()
    )]
    Damaged { path: PathBuf, reason: String },
    #[error("the bytes given as the release {given} are {found}")]
    WrongDigest { given: Digest, found: Digest },
    #[error("the release {0} is not in the store: add it first")]
    NoRelease(Digest),
}

/// Why a change was not made.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// Somebody else changed the slot meanwhile; nothing was changed.
    #[error(
        "the slot `{slot}` was changed by somebody else meanwhile: it is at {found}, the change was made from {expected}",
        found = told(.found),
        expected = told(.expected)
    )]
    Conflict {
        slot: String,
        expected: Option<Revision>,
        found: Option<Revision>,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn told(revision: &Option<Revision>) -> String {
    match revision {
        Some(revision) => format!("revision {revision}"),
        None => "no revision yet".to_owned(),
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Temporary(detail) => Self::Unavailable(detail),
            Trouble::Permanent(detail) | Trouble::Rows(detail, _) | Trouble::Closed(detail) => {
                Self::Unusable(detail)
            }
        }
    }
}

impl From<Trouble> for ChangeError {
    fn from(trouble: Trouble) -> Self {
        Self::Store(trouble.into())
    }
}
