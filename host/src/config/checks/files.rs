//! No file serves two ends.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use super::super::{
    DeadLetter, Sink, Source,
    ends::{Ends, Placed},
    reader::Reader,
};

/// What a file is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Followed,
    DeadLetters,
    Database,
}

struct Used<'e> {
    purpose: Use,
    path: PathBuf,
    title: &'e str,
    span: Range<usize>,
}

pub(super) fn check(reader: &Reader<'_>, pipelines: &[Ends]) {
    let mut known: Vec<Used<'_>> = Vec::new();
    for used in pipelines.iter().flat_map(used) {
        if let Some((why, other)) = known
            .iter()
            .find_map(|other| Some((conflict(&used, other)?, other)))
        {
            let message = format!(
                "`path` in {} is the file of {}: {why}",
                used.title, other.title
            );
            reader.problem(used.span.clone(), message);
        }
        known.push(used);
    }
}

/// Why two ends cannot have one file.
fn conflict(one: &Used<'_>, other: &Used<'_>) -> Option<&'static str> {
    if one.path != other.path {
        return None;
    }
    match (one.purpose, other.purpose) {
        (Use::Followed, Use::Followed) => {
            Some("its place is kept by the file's name, so it can be followed once only")
        }
        (Use::Followed, _) | (_, Use::Followed) => {
            Some("what the gateway writes would come back as events")
        }
        (Use::Database, Use::DeadLetters) | (Use::DeadLetters, Use::Database) => {
            Some("a file of lines cannot be a database")
        }
        _ => None,
    }
}

fn used(ends: &Ends) -> Vec<Used<'_>> {
    let followed = ends.sources.iter().filter_map(|end| match &end.value {
        Source::File { path, .. } => Some(at(end, Use::Followed, path)),
        _ => None,
    });
    let databases = ends.sinks.iter().filter_map(|end| match &end.value {
        Sink::Sqlite { path, .. } => Some(at(end, Use::Database, path)),
        _ => None,
    });
    let dead = ends.dead_letter.iter().filter_map(|end| match &end.value {
        DeadLetter::File { path } => Some(at(end, Use::DeadLetters, path)),
        DeadLetter::Sqlite { path, .. } => Some(at(end, Use::Database, path)),
        _ => None,
    });
    let all = followed.chain(databases).chain(dead);
    // What is missing was told already.
    all.filter(|used| !used.path.as_os_str().is_empty())
        .collect()
}

fn at<'e, T>(end: &'e Placed<T>, purpose: Use, path: &Path) -> Used<'e> {
    Used {
        purpose,
        // Two spellings may be one place.
        path: std::path::absolute(path).unwrap_or_default(),
        title: &end.title,
        span: end.at("path"),
    }
}
