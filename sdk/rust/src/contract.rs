use crate::{Datatype, TensorSpec};

/// What an adapter makes, what it expects back, and which headers it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    /// What `preprocess` makes, in the order in which it makes it.
    pub features: Vec<TensorSpec>,
    /// The model outputs that `postprocess` expects, in the order in which it reads them.
    pub scores: Vec<TensorSpec>,
    /// Names of the headers that `preprocess` reads; an event carries no others.
    pub headers: Vec<String>,
}

impl Contract {
    /// An empty contract, to be filled by the calls below.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a feature tensor. The first dimension is the batch, usually -1.
    #[must_use]
    pub fn feature(
        mut self,
        name: impl Into<String>,
        datatype: Datatype,
        shape: impl Into<Vec<i64>>,
    ) -> Self {
        self.features.push(TensorSpec::new(name, datatype, shape));
        self
    }

    /// Adds a score tensor. The first dimension is the batch, usually -1.
    #[must_use]
    pub fn score(
        mut self,
        name: impl Into<String>,
        datatype: Datatype,
        shape: impl Into<Vec<i64>>,
    ) -> Self {
        self.scores.push(TensorSpec::new(name, datatype, shape));
        self
    }

    /// Asks for a header. Each one costs time with every event, so name only those that are read.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>) -> Self {
        self.headers.push(name.into());
        self
    }

    /// Whether rows can be counted by it.
    ///
    /// # Errors
    /// One sentence that names the tensor and what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        for (tensors, what) in [(&self.features, "feature"), (&self.scores, "score")] {
            if tensors.is_empty() {
                return Err(format!(
                    "the adapter's contract names no {what}; it needs at least one"
                ));
            }
            for tensor in tensors {
                tensor.row().map_err(|why| {
                    format!("the adapter's contract cannot be kept: {what} {why}")
                })?;
            }
        }
        Ok(())
    }
}
