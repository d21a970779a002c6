//! The model that scores: in the sandbox and by the engine that serve it, with the limits of a slot.

use std::{ops::Range, path::Path, sync::Arc, time::Duration, time::Instant};

use anyhow::{Context as _, anyhow, bail};

use super::{Args, batch::Batch};
use crate::{
    limits::{COMPILE_MAX_BYTES, COMPILE_MAX_SECONDS, RESULT_MAX_BYTES},
    plugin::{
        Cache, CallError, Compiler, Engine, LoadError, ModelInstance, ModelRelease, Release,
        Settings, feature_names,
    },
    rollout::read_component,
    telemetry::Telemetry,
    tensor::{Signature, Tensor},
};

/// See the module.
pub struct Model {
    release: Arc<ModelRelease>,
    /// None after a fault: the next call starts a fresh one.
    instance: Option<ModelInstance>,
    pub feature_names: Option<Vec<String>>,
    /// The most rows of a call that may be hoped to end well.
    pub rows_max: usize,
    /// Spent in calls.
    pub took: Duration,
    /// Its clock is that of the deadlines.
    _engine: Engine,
}

impl Model {
    /// Takes the component through a release's way in.
    pub fn load(args: &Args) -> anyhow::Result<Self> {
        let component = read_component(&args.model)?;
        let settings = Settings {
            slot: "scored".into(),
            config_json: args.config.clone(),
            memory_max_bytes: args.memory_max_bytes,
            call_deadline_ms: args.call_deadline_ms,
            result_max_bytes: RESULT_MAX_BYTES,
        };
        let engine = Engine::new()?;
        let compiler = Compiler::child(COMPILE_MAX_SECONDS, COMPILE_MAX_BYTES);
        let release = with_cache(args.store.as_deref(), compiler, |cache| {
            Release::load(
                &engine,
                Some(cache),
                &Telemetry::new(),
                settings,
                &component,
            )
        })?;
        let release = release.map_err(|error| match error {
            LoadError::Config(reason) => anyhow!(
                "its `configure` refuses `--config {}`: {reason}",
                args.config
            ),
            error => error.into(),
        })?;
        let Release::Model(release) = release else {
            bail!(
                "it is an adapter; a file of features is scored by a model, and events by a gateway"
            );
        };
        Ok(Self {
            release,
            instance: None,
            feature_names: feature_names(&component)?,
            rows_max: usize::MAX,
            took: Duration::ZERO,
            _engine: engine,
        })
    }

    pub fn signature(&self) -> &Signature {
        &self.release.signature
    }

    /// What it says of itself.
    pub fn parts(&self) -> &crate::plugin::Parts {
        &self.release.parts
    }

    /// The outputs of a batch whose first row is the file's `first_row`.
    pub fn score(&mut self, batch: &Batch, first_row: u64) -> anyhow::Result<Vec<Tensor>> {
        let start = Instant::now();
        let outputs = self.rows(batch, 0..batch.rows(), first_row);
        self.took += start.elapsed();
        outputs
    }

    /// What cannot be scored together is scored in halves on fresh instances, down to the row that is at fault.
    fn rows(
        &mut self,
        batch: &Batch,
        rows: Range<usize>,
        first_row: u64,
    ) -> anyhow::Result<Vec<Tensor>> {
        let tensors = batch.tensors(rows.clone());
        let tensors: Vec<&Tensor> = tensors.iter().collect();
        let mut instance = match self.instance.take() {
            Some(instance) => instance,
            None => self.release.instance().map_err(|error| ended(error, ""))?,
        };
        let error = match instance.infer(&tensors) {
            Ok(outputs) => {
                self.instance = Some(instance);
                return Ok(outputs);
            }
            Err(error) => error,
        };
        drop(instance);
        if rows.len() <= 1 {
            let row = first_row + rows.start as u64;
            return Err(ended(error, &format!("row {row}: ")));
        }
        let middle = rows.start + rows.len() / 2;
        self.rows_max = self.rows_max.min(rows.len().div_ceil(2));
        let first = self.rows(batch, rows.start..middle, first_row)?;
        let second = self.rows(batch, middle..rows.end, first_row)?;
        joined(first, second)
    }
}

/// A store's cache where one is given, else one that nobody else sees and that goes with the command.
fn with_cache<R>(
    store: Option<&Path>,
    compiler: Compiler,
    load: impl FnOnce(&Cache) -> R,
) -> anyhow::Result<R> {
    let Some(store) = store else {
        let folder = tempfile::tempdir().context("there is no folder for temporary files")?;
        return Ok(load(&Cache::open(folder.path(), compiler)?));
    };
    if !store.is_dir() {
        bail!("--store {}: there is no such folder", store.display());
    }
    Ok(load(&Cache::open(store, compiler)?))
}

fn ended(error: CallError, row: &str) -> anyhow::Error {
    match error {
        CallError::Fault(fault) => anyhow!(
            "{row}the model's fault: {} ({})",
            fault.detail,
            fault.kind.name()
        ),
        CallError::InvalidInput(reason) => anyhow!("{row}the model refuses it: {reason}"),
        CallError::NoRoom => anyhow!("there is no room for an instance"),
    }
}

/// Rows of two calls as if they had come from one.
fn joined(mut first: Vec<Tensor>, second: Vec<Tensor>) -> anyhow::Result<Vec<Tensor>> {
    for (first, second) in first.iter_mut().zip(second) {
        if first.shape[1..] != second.shape[1..] {
            bail!("the model answers with rows of different lengths");
        }
        first.shape[0] += second.shape[0];
        first.data.extend(second.data);
    }
    Ok(first)
}
