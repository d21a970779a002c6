//! Why a model was not compiled.

/// One sentence a reason; none of them is the compiler's own failure but [`CompileError::Component`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The file is larger than the compiler reads.
    #[error("the model file has {bytes} bytes; at most {max} are read")]
    TooLarge {
        /// The file's length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The file is of a format that is not read, or of none.
    #[error("{0}")]
    Format(String),
    /// The file is not JSON, or ends in the middle.
    #[error("the model file is not valid JSON: {0}")]
    Syntax(String),
    /// The file begins as UBJSON and does not go on so, or ends in the middle.
    #[error("the model file is not valid UBJSON: {0}")]
    Binary(String),
    /// The file begins as ONNX and does not go on so, or ends in the middle.
    #[error("the model file is not valid ONNX: {0}")]
    Onnx(String),
    /// A value of the file is wrong.
    #[error("{place}: {reason}")]
    Invalid {
        /// Where in the file, e.g. `learner.gradient_booster.model.trees[3].left_children[7]`.
        place: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// The model is sound, but of a kind that this version does not serve.
    #[error("{0}")]
    Unsupported(String),
    /// An output that does not exist or that the model cannot give.
    #[error("{0}")]
    Output(String),
    /// The tables could not be made into a component.
    #[error("the component could not be built: {0}")]
    Component(String),
}
