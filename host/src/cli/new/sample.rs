//! Sample events, and what they hold: of each place, which kinds of values and which texts.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::Context as _;
use serde_json::Value;

use crate::file;

/// More would tell nothing new.
const EVENTS_MAX_COUNT: usize = 1000;
const FILE_MAX_BYTES: u64 = 64 << 20;
/// Objects within one another that are looked into.
const DEPTH_MAX: usize = 8;
/// Texts of a place that are kept; with more of them it is no category.
const TEXTS_MAX_COUNT: usize = 64;
const PLACES_MAX_COUNT: usize = 4096;

/// See the module.
#[derive(Default)]
pub struct Sample {
    /// As they are written.
    pub events: Vec<String>,
    /// By JSON Pointer.
    pub places: BTreeMap<String, Seen>,
}

/// What was seen at a place.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub numbers: bool,
    pub truths: bool,
    pub texts: bool,
    /// No more than [`TEXTS_MAX_COUNT`] of them.
    pub words: BTreeSet<String>,
}

impl Seen {
    /// Whether there are too many texts for categories.
    pub fn is_free_text(&self) -> bool {
        self.words.len() >= TEXTS_MAX_COUNT
    }
}

/// NDJSON, of which the first events are looked at.
pub fn read(path: &Path) -> anyhow::Result<Sample> {
    let shown = path.display();
    let bytes = file::read(path, FILE_MAX_BYTES).with_context(|| shown.to_string())?;
    let text = String::from_utf8(bytes).with_context(|| format!("{shown} is not UTF-8"))?;
    let mut sample = Sample::default();
    for (nth, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        if sample.events.len() == EVENTS_MAX_COUNT {
            break;
        }
        let event: Value = match serde_json::from_str(line) {
            Ok(event) => event,
            Err(error) => anyhow::bail!("{shown}: line {} is no JSON: {error}", nth + 1),
        };
        anyhow::ensure!(
            event.is_object(),
            "{shown}: line {} is no JSON object",
            nth + 1
        );
        look(&event, String::new(), 0, &mut sample.places);
        sample.events.push(line.trim().to_owned());
    }
    anyhow::ensure!(!sample.events.is_empty(), "{shown} has no event");
    Ok(sample)
}

fn look(value: &Value, pointer: String, depth: usize, places: &mut BTreeMap<String, Seen>) {
    if let Value::Object(map) = value {
        if depth < DEPTH_MAX {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                look(value, format!("{pointer}/{key}"), depth + 1, places);
            }
        }
        return;
    }
    if places.len() >= PLACES_MAX_COUNT && !places.contains_key(&pointer) {
        return;
    }
    let seen = places.entry(pointer).or_default();
    match value {
        Value::Number(_) => seen.numbers = true,
        Value::Bool(_) => seen.truths = true,
        Value::String(text) => {
            seen.texts = true;
            if seen.words.len() < TEXTS_MAX_COUNT {
                seen.words.insert(text.clone());
            }
        }
        _ => {}
    }
}
