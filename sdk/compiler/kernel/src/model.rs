//! The kernel as a plugin: its tables come with the module, its inputs from outside.

use scoregate_sdk::{
    Config, Datatype, Failure, Info, Model, Signature, Tensor, TensorSpec, TensorView,
};

use crate::kernel::{Kernel, Values};
use crate::layout::Output;
use crate::place;

/// A compiled model.
pub struct CompiledModel(Kernel<'static>);

impl CompiledModel {
    /// Serves checked tables; in a component they are those that the compiler added.
    pub fn new(kernel: Kernel<'static>) -> Self {
        Self(kernel)
    }
}

impl Model for CompiledModel {
    fn configure(_config: &Config<'_>) -> Result<Self, String> {
        Kernel::from_tables(place::tables()).map(Self)
    }

    fn info(&self) -> Option<Info> {
        let header = self.0.header();
        Some(Info {
            name: header.name.to_owned(),
            version: header.version.to_owned(),
            description: header.description.to_owned(),
        })
    }

    fn signature(&self) -> Signature {
        let header = self.0.header();
        let groups = header.base_margins.len() as i64;
        let output = |output: &Output| match output {
            Output::Margin | Output::Probability => {
                TensorSpec::new(output.name(), Datatype::Fp32, [-1, groups])
            }
            Output::Label => TensorSpec::new(output.name(), Datatype::Int64, [-1, 1]),
            Output::Prediction => TensorSpec::new(output.name(), Datatype::Fp32, [-1, 1]),
        };
        Signature {
            inputs: vec![TensorSpec::new(
                "features",
                Datatype::Fp32,
                [-1, header.features as i64],
            )],
            outputs: header.outputs.iter().map(output).collect(),
        }
    }

    fn infer(&self, inputs: &[TensorView<'_>]) -> Result<Vec<Tensor>, Failure> {
        let [features] = inputs else {
            return Err(Failure::InvalidInput(format!(
                "{} inputs where there should be one",
                inputs.len()
            )));
        };
        let width = self.0.header().features;
        let rows = rows(features.shape(), width)?;
        let values = features.as_f32();
        if rows.checked_mul(width) != Some(values.len()) {
            return Err(Failure::InvalidInput(format!(
                "`features` has {} values where its shape asks for {rows} rows of {width}",
                values.len()
            )));
        }
        let tensor = |values| match values {
            Values::F32 { width, values } => Tensor::f32([rows as u64, width as u64], values),
            Values::I64(values) => Tensor::i64([rows as u64, 1], values),
        };
        Ok(self
            .0
            .infer(&values, rows)
            .into_iter()
            .map(tensor)
            .collect())
    }
}

fn rows(shape: &[u64], width: usize) -> Result<usize, Failure> {
    if let [rows, columns] = *shape
        && columns == width as u64
        && let Ok(rows) = usize::try_from(rows)
    {
        return Ok(rows);
    }
    Err(Failure::InvalidInput(format!(
        "`features` has shape {shape:?}, the model takes [rows, {width}]"
    )))
}
