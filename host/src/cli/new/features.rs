//! What the mapping adapter is told of each feature: where it is, and what it is made of.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    labels::Labels,
    places,
    sample::{Sample, Seen},
};
use crate::tensor::Datatype;

/// A feature as the configuration has it, and what its author is told beside it.
pub struct Feature {
    pub config: Value,
    pub comment: Option<String>,
}

/// Fields that features are computed from, by their names.
pub type Fields = BTreeMap<String, Value>;

/// Of a column of an input of that datatype. Without a sample each is a number, or a text, of its own name.
pub fn of(
    name: &str,
    datatype: Datatype,
    sample: Option<&Sample>,
    labels: &Labels,
    fields: &mut Fields,
) -> Feature {
    let is_text = datatype == Datatype::Bytes;
    if let Some(texts) = labels.get(name) {
        let place = sample.and_then(|sample| places::of(name, sample));
        let path = place.and_then(|(pointer, _)| path(name, pointer));
        return numbered(name, path, texts, None);
    }
    let Some(sample) = sample else {
        return read(name, None, is_text.then_some("string"), None);
    };
    if let Some((pointer, seen)) = places::of(name, sample) {
        return placed(name, pointer, seen, datatype);
    }
    if let Some((pointer, word)) = places::category(name, sample) {
        let field = field_name(pointer);
        let definition = json!({ "path": pointer, "type": "string" });
        fields.insert(field.clone(), definition);
        let text = Value::from(word);
        let expression = format!("{field} == {text}");
        return Feature {
            config: json!({ "name": name, "expression": expression }),
            comment: None,
        };
    }
    let comment = "not found in the sample: missing until its `path` or `expression` is given";
    read(
        name,
        None,
        is_text.then_some("string"),
        Some(comment.to_owned()),
    )
}

fn placed(name: &str, pointer: &str, seen: &Seen, datatype: Datatype) -> Feature {
    let path = path(name, pointer);
    if datatype == Datatype::Bytes {
        let comment =
            (!seen.texts).then(|| "no text in the sample, but the model takes one".to_owned());
        return read(name, path, Some("string"), comment);
    }
    match (seen.numbers, seen.truths, seen.texts) {
        (false, true, false) => read(name, path, Some("boolean"), None),
        (false, false, true) if seen.is_free_text() => {
            let comment = "a text in the sample: say by `labels`, `one_hot` or an `expression` which number it is";
            read(name, path, None, Some(comment.to_owned()))
        }
        (false, false, true) => labelled(name, path, seen),
        (_, _, true) | (true, true, _) => {
            let comment =
                "of several types in the sample: events whose value is no number are rejected";
            read(name, path, None, Some(comment.to_owned()))
        }
        _ => read(name, path, None, None),
    }
}

/// Texts for a feature that is a number: numbered as pandas and scikit-learn do it, in the order of the alphabet.
fn labelled(name: &str, path: Option<&str>, seen: &Seen) -> Feature {
    let words: Vec<String> = seen.words.iter().cloned().collect();
    let comment =
        "check that the model was trained on these numbers: from 0, in the order of the alphabet";
    numbered(name, path, &words, Some(comment.to_owned()))
}

fn numbered(name: &str, path: Option<&str>, texts: &[String], comment: Option<String>) -> Feature {
    let mut config = json!({ "name": name, "labels": texts, "other": "nan" });
    if let Some(path) = path {
        config["path"] = path.into();
    }
    Feature { config, comment }
}

/// None where the name says it already.
fn path<'p>(name: &str, pointer: &'p str) -> Option<&'p str> {
    (places::tokens(pointer) != [name]).then_some(pointer)
}

fn read(name: &str, path: Option<&str>, kind: Option<&str>, comment: Option<String>) -> Feature {
    let config = match (path, kind) {
        (None, None) => name.into(),
        (None, Some(kind)) => json!({ "name": name, "type": kind }),
        (Some(path), None) => json!({ "name": name, "path": path }),
        (Some(path), Some(kind)) => json!({ "name": name, "path": path, "type": kind }),
    };
    Feature { config, comment }
}

/// A name that expressions can use.
fn field_name(pointer: &str) -> String {
    let joined = places::tokens(pointer).join("_");
    let letters = joined.chars().map(|letter| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '_'
        }
    });
    // Never a word of the language, nor one that begins with a digit.
    format!("of_{}", letters.collect::<String>())
}
