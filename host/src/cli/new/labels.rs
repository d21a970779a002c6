//! `--labels`: which number each text of a feature had in training.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use anyhow::{Context as _, ensure};

use crate::file;

const FILE_MAX_BYTES: u64 = 4 << 20;

/// By the feature's name, its texts in the order of their numbers from 0.
pub type Labels = BTreeMap<String, Vec<String>>;

/// Reads them and holds them against the model's features.
pub fn read<'m>(
    path: &Path,
    features: impl IntoIterator<Item = &'m String>,
) -> anyhow::Result<Labels> {
    let shown = path.display();
    let bytes = file::read(path, FILE_MAX_BYTES).with_context(|| shown.to_string())?;
    let labels: Labels = serde_json::from_slice(&bytes)
        .with_context(|| format!("{shown} is no JSON object of lists of texts"))?;
    let features: HashSet<&String> = features.into_iter().collect();
    for (name, texts) in &labels {
        ensure!(
            features.contains(name),
            "{shown}: `{name}` is no feature of the model"
        );
        ensure!(!texts.is_empty(), "{shown}: `{name}` has no text");
        let mut seen = HashSet::new();
        let twice = texts.iter().find(|text| !seen.insert(*text));
        if let Some(text) = twice {
            anyhow::bail!("{shown}: `{name}` has the text `{text}` twice");
        }
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str) -> Result<Labels, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), json).unwrap();
        let features = ["currency".to_owned(), "amount".to_owned()];
        read(file.path(), &features).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn labels_are_lists_of_texts_by_the_names_of_features() {
        let labels = told(r#"{ "currency": ["CHF", "EUR"] }"#).unwrap();
        assert_eq!(labels["currency"], ["CHF", "EUR"]);
    }

    #[test]
    fn labels_that_do_not_fit_are_refused() {
        for (json, expected) in [
            ("[1]", "is no JSON object of lists of texts"),
            (
                r#"{ "city": ["Bern"] }"#,
                "`city` is no feature of the model",
            ),
            (r#"{ "currency": [] }"#, "`currency` has no text"),
            (r#"{ "currency": ["a", "b", "a"] }"#, "the text `a` twice"),
        ] {
            let error = told(json).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
