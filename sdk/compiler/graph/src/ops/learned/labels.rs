//! The names of classes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::data::{Data, Text};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A classifier's classes, in the order of its scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Labels {
    /// Whole numbers.
    Ints(Blob),
    /// Texts.
    Texts(Blob),
}

/// See [`Labels`].
#[derive(Debug)]
pub(super) enum ReadyLabels<'a> {
    Ints(Cow<'a, [i64]>),
    Texts(Vec<&'a [u8]>),
}

/// A class by its place, or one of the two answers that onnxruntime gives where it does not look at the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Class(usize),
    Positive,
    Negative,
}

impl Labels {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadyLabels<'a>, String> {
        Ok(match self {
            Self::Ints(blob) => ReadyLabels::Ints(blob.numbers(blobs)?),
            Self::Texts(blob) => ReadyLabels::Texts(blob.texts(blobs)?),
        })
    }
}

impl ReadyLabels<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Ints(labels) => labels.len(),
            Self::Texts(labels) => labels.len(),
        }
    }

    /// The label of each row; of the two other answers, the numbers 1 and 0.
    pub(super) fn of(&self, choices: &[Choice]) -> Result<Tensor<'_>, String> {
        let shape = Shape::new(&[choices.len()])?;
        let data = match self {
            Self::Ints(labels) => Data::I64(
                choices
                    .iter()
                    .map(|choice| match choice {
                        Choice::Class(place) => labels.get(*place).copied().unwrap_or_default(),
                        Choice::Positive => 1,
                        Choice::Negative => 0,
                    })
                    .collect(),
            ),
            Self::Texts(labels) => Data::Text(
                choices
                    .iter()
                    .map(|choice| match choice {
                        Choice::Class(place) => {
                            Text::Borrowed(labels.get(*place).copied().unwrap_or_default())
                        }
                        Choice::Positive => Text::Borrowed(&b"1"[..]),
                        Choice::Negative => Text::Borrowed(&b"0"[..]),
                    })
                    .collect(),
            ),
        };
        Tensor::new(shape, data)
    }
}

/// The place of the greatest score; of equal ones the first, and NaN is never greater.
pub(super) fn greatest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (place, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = place;
        }
    }
    best
}
