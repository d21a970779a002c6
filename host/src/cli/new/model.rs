//! The model that a pipeline is made around: its component, what it takes and what it gives.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use scoregate_compiler::{
    Options, compile_any,
    limits::MODEL_MAX_BYTES,
    reader::{Folder, read_model},
};

use crate::{
    file, limits,
    plugin::{Engine, ModelRelease, Release, Settings, feature_names},
    telemetry::Telemetry,
    tensor::TensorSpec,
};

/// See the module.
pub struct Model {
    pub component: Vec<u8>,
    pub release: Arc<ModelRelease>,
    /// Of each input, the names of its columns.
    pub columns: Vec<Vec<String>>,
}

const WASM_MAGIC: &[u8] = b"\0asm";

/// From a component, or from a trained model's file, which is compiled.
pub fn load(path: &Path, name: &str, engine: &Engine) -> anyhow::Result<Model> {
    let shown = path.display();
    let bytes = file::read(path, MODEL_MAX_BYTES as u64).with_context(|| shown.to_string())?;
    let component = if bytes.starts_with(WASM_MAGIC) {
        bytes
    } else {
        let options = Options {
            outputs: None,
            explain: false,
            name: name.to_owned(),
            version: "1".to_owned(),
            iterations: None,
        };
        let folder = Folder::of(path).with_context(|| shown.to_string())?;
        let model = read_model(&bytes, None, Some(&folder));
        model
            .and_then(|model| compile_any(&model, &options))
            .with_context(|| shown.to_string())?
    };
    let release = Release::load(
        engine,
        None,
        &Telemetry::new(),
        settings(name, "{}"),
        &component,
    );
    let Release::Model(release) = release.with_context(|| shown.to_string())? else {
        anyhow::bail!("{shown} is an adapter; a pipeline is made around a model");
    };
    let named = feature_names(&component)?.unwrap_or_default();
    let columns = columns(&release.signature.inputs, named)?;
    Ok(Model {
        component,
        release,
        columns,
    })
}

/// A slot of the default limits.
pub fn settings(slot: &str, config_json: &str) -> Settings {
    Settings {
        slot: slot.to_owned(),
        config_json: config_json.to_owned(),
        memory_max_bytes: limits::MEMORY_MAX_BYTES,
        call_deadline_ms: limits::CALL_DEADLINE_MS,
        result_max_bytes: limits::RESULT_MAX_BYTES,
    }
}

/// An input of one column is its own name. The columns of a wider one have the names that the model carries, else `NAME_0`, `NAME_1`, …
fn columns(inputs: &[TensorSpec], named: Vec<String>) -> anyhow::Result<Vec<Vec<String>>> {
    let mut named = named.into_iter();
    let all_named = named.len() as i64
        == inputs
            .iter()
            .map(|input| *input.shape.last().unwrap_or(&1))
            .sum::<i64>();
    let columns = inputs.iter().map(|input| {
        let width = match input.shape[..] {
            [_] => 1,
            [_, width] if width > 0 => width as usize,
            _ => anyhow::bail!(
                "the model's input `{input}` is no table of columns; write the adapter's configuration by hand, see the guide"
            ),
        };
        if all_named {
            return Ok(named.by_ref().take(width).collect());
        }
        let prefix = if input.name == "features" { "f" } else { &input.name };
        Ok(match width {
            1 if inputs.len() > 1 => vec![input.name.clone()],
            width => (0..width).map(|column| if prefix == "f" { format!("f{column}") } else { format!("{prefix}_{column}") }).collect(),
        })
    });
    columns.collect()
}
