//! What the kernel says of the rows that a library explained.

use scoregate_compiler::description::Precision;
use scoregate_compiler::{Options, Output, tables};
use scoregate_kernel::{Kernel, Rows, Values};

use super::Trained;

impl Trained {
    /// The values of these rows.
    pub fn rows_at(&self, places: &[usize]) -> Vec<f64> {
        let row = |place: &usize| &self.values[place * self.features..][..self.features];
        places.iter().flat_map(row).copied().collect()
    }

    /// The margins and contributions of these rows.
    pub fn explained(&self, places: &[usize]) -> [Vec<f64>; 2] {
        let options = Options {
            outputs: Some(vec![Output::Margin]),
            explain: true,
            name: self.name.clone(),
            version: "1".to_owned(),
            iterations: self.iterations.clone(),
        };
        let tables =
            tables(&self.model, &options).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let kernel = Kernel::from_tables(&tables).unwrap();
        let values = self.rows_at(places);
        let narrow: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        let rows = match self.precision {
            Precision::F32 => Rows::F32(&narrow),
            Precision::F64 => Rows::F64(&values),
        };
        let numbers = |values: &Values| match values {
            Values::F32 { values, .. } => values.iter().map(|value| f64::from(*value)).collect(),
            Values::F64 { values, .. } => values.clone(),
            other => panic!("{}: {other:?}", self.name),
        };
        let answers = kernel.infer(rows, places.len());
        [0, 1].map(|at| numbers(&answers[at]))
    }
}
