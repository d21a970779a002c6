//! The configuration that `new pipeline` writes: text for people, with a line for each feature.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    features::{self, Feature, Fields},
    labels::Labels,
    model::Model,
    sample::Sample,
};
use crate::tensor::{Datatype, TensorSpec};

/// Files beside it.
pub const ADAPTER_FILE: &str = "mapping.wasm";
pub const MODEL_FILE: &str = "model.wasm";

/// Of a pipeline of that name.
pub fn text(name: &str, model: &Model, sample: Option<&Sample>, labels: &Labels) -> String {
    let mut fields = Fields::new();
    let inputs: Vec<(&TensorSpec, Vec<Feature>)> =
        std::iter::zip(&model.release.signature.inputs, &model.columns)
            .map(|(input, columns)| {
                let features = columns.iter().map(|column| {
                    features::of(column, input.datatype, sample, labels, &mut fields)
                });
                (input, features.collect())
            })
            .collect();
    let mut toml = format!(
        r#"# Events in JSON to the model's features and its scores to decisions, by the mapping adapter: the guide lists what else it can.

[server]
http  = "127.0.0.1:8080"
admin = "127.0.0.1:8090"

[store]
path = "store"

[plugins.model]
file = "{MODEL_FILE}"

[plugins.mapping]
file = "{ADAPTER_FILE}"

[plugins.mapping.config]
"#
    );
    toml += &answer(&model.release.signature.outputs);
    match &inputs[..] {
        [(input, features)] if input.name == "features" && input.datatype == Datatype::Fp32 => {
            toml += &list("features", features);
        }
        inputs => {
            for (input, features) in inputs {
                let (name, datatype) = (quoted(&input.name), input.datatype);
                let _ = write!(
                    toml,
                    "\n[[plugins.mapping.config.inputs]]\nname = {name}\ndatatype = \"{datatype}\"\n"
                );
                toml += &list("features", features);
            }
        }
    }
    if !fields.is_empty() {
        toml += "\n[plugins.mapping.config.fields]\n";
        for (name, field) in &fields {
            let _ = writeln!(toml, "{name} = {}", inline(field));
        }
    }
    let _ = write!(
        toml,
        r#"
[pipelines.{name}]
adapter = "mapping"
model   = "model"

[[pipelines.{name}.sources]]
kind = "http"                       # POST /pipelines/{name}/score
"#
    );
    toml
}

/// Which output is the score, and what is decided by it.
fn answer(outputs: &[TensorSpec]) -> String {
    let numbers = |spec: &&TensorSpec| matches!(spec.datatype, Datatype::Fp32 | Datatype::Fp64);
    let named = |word: &str| {
        outputs
            .iter()
            .filter(numbers)
            .find(|spec| spec.name.contains(word))
    };
    let decision = outputs
        .iter()
        .find(|spec| spec.name.contains("label") && spec.datatype == Datatype::Bytes);
    let score = named("probabilit")
        .or_else(|| named("prediction"))
        .or_else(|| outputs.iter().find(numbers));
    let mut toml = String::new();
    if let Some(spec) = score {
        let _ = writeln!(toml, "score = {}", place(spec));
    }
    if let Some(spec) = decision {
        let _ = writeln!(toml, "decision = {}", place(spec));
    } else if score.is_some_and(|spec| {
        spec.name.contains("probabilit") && width(spec).is_none_or(|width| width <= 2)
    }) {
        toml += "decisions = [{ above = 0.5, decision = \"yes\" }]    # the highest first\notherwise = \"no\"\n";
    }
    toml
}

fn width(spec: &TensorSpec) -> Option<i64> {
    spec.shape.get(1).copied().filter(|width| *width > 0)
}

/// An output by its name, where that says all.
fn place(spec: &TensorSpec) -> String {
    // Of two classes' probabilities the second one's is meant.
    let column = i64::from(width(spec) == Some(2));
    if spec.datatype == Datatype::Fp32 && spec.shape.len() == 2 && column == 0 {
        return quoted(&spec.name);
    }
    let (name, datatype, shape) = (quoted(&spec.name), spec.datatype, &spec.shape);
    format!("{{ name = {name}, datatype = \"{datatype}\", shape = {shape:?}, column = {column} }}")
}

fn list(key: &str, features: &[Feature]) -> String {
    let mut toml = format!("{key} = [\n");
    for Feature { config, comment } in features {
        let comment = comment
            .as_ref()
            .map_or(String::new(), |comment| format!("    # {comment}"));
        let _ = writeln!(toml, "  {},{comment}", inline(config));
    }
    toml + "]\n"
}

/// A value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            // The name first, as a reader looks for it.
            let (mut keys, rest): (Vec<_>, Vec<_>) =
                map.iter().partition(|(key, _)| *key == "name");
            keys.extend(rest);
            let entries = keys
                .iter()
                .map(|(key, value)| format!("{key} = {}", inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A `$` is doubled: alone it begins a reference to the environment.
fn quoted(text: &str) -> String {
    toml::Value::String(text.replace('$', "$$")).to_string()
}
