//! What was learned: the operators of `ai.onnx.ml`, as onnxruntime computes them. One file a family.

mod categories;
mod columns;
mod find;
mod labels;
mod lanes;
mod linear;
mod numbers;
mod pick;
mod scores;
mod svm;
mod texts;
mod trees;

pub use categories::{Encode, OneHot};
pub use columns::{Imputer, Norm, Scaler};
pub use labels::Labels;
pub use linear::{LinearClassifier, LinearRegressor};
pub use scores::Post;
pub use svm::{Kernel, Svm, SvmClassifier, SvmRegressor};
pub use trees::{Aggregate, Body, Classes, Mode, Plain, Trees};

pub(super) use find::{Find, HASHES, Twice};

use serde::{Deserialize, Serialize};

use super::Args;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Learned {
    /// `(x - offset) * scale`, column by column.
    Scaler(Scaler),
    /// Numbers in the place of one that stands for missing ones.
    Imputer(Imputer),
    /// 1 above the threshold, else 0.
    Binarizer {
        /// What is above it is 1.
        threshold: f32,
    },
    /// Each row divided by its norm.
    Normalizer(Norm),
    /// Some columns of all; the second input says which.
    Extract,
    /// Columns of several tensors side by side: so many of each.
    Vectorize {
        /// Columns that each input has in the output.
        columns: Vec<u32>,
    },
    /// A column of ones and zeros for each category.
    OneHot(OneHot),
    /// A value for each key.
    Encode(Encode),
    /// Weighted sums.
    LinearRegressor(LinearRegressor),
    /// The class of the greatest weighted sum.
    LinearClassifier(LinearClassifier),
    /// A support vector machine's number.
    SvmRegressor(SvmRegressor),
    /// A support vector machine's class.
    SvmClassifier(SvmClassifier),
    /// An ensemble of trees.
    Trees(Box<Trees>),
}

/// An operator ready to run.
#[derive(Debug)]
pub enum Ready<'a> {
    /// See [`Learned::Scaler`].
    Scaler(columns::ReadyScaler<'a>),
    /// See [`Learned::Imputer`].
    Imputer(columns::ReadyImputer<'a>),
    /// See [`Learned::Binarizer`].
    Binarizer(f32),
    /// See [`Learned::Normalizer`].
    Normalizer(Norm),
    /// See [`Learned::Extract`].
    Extract,
    /// See [`Learned::Vectorize`].
    Vectorize(Vec<u32>),
    /// See [`Learned::OneHot`].
    OneHot(categories::ReadyOneHot<'a>),
    /// See [`Learned::Encode`].
    Encode(categories::ReadyEncode<'a>),
    /// See [`Learned::LinearRegressor`].
    LinearRegressor(linear::ReadyRegressor),
    /// See [`Learned::LinearClassifier`].
    LinearClassifier(linear::ReadyClassifier<'a>),
    /// See [`Learned::SvmRegressor`].
    SvmRegressor(svm::ReadyRegressor<'a>),
    /// See [`Learned::SvmClassifier`].
    SvmClassifier(Box<svm::ReadyClassifier<'a>>),
    /// See [`Learned::Trees`].
    Trees(Box<trees::ReadyTrees<'a>>),
}

impl Learned {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<Ready<'a>, String> {
        Ok(match self {
            Self::Scaler(op) => Ready::Scaler(op.ready(blobs)?),
            Self::Imputer(op) => Ready::Imputer(op.ready(blobs)?),
            Self::Binarizer { threshold } => Ready::Binarizer(*threshold),
            Self::Normalizer(norm) => Ready::Normalizer(*norm),
            Self::Extract => Ready::Extract,
            Self::Vectorize { columns } => Ready::Vectorize(columns.clone()),
            Self::OneHot(op) => Ready::OneHot(op.ready(blobs)?),
            Self::Encode(op) => Ready::Encode(op.ready(blobs)?),
            Self::LinearRegressor(op) => Ready::LinearRegressor(op.ready(blobs)?),
            Self::LinearClassifier(op) => Ready::LinearClassifier(op.ready(blobs)?),
            Self::SvmRegressor(op) => Ready::SvmRegressor(op.ready(blobs)?),
            Self::SvmClassifier(op) => Ready::SvmClassifier(Box::new(op.ready(blobs)?)),
            Self::Trees(op) => Ready::Trees(Box::new(op.ready(blobs)?)),
        })
    }
}

impl Ready<'_> {
    pub(super) fn run<'v>(
        &'v self,
        args: &mut Args<'_, 'v>,
        made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        match self {
            Self::Scaler(op) => made.push(op.run(args)?),
            Self::Imputer(op) => made.push(op.run(args)?),
            Self::Binarizer(threshold) => made.push(columns::binarize(*threshold, args)?),
            Self::Normalizer(norm) => made.push(norm.run(args)?),
            Self::Extract => made.push(pick::extract(args)?),
            Self::Vectorize(columns) => made.push(pick::vectorize(columns, args)?),
            Self::OneHot(op) => made.push(op.run(args)?),
            Self::Encode(op) => made.push(op.run(args)?),
            Self::LinearRegressor(op) => made.push(op.run(args)?),
            Self::LinearClassifier(op) => op.run(args, made)?,
            Self::SvmRegressor(op) => made.push(op.run(args)?),
            Self::SvmClassifier(op) => op.run(args, made)?,
            Self::Trees(op) => op.run(args, made)?,
        }
        Ok(())
    }
}
