//! Tables made ready: from rows of features to the outputs that the model was compiled for.

use crate::header::{self, Header};
use crate::layout::{Kind, Output};
use crate::link;
use crate::walk::Walk;

/// Checked tables. The same code runs in the sandbox and, for tests and benchmarks, natively.
#[derive(Clone, Debug)]
pub struct Kernel<'a> {
    header: Header<'a>,
    body: Body<'a>,
}

/// One member a kind of kernel.
#[derive(Clone, Debug)]
enum Body<'a> {
    Walk(Walk<'a>),
}

/// One output's values, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// `width` values a row.
    F32 {
        /// Values in a row.
        width: usize,
        /// All rows.
        values: Vec<f32>,
    },
    /// One value a row.
    I64(Vec<i64>),
}

impl<'a> Kernel<'a> {
    /// Reads and checks tables; the error says what is wrong with them.
    pub fn from_tables(tables: &'a [u8]) -> Result<Self, String> {
        let (header, body) = header::read(tables)?;
        let body = match header.kind {
            Kind::Walk => Body::Walk(Walk::new(&header, body)?),
        };
        Ok(Self { header, body })
    }

    /// Counts, outputs and names.
    pub fn header(&self) -> &Header<'a> {
        &self.header
    }

    /// Margins in a row.
    pub fn groups(&self) -> usize {
        self.header.base_margins.len()
    }

    /// Sums before the link for `rows` rows of [`Header::features`] values; `groups` of them a row.
    ///
    /// # Panics
    /// If `features` does not hold `rows` rows: callers check what came from outside.
    pub fn margins(&self, features: &[f32], rows: usize) -> Vec<f32> {
        let width = self.header.features;
        assert_eq!(
            Some(features.len()),
            rows.checked_mul(width),
            "rows of {width} features"
        );
        let mut margins = self.header.base_margins.repeat(rows);
        match &self.body {
            Body::Walk(walk) => walk.add(
                features,
                width,
                &mut margins,
                self.header.base_margins.len(),
            ),
        }
        margins
    }

    /// The outputs in the header's order for `rows` rows.
    ///
    /// # Panics
    /// As [`Kernel::margins`].
    pub fn infer(&self, features: &[f32], rows: usize) -> Vec<Values> {
        let width = self.groups();
        let asked = |output| self.header.outputs.contains(&output);
        let mut margins = self.margins(features, rows);
        let mut linked = if asked(Output::Margin) {
            margins.clone()
        } else {
            std::mem::take(&mut margins)
        };
        linked
            .chunks_exact_mut(width)
            .for_each(|row| link::apply(self.header.link, row));
        let labels = linked.chunks_exact(width).map(link::label);
        let mut labels = if asked(Output::Label) {
            labels.collect()
        } else {
            Vec::new()
        };
        // Each is asked for once, as the header was checked, so it is moved out. No model has probabilities and predictions.
        let output = |output: &Output| match output {
            Output::Margin => Values::F32 {
                width,
                values: std::mem::take(&mut margins),
            },
            Output::Probability | Output::Prediction => Values::F32 {
                width,
                values: std::mem::take(&mut linked),
            },
            Output::Label => Values::I64(std::mem::take(&mut labels)),
        };
        self.header.outputs.iter().map(output).collect()
    }
}
