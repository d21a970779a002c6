//! The operators, in families. Each is closed: what the compiler can write is what the kernel can run.
//!
//! [`Op`] is what a program says; [`Op::ready`] makes of it what runs, where that takes more than the words themselves: tables of hashes,
//! trees. An operator checks what it is given, since the compiler finds shapes by running it.

mod algebra;
mod args;
mod broadcast;
mod each;
mod elementwise;
mod layout;
mod learned;
mod reduce;
mod words;

pub use algebra::{Algebra, Dense, Einsum, Metric, Part, Parts, pack};
pub use args::Args;
pub use elementwise::{Binary, Compare, Elementwise, Unary};
pub use layout::{Layout, PadMode};
pub use learned::{
    Aggregate, Body, Classes, Encode, Imputer, Kernel, Labels, Learned, LinearClassifier,
    LinearRegressor, Mode, Norm, OneHot, Plain, Post, Scaler, Svm, SvmClassifier, SvmRegressor,
    Trees,
};
pub use reduce::{Fold, Normalise, Reduce};
pub use words::{Case, Class, Normalize, TfIdf, TfIdfKeys, Tokens, Weighting, Words};

use serde::{Deserialize, Serialize};

use crate::tensor::Tensor;

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// Each element by itself, or with its counterpart in another tensor.
    Elementwise(Elementwise),
    /// The same elements elsewhere.
    Layout(Layout),
    /// Many elements to few, along an axis.
    Reduce(Reduce),
    /// Products of matrices, distances.
    Algebra(Algebra),
    /// What was learned: `ai.onnx.ml`.
    Learned(Learned),
    /// Texts.
    Words(Words),
}

/// An operator ready to run.
#[derive(Debug)]
pub enum Ready<'a> {
    /// See [`Op::Elementwise`].
    Elementwise(Elementwise),
    /// See [`Op::Layout`].
    Layout(Layout),
    /// See [`Op::Reduce`].
    Reduce(Reduce),
    /// See [`Op::Algebra`].
    Algebra(algebra::Ready<'a>),
    /// See [`Op::Learned`].
    Learned(learned::Ready<'a>),
    /// See [`Op::Words`].
    Words(words::Ready<'a>),
}

impl Op {
    /// Makes it ready.
    ///
    /// # Errors
    /// Tables that are broken.
    pub fn ready<'a>(&self, blobs: &'a [u8]) -> Result<Ready<'a>, String> {
        Ok(match self {
            Self::Elementwise(op) => Ready::Elementwise(op.clone()),
            Self::Layout(op) => Ready::Layout(op.clone()),
            Self::Reduce(op) => Ready::Reduce(op.clone()),
            Self::Algebra(op) => Ready::Algebra(op.ready(blobs)?),
            Self::Learned(op) => Ready::Learned(op.ready(blobs)?),
            Self::Words(op) => Ready::Words(op.ready(blobs)?),
        })
    }
}

impl Ready<'_> {
    /// Takes the inputs and adds what it gives to `made`.
    ///
    /// # Errors
    /// What it cannot do with these inputs.
    pub fn run<'v>(
        &'v self,
        args: &mut Args<'_, 'v>,
        made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        match self {
            Self::Elementwise(op) => made.push(op.run(args)?),
            Self::Layout(op) => op.run(args, made)?,
            Self::Reduce(op) => op.run(args, made)?,
            Self::Algebra(op) => made.push(op.run(args)?),
            Self::Learned(op) => op.run(args, made)?,
            Self::Words(op) => op.run(args, made)?,
        }
        Ok(())
    }
}
