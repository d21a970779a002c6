//! The component that was made, in the sandbox and by the engine that serve it.

use std::{sync::Arc, time::Duration, time::Instant};

use anyhow::{Context as _, anyhow, bail};
use scoregate_compiler::description::{Description, Precision};

use crate::{
    limits::{
        CALL_DEADLINE_CEILING_MS, MEMORY_CEILING_BYTES, MEMORY_MAX_BYTES, RESULT_CEILING_BYTES,
    },
    plugin::{CallError, Engine, Face, Golden, ModelInstance, ModelRelease, Release, Settings},
    telemetry::Telemetry,
    tensor::{Signature, Tensor},
};

/// A component that was taken through a release's way in, and an instance of it.
pub struct Loaded {
    release: Arc<ModelRelease>,
    instance: ModelInstance,
}

impl Loaded {
    /// Its limits are those of no slot: whatever the model needs, within what a slot could ask for.
    pub fn load(engine: &Engine, component: &[u8]) -> anyhow::Result<Self> {
        let needed = 2 * component.len() as u64 + MEMORY_MAX_BYTES;
        let settings = Settings {
            slot: "compiled".into(),
            config_json: "{}".to_owned(),
            memory_max_bytes: needed.min(MEMORY_CEILING_BYTES),
            call_deadline_ms: CALL_DEADLINE_CEILING_MS,
            result_max_bytes: RESULT_CEILING_BYTES,
        };
        let release = Release::load(engine, None, &Telemetry::new(), settings, component)?;
        let Release::Model(release) = release else {
            bail!("the component is no model");
        };
        let instance = release.instance().map_err(ended)?;
        Ok(Self { release, instance })
    }

    /// Its inputs and outputs, as tensors are read by them.
    pub fn signature(&self) -> &Signature {
        &self.release.signature
    }

    /// Its inputs and outputs, as they are shown.
    pub fn face(&self) -> Face {
        Face::of(&Release::Model(self.release.clone()))
    }

    /// Memory of an instance.
    pub fn memory_bytes(&self) -> usize {
        self.instance.memory_bytes()
    }

    /// The outputs of these inputs, or why the model refuses them.
    pub fn call(&mut self, inputs: &[&Tensor]) -> anyhow::Result<Result<Vec<Tensor>, String>> {
        match self.instance.infer(inputs) {
            Ok(outputs) => Ok(Ok(outputs)),
            Err(CallError::InvalidInput(reason)) => Ok(Err(reason)),
            Err(error) => Err(ended(error)),
        }
    }

    /// How long a call takes; none for one that is refused.
    pub fn time(&mut self, inputs: &[&Tensor]) -> anyhow::Result<Option<Duration>> {
        let start = Instant::now();
        let answer = self.call(inputs)?;
        let took = start.elapsed();
        Ok(answer.is_ok().then_some(took))
    }

    /// Tries golden cases that the component is to carry.
    pub fn try_golden(&self, golden: &Golden) -> anyhow::Result<()> {
        Ok(self.release.try_golden(golden)?)
    }
}

/// See the module: of a model that is a sum, whose rows are lists of numbers.
pub struct Trial {
    pub loaded: Loaded,
    precision: Precision,
    features: usize,
}

impl Trial {
    /// Takes the component through a release's way in.
    pub fn load(engine: &Engine, component: &[u8], model: &Description) -> anyhow::Result<Self> {
        Ok(Self {
            loaded: Loaded::load(engine, component)?,
            precision: model.precision,
            features: model.features,
        })
    }

    /// The outputs of rows, each as its elements lie in a tensor.
    pub fn score(&mut self, values: &[f64], rows: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let (_, outputs) = self.answer(values, rows)?;
        Ok(outputs.into_iter().map(|tensor| tensor.data).collect())
    }

    /// Rows as the component takes them, and its outputs.
    pub fn answer(&mut self, values: &[f64], rows: usize) -> anyhow::Result<(Tensor, Vec<Tensor>)> {
        let features = self.tensor(values, rows);
        let outputs = self.loaded.call(&[&features])?.map_err(refused)?;
        Ok((features, outputs))
    }

    /// How long a call takes.
    pub fn time(&mut self, values: &[f64], rows: usize) -> anyhow::Result<Duration> {
        let features = self.tensor(values, rows);
        let took = self.loaded.time(&[&features])?;
        took.context("it refuses its input")
    }

    fn tensor(&self, values: &[f64], rows: usize) -> Tensor {
        let data = match self.precision {
            Precision::F32 => values
                .iter()
                .flat_map(|value| (*value as f32).to_le_bytes())
                .collect(),
            Precision::F64 => values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        };
        Tensor {
            shape: vec![rows as u64, self.features as u64],
            data,
        }
    }
}

fn refused(reason: String) -> anyhow::Error {
    anyhow!("it refuses its input: {reason}")
}

fn ended(error: CallError) -> anyhow::Error {
    match error {
        CallError::Fault(fault) => anyhow!("{} ({})", fault.detail, fault.kind.name()),
        CallError::InvalidInput(reason) => refused(reason),
        CallError::NoRoom => anyhow!("there is no room for an instance"),
    }
}
