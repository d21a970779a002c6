//! Ensembles of trees: TreeEnsembleRegressor, TreeEnsembleClassifier, TreeEnsemble. Those that [`scoregate_kernel`] can say run by its
//! tables, all others by a walk from node to node.

mod finish;
mod plain;

use std::borrow::Cow;

use scoregate_kernel::{Kernel, Rows};
use serde::{Deserialize, Serialize};

use super::labels::{Choice, Labels, ReadyLabels};
use super::numbers;
use super::scores::Post;
use crate::blob::Blob;
use crate::data::Data;
use crate::ops::Args;
use crate::tensor::Tensor;
pub use plain::{Mode, Plain};

/// Rows whose leaves are found before their vectors are added.
const BLOCK_ROWS: usize = 128;

/// An ensemble.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trees {
    /// The trees.
    pub body: Body,
    /// Values are compared and summed as `f64`, else as `f32`.
    pub double: bool,
    /// The scores are `f64`.
    pub wide: bool,
    /// Sums of a row: targets or classes.
    pub targets: u32,
    /// What is added to them, one a target; or fewer, which classifiers read their own way.
    pub base: Vec<f64>,
    /// How leaves are joined.
    pub aggregate: Aggregate,
    /// How many trees there are.
    pub trees: u32,
    /// What is made of the sums.
    pub post: Post,
    /// Of a classifier.
    pub classes: Option<Classes>,
}

/// The trees, in the form that serves them best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// Tables of the trees' kernel: each tree adds to one target.
    Sums {
        /// The tables, whose groups are the targets.
        tables: Blob,
        /// Whether a tree adds to the target.
        used: Vec<bool>,
    },
    /// Tables that give for each tree the number of the leaf, among all leaves, and what the leaves add.
    Vectors {
        /// The tables, whose groups are the trees.
        tables: Blob,
        /// `f32`, or `f64` of [`Trees::double`]: leaf by leaf one for each target.
        vectors: Blob,
        /// Whether a leaf adds to the target.
        used: Vec<bool>,
    },
    /// All that the others cannot say.
    Plain(Plain),
}

/// How leaves are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aggregate {
    /// Their sum.
    Sum,
    /// The sum divided by the number of trees.
    Average,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

/// What a classifier has besides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classes {
    /// The classes.
    pub labels: Labels,
    /// There are two classes, and leaves name one of them only.
    pub binary: bool,
    /// No leaf is negative.
    pub all_positive: bool,
}

/// See [`Trees`].
#[derive(Debug)]
pub struct ReadyTrees<'a> {
    body: ReadyBody<'a>,
    op: Trees,
    labels: Option<ReadyLabels<'a>>,
}

/// See [`Body`].
#[derive(Debug)]
enum ReadyBody<'a> {
    Sums(Kernel<'a>),
    Floats(Kernel<'a>, Cow<'a, [f32]>),
    Doubles(Kernel<'a>, Cow<'a, [f64]>),
    Plain(plain::ReadyPlain<'a>),
}

/// Each row's sums, and which of them a leaf was added to: of all rows alike, or of each row.
struct Sums<'s> {
    values: Vec<f64>,
    used: Cow<'s, [bool]>,
}

impl Trees {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadyTrees<'a>, String> {
        let targets = self.targets as usize;
        let kernel = |tables: &Blob| tables.of(blobs).and_then(Kernel::from_checked_tables);
        let body = match &self.body {
            Body::Sums { tables, .. } => ReadyBody::Sums(kernel(tables)?),
            Body::Vectors {
                tables, vectors, ..
            } if self.double => ReadyBody::Doubles(kernel(tables)?, vectors.numbers(blobs)?),
            Body::Vectors {
                tables, vectors, ..
            } => ReadyBody::Floats(kernel(tables)?, vectors.numbers(blobs)?),
            Body::Plain(plain) => ReadyBody::Plain(plain.ready(blobs, targets)?),
        };
        let labels = self
            .classes
            .as_ref()
            .map(|classes| classes.labels.ready(blobs))
            .transpose()?;
        let used = match &self.body {
            Body::Sums { used, .. } | Body::Vectors { used, .. } => used.len() == targets,
            Body::Plain(_) => true,
        };
        if targets == 0
            || !used
            || labels
                .as_ref()
                .is_some_and(|labels| labels.len() != targets)
        {
            return Err(format!(
                "the tables of trees do not fit their {targets} targets"
            ));
        }
        Ok(ReadyTrees {
            body,
            op: self.clone(),
            labels,
        })
    }
}

