//! Tables made ready: from rows of features to the outputs that the model was compiled for.

use crate::contributions::Covers;
use crate::header::{self, Header};
use crate::layout::{Kind, Output, Precision};
use crate::linear::Linear;
use crate::link;
use crate::ranked::Ranked;
use crate::rows::Rows;
use crate::walk::Walk;

/// Checked tables. The same code runs in the sandbox and, for tests and benchmarks, natively.
#[derive(Clone, Debug)]
pub struct Kernel<'a> {
    header: Header<'a>,
    body: Body<'a>,
    /// Walks for what the body cannot give.
    second: Option<Walk<'a>>,
    covers: Option<Covers<'a>>,
}

/// One member a kind of kernel.
#[derive(Clone, Debug)]
enum Body<'a> {
    Walk(Walk<'a>),
    Linear(Linear<'a>),
    Ranked(Ranked<'a>),
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
    /// `width` values a row.
    F64 {
        /// Values in a row.
        width: usize,
        /// All rows.
        values: Vec<f64>,
    },
    /// `width` values a row.
    I32 {
        /// Values in a row.
        width: usize,
        /// All rows.
        values: Vec<i32>,
    },
    /// One value a row.
    I64(Vec<i64>),
}

impl Precision {
    fn values(self, width: usize, values: Vec<f64>) -> Values {
        match self {
            Self::F32 => Values::F32 {
                width,
                values: values.iter().map(|value| *value as f32).collect(),
            },
            Self::F64 => Values::F64 { width, values },
        }
    }
}

impl<'a> Kernel<'a> {
    /// Reads and checks tables; the error says what is wrong with them.
    pub fn from_tables(tables: &'a [u8]) -> Result<Self, String> {
        let kernel = Self::from_checked_tables(tables)?;
        if let Body::Ranked(ranked) = &kernel.body {
            ranked.check(&kernel.header)?;
        }
        Ok(kernel)
    }

    /// Reads tables that were checked when they were written, as a component's own were. It does not look at every node again, which would take as
    /// long as all else that a loaded model does before it scores. Tables that lie can do no more than a walk that stops or
    /// goes astray, within the sandbox and its deadline.
    pub fn from_checked_tables(tables: &'a [u8]) -> Result<Self, String> {
        let (header, parts) = header::read(tables)?;
        let body = match header.kind {
            Kind::Walk => Body::Walk(Walk::new(&header, header.set_words, parts.body)?),
            Kind::Linear => Body::Linear(Linear::new(&header, parts.body)?),
            Kind::Ranked => Body::Ranked(Ranked::new(&header, parts.body)?),
        };
        let asked = |output| header.outputs.contains(&output);
        let explained = asked(Output::Contributions);
        if asked(Output::Leaf) && header.kind == Kind::Linear {
            return Err("the tables name an output that their kind cannot give".to_owned());
        }
        let has_second = match &body {
            // Of a forest without trees it is empty too.
            Body::Ranked(_) => explained || asked(Output::Leaf),
            Body::Walk(_) => !parts.second.is_empty(),
            Body::Linear(_) => false,
        };
        let mut kernel = Self {
            second: has_second
                .then(|| Walk::new(&header, header.second_set_words, parts.second))
                .transpose()?,
            header,
            body,
            covers: None,
        };
        if let (Some(walk), true) = (kernel.walk(), explained) {
            kernel.covers = Some(Covers::new(&kernel.header, walk.nodes(), parts.covers)?);
        } else if !parts.covers.is_empty() {
            return Err("the tables have covers that no output asks for".to_owned());
        }
        Ok(kernel)
    }

    /// The trees as walks, where the tables have them; the leaves of the second body are those of contributions.
    fn walk(&self) -> Option<&Walk<'a>> {
        match (&self.second, &self.body) {
            (Some(second), _) => Some(second),
            (None, Body::Walk(walk)) => Some(walk),
            (None, _) => None,
        }
    }

    /// Counts, outputs and names.
    pub fn header(&self) -> &Header<'a> {
        &self.header
    }

    /// Margins in a row.
    pub fn groups(&self) -> usize {
        self.header.base_margins.len()
    }

    /// Sums before the link for `rows` rows of [`Header::features`] values; [`Kernel::groups`] of them a row. With
    /// [`Precision::F32`] each is an `f32` exactly.
    ///
    /// # Panics
    /// If `features` does not hold `rows` rows of the model's precision: callers check what came from outside.
    pub fn margins(&self, features: Rows<'_>, rows: usize) -> Vec<f64> {
        let width = self.header.features;
        assert_eq!(
            Some(features.len()),
            rows.checked_mul(width),
            "rows of {width} features"
        );
        assert_eq!(features.precision(), self.header.precision);
        let mut margins = self.header.base_margins.repeat(rows);
        match &self.body {
            Body::Walk(walk) => walk.add(&self.header, features, &mut margins),
            Body::Linear(linear) => linear.add(&self.header, features, &mut margins),
            Body::Ranked(ranked) => ranked.add(&self.header, features, &mut margins),
        }
        margins
    }

    /// The outputs in the header's order for `rows` rows.
    ///
    /// # Panics
    /// As [`Kernel::margins`].
    pub fn infer(&self, features: Rows<'_>, rows: usize) -> Vec<Values> {
        let asked = |output| self.header.outputs.contains(&output);
        let margins = self.margins(features, rows);
        let mut linked = Vec::new();
        if self.header.outputs.iter().any(|output| is_linked(*output)) {
            linked.clone_from(&margins);
            linked
                .chunks_exact_mut(self.groups())
                .for_each(|row| link::apply(&self.header, row));
        }
        let labels = linked.chunks_exact(self.groups()).map(link::label);
        let mut labels = if asked(Output::Label) {
            labels.collect()
        } else {
            Vec::new()
        };
        // Each is asked for once, as the header was checked, so it is moved out.
        let output = |output: &Output| match output {
            Output::Margin => self.numbers(&margins),
            Output::Probability | Output::Prediction => self.numbers(&linked),
            Output::Label => Values::I64(std::mem::take(&mut labels)),
            Output::Leaf => self.leaves(features, rows),
            Output::Contributions => self.contributions(features, rows),
        };
        self.header.outputs.iter().map(output).collect()
    }

    fn numbers(&self, values: &[f64]) -> Values {
        self.header.precision.values(self.groups(), values.to_vec())
    }

    fn leaves(&self, features: Rows<'_>, rows: usize) -> Values {
        let mut values = Vec::new();
        if let Some(walk) = self.walk() {
            walk.leaves(&self.header, features, rows, &mut values);
        }
        Values::I32 {
            width: self.header.trees,
            values,
        }
    }

    fn contributions(&self, features: Rows<'_>, rows: usize) -> Values {
        let mut values = Vec::new();
        if let Body::Linear(linear) = &self.body {
            linear.contributions(&self.header, features, rows, &mut values);
        } else if let (Some(covers), Some(walk)) = (&self.covers, self.walk()) {
            return covers.contributions(&self.header, walk, features, rows);
        }
        self.header
            .precision
            .values(self.header.contributions(), values)
    }
}

fn is_linked(output: Output) -> bool {
    matches!(
        output,
        Output::Probability | Output::Prediction | Output::Label
    )
}
