//! The kernel as a plugin: its tables come with the module, its inputs from outside.

use scoregate_sdk::{
    Config, Datatype, Failure, Info, Model, Signature, Tensor, TensorSpec, TensorView,
};

use crate::kernel::{Kernel, Values};
use crate::layout::{Output, Precision};
use crate::place;
use crate::rows::Rows;

/// Contributions of one call at most: 1 GiB of a component's 4.
const CONTRIBUTIONS_MAX: usize = 1 << 27;

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
        Kernel::from_checked_tables(place::tables()).map(Self)
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
        let numbers = match header.precision {
            Precision::F32 => Datatype::Fp32,
            Precision::F64 => Datatype::Fp64,
        };
        let output = |output: &Output| {
            let (datatype, width) = match output {
                Output::Margin | Output::Probability | Output::Prediction => (numbers, groups),
                Output::Label => (Datatype::Int64, 1),
                Output::Leaf => (Datatype::Int32, header.trees as i64),
                Output::Contributions => (numbers, header.contributions() as i64),
            };
            TensorSpec::new(output.name(), datatype, [-1, width])
        };
        Signature {
            inputs: vec![TensorSpec::new(
                "features",
                numbers,
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
        let answers = match self.0.header().precision {
            Precision::F32 => self.score(Rows::F32(&features.as_f32()), rows)?,
            Precision::F64 => self.score(Rows::F64(&features.as_f64()), rows)?,
        };
        let shape = |width: usize| [rows as u64, width as u64];
        let tensor = |values| match values {
            Values::F32 { width, values } => Tensor::f32(shape(width), values),
            Values::F64 { width, values } => Tensor::f64(shape(width), values),
            Values::I32 { width, values } => Tensor::i32(shape(width), values),
            Values::I64(values) => Tensor::i64(shape(1), values),
        };
        Ok(answers.into_iter().map(tensor).collect())
    }
}

impl CompiledModel {
    fn score(&self, values: Rows<'_>, rows: usize) -> Result<Vec<Values>, Failure> {
        let width = self.0.header().features;
        if rows.checked_mul(width) != Some(values.len()) {
            return Err(Failure::InvalidInput(format!(
                "`features` has {} values where its shape asks for {rows} rows of {width}",
                values.len()
            )));
        }
        let header = self.0.header();
        let explained = header.outputs.contains(&Output::Contributions);
        let contributions = rows.saturating_mul(header.contributions());
        if explained && contributions > CONTRIBUTIONS_MAX {
            return Err(Failure::InvalidInput(format!(
                "{rows} rows have {contributions} contributions; at most {CONTRIBUTIONS_MAX} are computed in one call"
            )));
        }
        Ok(self.0.infer(values, rows))
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
