//! TfIdfVectorizer: how often each known sequence of words, or of numbers, occurs in a row.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::super::learned::Find;
use super::super::learned::{HASHES, Twice};
use crate::blob::Blob;
use crate::data::Data;
use crate::ops::Args;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TfIdf {
    /// The words or numbers, each once.
    pub keys: TfIdfKeys,
    /// `u32`, the sequences one after the other, as places among the keys.
    pub sequences: Blob,
    /// `u32`, where each ends.
    pub ends: Blob,
    /// `u32`, the column that each counts in.
    pub columns: Blob,
    /// Columns of a row.
    pub width: u32,
    /// The length of a sequence at least, at most.
    pub lengths: (u32, u32),
    /// How many words may be left out between two of a sequence.
    pub skips: u32,
    /// What counts become.
    pub weighting: Weighting,
    /// `f32`, one a column, or none.
    pub weights: Blob,
}

/// What sequences are made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum TfIdfKeys {
    /// Whole numbers.
    Ints(Blob),
    /// Texts.
    Texts(Blob),
}

/// What counts become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weighting {
    /// The counts themselves.
    Tf,
    /// The weight, where there are any.
    Idf,
    /// Counts times weights.
    TfIdf,
}

/// See [`TfIdf`].
#[derive(Debug)]
pub struct ReadyTfIdf<'a> {
    find: Find<'a>,
    /// From a node of the tree of sequences and the next key to the next node; node 0 is the root.
    next: HashMap<(u32, u32), u32, FixedState>,
    /// The column in which a node's sequence counts.
    column: Vec<Option<u32>>,
    op: TfIdf,
    weights: Cow<'a, [f32]>,
}

impl TfIdf {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadyTfIdf<'a>, String> {
        let find = match self.keys {
            TfIdfKeys::Texts(keys) => Find::texts(keys.texts(blobs)?, Twice::First),
            TfIdfKeys::Ints(keys) => Find::ints(&keys.numbers::<i64>(blobs)?, Twice::First),
        };
        let sequences = self.sequences.numbers::<u32>(blobs)?;
        let (ends, columns) = (
            self.ends.numbers::<u32>(blobs)?,
            self.columns.numbers::<u32>(blobs)?,
        );
        let weights = self.weights.numbers::<f32>(blobs)?;
        let mut next = HashMap::with_hasher(HASHES);
        let mut column = vec![None];
        let mut begin = 0;
        for (end, own) in ends.iter().zip(&columns[..]) {
            let keys = sequences
                .get(begin..*end as usize)
                .ok_or("a sequence of the tables ends where none is")?;
            let mut node = 0;
            for key in keys {
                node = *next.entry((node, *key)).or_insert_with(|| {
                    column.push(None);
                    column.len() as u32 - 1
                });
            }
            column[node as usize] = Some(*own);
            begin = *end as usize;
        }
        let width = self.width as usize;
        if columns.iter().any(|column| *column as usize >= width)
            || !weights.is_empty() && weights.len() < width
        {
            return Err(format!(
                "the tables of sequences do not fit their {width} columns"
            ));
        }
        Ok(ReadyTfIdf {
            find,
            next,
            column,
            op: self.clone(),
            weights,
        })
    }
}

impl ReadyTfIdf<'_> {
    pub(super) fn run<'v>(&self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let input = args.get(0)?;
        let width = self.op.width as usize;
        let (rows, length, shape) = match *input.shape().dims() {
            [length] => (1, length, Shape::new(&[width])?),
            [rows, length] => (rows, length, Shape::new(&[rows, width])?),
            _ => {
                return Err(format!(
                    "words of shape {:?} where [C] or [N, C] is needed",
                    input.shape()
                ));
            }
        };
        let keys: Vec<Option<u32>> = match (input.data(), &self.op.keys) {
            (Data::Text(words), TfIdfKeys::Texts(_)) => words
                .iter()
                .map(|word| self.place(self.find.text(word)))
                .collect(),
            (Data::I64(words), TfIdfKeys::Ints(_)) => words
                .iter()
                .map(|word| self.place(self.find.int(*word)))
                .collect(),
            (Data::I32(words), TfIdfKeys::Ints(_)) => words
                .iter()
                .map(|word| self.place(self.find.int(i64::from(*word))))
                .collect(),
            _ => {
                return Err(format!(
                    "words of {} where others are known",
                    input.datatype().name()
                ));
            }
        };
        let mut counts = vec![0.0_f32; shape.elements()];
        for row in 0..rows {
            let counts = &mut counts[row * width..(row + 1) * width];
            self.count(&keys[row * length..(row + 1) * length], counts);
            self.weigh(counts);
        }
        Tensor::f32(shape, counts)
    }

    fn place(&self, found: Option<usize>) -> Option<u32> {
        found.map(|place| place as u32)
    }

    fn count(&self, keys: &[Option<u32>], counts: &mut [f32]) {
        let (mut least, most) = self.op.lengths;
        for distance in 1..=self.op.skips as usize + 1 {
            for start in 0..keys.len() {
                if start + distance * (least as usize - 1) >= keys.len() {
                    break;
                }
                let mut node = 0;
                let along = keys[start..].iter().step_by(distance).take(most as usize);
                for (key, length) in along.zip(1..) {
                    let Some(next) = key.and_then(|key| self.next.get(&(node, key))) else {
                        break;
                    };
                    node = *next;
                    if let (Some(column), true) = (self.column[node as usize], length >= least) {
                        counts[column as usize] += 1.0;
                    }
                }
            }
            // A single word is counted once, whatever may be left out.
            if least == 1 {
                least += 1;
                if least > most {
                    break;
                }
            }
        }
    }

    fn weigh(&self, counts: &mut [f32]) {
        match (self.op.weighting, &self.weights[..]) {
            (Weighting::Tf, _) | (Weighting::TfIdf, []) => {}
            (Weighting::Idf, []) => counts
                .iter_mut()
                .for_each(|count| *count = if *count > 0.0 { 1.0 } else { 0.0 }),
            (Weighting::Idf, weights) => {
                let weighted = counts.iter_mut().zip(weights);
                weighted
                    .for_each(|(count, weight)| *count = if *count > 0.0 { *weight } else { 0.0 });
            }
            (Weighting::TfIdf, weights) => {
                counts
                    .iter_mut()
                    .zip(weights)
                    .for_each(|(count, weight)| *count *= weight);
            }
        }
    }
}