impl ReadyTrees<'_> {
    pub(super) fn run<'v>(
        &'v self,
        args: &mut Args<'_, 'v>,
        made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        let input = args.get(0)?;
        let (rows, columns) = numbers::table(input)?;
        let sums = if self.op.double {
            let values = match input.data() {
                Data::F64(values) => values,
                _ => {
                    return Err(format!(
                        "a tensor of {} where one of double is needed",
                        input.datatype().name()
                    ));
                }
            };
            self.sums(Rows::F64(values), rows, columns)?
        } else {
            self.sums(Rows::F32(&numbers::floats(input)?), rows, columns)?
        };
        let mut choices = Vec::new();
        let shape = numbers::rows_of(rows, self.op.targets as usize)?;
        let scores = if self.op.wide {
            Tensor::f64(shape, finish::finish(&self.op, sums, &mut choices))?
        } else {
            Tensor::f32(shape, finish::finish::<f32>(&self.op, sums, &mut choices))?
        };
        if let Some(labels) = &self.labels {
            if let ReadyLabels::Texts(_) = labels {
                choices.iter_mut().for_each(named);
            }
            made.push(labels.of(&choices)?);
        }
        made.push(scores);
        Ok(())
    }

    fn sums(&self, values: Rows<'_>, rows: usize, columns: usize) -> Result<Sums<'_>, String> {
        let targets = self.op.targets as usize;
        let (kernel, used) = match (&self.body, &self.op.body) {
            (ReadyBody::Plain(plain), _) => {
                return plain.sums(&self.op, values, rows, columns);
            }
            (
                ReadyBody::Sums(kernel)
                | ReadyBody::Floats(kernel, _)
                | ReadyBody::Doubles(kernel, _),
                Body::Sums { used, .. } | Body::Vectors { used, .. },
            ) => (kernel, used),
            (_, Body::Plain(_)) => return Err("the tables of trees are of two kinds".to_owned()),
        };
        let features = kernel.header().features;
        if features != columns {
            return Err(format!(
                "{columns} columns where the trees were read for {features}"
            ));
        }
        let values = match &self.body {
            ReadyBody::Floats(kernel, vectors) => {
                let mut sums = vec![0.0_f32; rows * targets];
                add_vectors(kernel, values, vectors, targets, &mut sums)?;
                sums.into_iter().map(f64::from).collect()
            }
            ReadyBody::Doubles(kernel, vectors) => {
                let mut sums = vec![0.0; rows * targets];
                add_vectors(kernel, values, vectors, targets, &mut sums)?;
                sums
            }
            _ if rows == 0 => Vec::new(),
            _ => kernel.margins(values, rows),
        };
        Ok(Sums {
            values,
            used: Cow::Borrowed(used),
        })
    }
}

/// Adds for each row the vector of its leaf in each tree, in the order of the trees.
fn add_vectors<T: Copy + std::ops::AddAssign>(
    kernel: &Kernel<'_>,
    values: Rows<'_>,
    vectors: &[T],
    targets: usize,
    sums: &mut [T],
) -> Result<(), String> {
    let (columns, trees) = (kernel.header().features, kernel.groups());
    for (at, sums) in sums.chunks_mut(BLOCK_ROWS * targets).enumerate() {
        let rows = sums.len() / targets;
        let range = at * BLOCK_ROWS * columns..(at * BLOCK_ROWS + rows) * columns;
        let block = match values {
            Rows::F32(values) => Rows::F32(&values[range]),
            Rows::F64(values) => Rows::F64(&values[range]),
        };
        let leaves = kernel.margins(block, rows);
        for (sums, leaves) in sums
            .chunks_exact_mut(targets)
            .zip(leaves.chunks_exact(trees))
        {
            for leaf in leaves {
                let first = *leaf as usize * targets;
                let vector = vectors
                    .get(first..first + targets)
                    .ok_or("a leaf of the tables has no vector")?;
                sums.iter_mut()
                    .zip(vector)
                    .for_each(|(sum, value)| *sum += *value);
            }
        }
    }
    Ok(())
}

/// Among texts, the answers 1 and 0 are places.
fn named(choice: &mut Choice) {
    match choice {
        Choice::Positive => *choice = Choice::Class(1),
        Choice::Negative => *choice = Choice::Class(0),
        Choice::Class(_) => {}
    }
}
