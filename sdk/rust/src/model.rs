use crate::{Config, Failure, Tensor, TensorSpec, TensorView};

/// Tensors to tensors. Exported by [`export_model!`](crate::export_model).
pub trait Model: Sized + 'static {
    /// Makes the model from the slot's configuration.
    ///
    /// # Errors
    /// One sentence that says what is wrong with the configuration.
    fn configure(config: &Config<'_>) -> Result<Self, String>;

    /// What `scoregate inspect` shows; the crate's own name, version and description where `None`.
    fn info(&self) -> Option<Info> {
        None
    }

    /// What it takes and gives. Asked once after each `configure`.
    fn signature(&self) -> Signature;

    /// Scores a batch: one tensor for each input of the signature, in its order; likewise the outputs. All share the
    /// first dimension. The inputs' number, datatypes and lengths have been checked; their shapes are the model's to check.
    ///
    /// # Errors
    /// Why the whole call is refused.
    fn infer(&self, inputs: &[TensorView<'_>]) -> Result<Vec<Tensor>, Failure>;
}

/// A model's inputs and outputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// What `infer` takes.
    pub inputs: Vec<TensorSpec>,
    /// What `infer` gives.
    pub outputs: Vec<TensorSpec>,
}

/// What a plugin is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One sentence about it.
    pub description: String,
}
