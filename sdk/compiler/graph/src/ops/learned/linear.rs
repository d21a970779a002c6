//! Weighted sums: LinearRegressor, LinearClassifier.

use serde::{Deserialize, Serialize};

use super::labels::{Choice, Labels, ReadyLabels, greatest};
use super::lanes::Lanes;
use super::numbers;
use super::scores::{Post, logistic, probit};
use crate::blob::Blob;
use crate::ops::Args;
use crate::tensor::Tensor;

/// Sums of a table's columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearRegressor {
    /// `f32`, target by target; none where the input is what they make of a row.
    pub coefficients: Option<Blob>,
    /// `f32`, one a target, or none.
    pub intercepts: Blob,
    /// How many sums there are.
    pub targets: u32,
    /// What is made of them.
    pub post: Post,
}

/// Sums of a table's columns, and the class of the greatest one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearClassifier {
    /// The sums.
    pub sums: LinearRegressor,
    /// The classes.
    pub labels: Labels,
}

/// See [`LinearRegressor`].
#[derive(Debug)]
pub struct ReadyRegressor {
    lanes: Option<Lanes>,
    targets: usize,
    intercepts: Vec<f32>,
    post: Post,
}

/// See [`LinearClassifier`].
#[derive(Debug)]
pub struct ReadyClassifier<'a> {
    sums: ReadyRegressor,
    labels: ReadyLabels<'a>,
}

impl LinearRegressor {
    pub(super) fn ready(&self, blobs: &[u8]) -> Result<ReadyRegressor, String> {
        let targets = self.targets as usize;
        if targets == 0 {
            return Err("sums of no targets".to_owned());
        }
        let lanes = match self.coefficients {
            Some(coefficients) => Some(lanes(&coefficients.numbers::<f32>(blobs)?, targets)?),
            None => None,
        };
        let intercepts = self.intercepts.numbers::<f32>(blobs)?;
        Ok(ReadyRegressor {
            lanes,
            targets,
            intercepts: match intercepts.len() == targets {
                true => intercepts.into_owned(),
                false => vec![0.0; targets],
            },
            post: self.post,
        })
    }
}

fn lanes(coefficients: &[f32], targets: usize) -> Result<Lanes, String> {
    let columns = coefficients.len().checked_div(targets).unwrap_or(0);
    if columns == 0 || columns * targets != coefficients.len() {
        return Err(format!(
            "{} coefficients cannot be shared out among {targets} targets",
            coefficients.len()
        ));
    }
    Ok(Lanes::new(coefficients, columns))
}

impl ReadyRegressor {
    /// The sums, row by row, and how many rows there are.
    fn sums(&self, input: &Tensor<'_>) -> Result<(Vec<f32>, usize), String> {
        let (rows, columns) = numbers::table(input)?;
        let targets = self.targets;
        let wanted = self.lanes.as_ref().map_or(targets, Lanes::columns);
        if columns != wanted {
            return Err(format!(
                "{columns} columns where there are coefficients for {wanted}"
            ));
        }
        let input = numbers::floats(input)?;
        let mut sums = match &self.lanes {
            Some(lanes) => {
                let mut sums = vec![0.0; numbers::rows_of(rows, targets)?.elements()];
                lanes.products(&input, &mut sums);
                sums
            }
            None => input.into_owned(),
        };
        for row in sums.chunks_exact_mut(targets) {
            row.iter_mut()
                .zip(&self.intercepts)
                .for_each(|(sum, intercept)| *sum += intercept);
        }
        Ok((sums, rows))
    }

    pub(super) fn run<'v>(&self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let (mut sums, rows) = self.sums(args.get(0)?)?;
        let targets = self.targets;
        match targets {
            // Of a single one, onnxruntime heeds no other.
            1 if self.post == Post::Probit => sums.iter_mut().for_each(|sum| *sum = probit(*sum)),
            1 => {}
            _ => sums
                .chunks_exact_mut(targets)
                .for_each(|row| self.post.apply(row)),
        }
        Tensor::f32(numbers::rows_of(rows, targets)?, sums)
    }
}

impl LinearClassifier {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadyClassifier<'a>, String> {
        let (sums, labels) = (self.sums.ready(blobs)?, self.labels.ready(blobs)?);
        let targets = sums.targets;
        if targets > 1 && labels.len() < targets {
            return Err(format!("{} labels for {targets} sums", labels.len()));
        }
        Ok(ReadyClassifier { sums, labels })
    }
}

impl ReadyClassifier<'_> {
    pub(super) fn run<'v>(
        &'v self,
        args: &mut Args<'_, 'v>,
        made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        let (mut scores, rows) = self.sums.sums(args.get(0)?)?;
        let targets = self.sums.targets;
        let two = self.labels.len() == 2;
        let choices: Vec<Choice> = match targets {
            1 => scores
                .iter()
                .map(|score| choice(*score > 0.0, two))
                .collect(),
            _ => scores
                .chunks_exact(targets)
                .map(|row| Choice::Class(greatest(row)))
                .collect(),
        };
        made.push(self.labels.of(&choices)?);
        let mut columns = targets;
        match targets {
            1 if two => {
                columns = 2;
                let both = |score: f32| match self.sums.post {
                    Post::Logistic => [logistic(-score), logistic(score)],
                    _ => [1.0 - score, score],
                };
                scores = scores.iter().flat_map(|score| both(*score)).collect();
            }
            1 if self.sums.post == Post::Probit => {
                scores.iter_mut().for_each(|score| *score = probit(*score))
            }
            1 => {}
            _ => scores
                .chunks_exact_mut(targets)
                .for_each(|row| self.sums.post.apply(row)),
        }
        made.push(Tensor::f32(numbers::rows_of(rows, columns)?, scores)?);
        Ok(())
    }
}

fn choice(positive: bool, two: bool) -> Choice {
    match (two, positive) {
        (true, positive) => Choice::Class(usize::from(positive)),
        (false, true) => Choice::Positive,
        (false, false) => Choice::Negative,
    }
}
