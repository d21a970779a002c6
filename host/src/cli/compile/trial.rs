//! The component that was made, in the sandbox and by the engine that serve it.

use std::{sync::Arc, time::Duration, time::Instant};

use anyhow::{anyhow, bail};
use scoregate_compiler::description::{Description, Precision};

use crate::{
    limits::{
        CALL_DEADLINE_CEILING_MS, MEMORY_CEILING_BYTES, MEMORY_MAX_BYTES, RESULT_CEILING_BYTES,
    },
    plugin::{CallError, Engine, Face, Golden, ModelInstance, ModelRelease, Release, Settings},
    telemetry::Telemetry,
    tensor::Tensor,
};

/// See the module.
pub struct Trial {
    release: Arc<ModelRelease>,
    instance: ModelInstance,
    precision: Precision,
    features: usize,
}

impl Trial {
    /// Takes the component through a release's way in. Its limits are those of no slot: whatever the model needs, within what a slot could
    /// ask for.
    pub fn load(engine: &Engine, component: &[u8], model: &Description) -> anyhow::Result<Self> {
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
        Ok(Self {
            release,
            instance,
            precision: model.precision,
            features: model.features,
        })
    }

    /// Its inputs and outputs.
    pub fn face(&self) -> Face {
        Face::of(&Release::Model(self.release.clone()))
    }

    /// Memory of an instance.
    pub fn memory_bytes(&self) -> usize {
        self.instance.memory_bytes()
    }

    /// The outputs of rows, each as its elements lie in a tensor.
    pub fn score(&mut self, values: &[f64], rows: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let features = self.tensor(values, rows);
        let outputs = self.instance.infer(&[&features]).map_err(ended)?;
        Ok(outputs.into_iter().map(|tensor| tensor.data).collect())
    }

    /// How long a call takes.
    pub fn time(&mut self, values: &[f64], rows: usize) -> anyhow::Result<Duration> {
        let features = self.tensor(values, rows);
        let start = Instant::now();
        self.instance.infer(&[&features]).map_err(ended)?;
        Ok(start.elapsed())
    }

    /// Tries golden cases that the component is to carry.
    pub fn try_golden(&self, golden: &Golden) -> anyhow::Result<()> {
        Ok(self.release.try_golden(golden)?)
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

fn ended(error: CallError) -> anyhow::Error {
    match error {
        CallError::Fault(fault) => anyhow!("{} ({})", fault.detail, fault.kind.name()),
        CallError::InvalidInput(reason) => anyhow!("it refuses its input: {reason}"),
        CallError::NoRoom => anyhow!("there is no room for an instance"),
    }
}
