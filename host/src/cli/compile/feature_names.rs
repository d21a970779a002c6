//! `--feature-names`: a file of names or a list of them.

use std::{collections::HashSet, path::Path};

use anyhow::{Context as _, ensure};
use scoregate_compiler::limits::FEATURE_NAMES_MAX_BYTES;

use crate::file;

/// As many names as the model has features, all different.
pub fn read(given: &str, features: usize) -> anyhow::Result<Vec<String>> {
    let path = Path::new(given);
    let names = if path.is_file() {
        let bytes = file::read(path, FEATURE_NAMES_MAX_BYTES as u64);
        let bytes = bytes.with_context(|| given.to_owned())?;
        let text = std::str::from_utf8(&bytes);
        let text = text.with_context(|| format!("{given} is no text"))?;
        of_file(text).with_context(|| given.to_owned())?
    } else {
        given
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect()
    };
    check(&names, features).with_context(|| format!("--feature-names {given}"))?;
    Ok(names)
}

/// A JSON list, or a name a line.
fn of_file(text: &str) -> anyhow::Result<Vec<String>> {
    let text = text.trim();
    if text.starts_with('[') {
        return serde_json::from_str(text).context("it is no JSON list of texts");
    }
    Ok(text.lines().map(|line| line.trim().to_owned()).collect())
}

fn check(names: &[String], features: usize) -> anyhow::Result<()> {
    ensure!(
        names.len() == features,
        "it gives {} names where the model has {features} features; give a file with a name a line or a JSON list, or the names with commas between them",
        names.len()
    );
    let mut seen = HashSet::new();
    for (at, name) in names.iter().enumerate() {
        ensure!(!name.is_empty(), "name {at} is empty");
        ensure!(seen.insert(name), "it gives `{name}` twice");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(given: &str, features: usize) -> String {
        format!("{:#}", read(given, features).unwrap_err())
    }

    #[test]
    fn names_come_from_a_list_or_a_file() {
        assert_eq!(read("a, b c,d", 3).unwrap(), ["a", "b c", "d"]);
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("lines", "a\nb c\r\nd\n"), ("json", r#"["a", "b c", "d"]"#)] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            assert_eq!(read(path.to_str().unwrap(), 3).unwrap(), ["a", "b c", "d"]);
        }
    }

    #[test]
    fn names_that_do_not_fit_are_refused() {
        assert!(told("a,b", 3).contains("it gives 2 names where the model has 3 features"));
        assert!(told("a,b,a", 3).ends_with("it gives `a` twice"));
        assert!(told("a,,b", 3).ends_with("name 1 is empty"));
    }
}
