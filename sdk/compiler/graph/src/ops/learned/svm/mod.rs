//! Support vector machines: SVMRegressor, SVMClassifier.

mod pairs;

use std::borrow::Cow;

use scoregate_kernel::{exp::exp, exp64};
use serde::{Deserialize, Serialize};

use super::labels::{Choice, Labels, ReadyLabels, greatest};
use super::lanes::Lanes;
use super::numbers;
use super::scores::{Post, logistic, probit};
use crate::blob::Blob;
use crate::ops::Args;
use crate::tensor::Tensor;

/// What is made of a row and a vector.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kernel {
    /// Their product.
    Linear,
    /// A power of the product.
    Poly {
        /// What the product is multiplied by.
        gamma: f32,
        /// What is added then.
        coef0: f32,
        /// The exponent.
        degree: f32,
    },
    /// The exponential of the negative squared distance.
    Rbf {
        /// What the distance is multiplied by.
        gamma: f32,
    },
    /// The hyperbolic tangent of the product.
    Sigmoid {
        /// What the product is multiplied by.
        gamma: f32,
        /// What is added then.
        coef0: f32,
    },
}

/// Vectors, and the kernel that compares rows with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Svm {
    /// What is made of a row and a vector.
    pub kernel: Kernel,
    /// `f32`, vector by vector.
    pub vectors: Blob,
    /// How many there are.
    pub count: u32,
    /// `f32`, as its operator says.
    pub coefficients: Blob,
    /// `f32`, as its operator says.
    pub rho: Blob,
}

/// A weighted sum over the vectors. Without coefficients the vector itself is the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SvmRegressor {
    /// One coefficient a vector, or none for a linear model of one vector; one `rho`.
    pub svm: Svm,
    /// 1 for what is above zero, else -1.
    pub one_class: bool,
}

/// A class by votes between each two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SvmClassifier {
    /// A row of coefficients for each class but one, `rho` for each two classes. Without coefficients there is a vector for each class,
    /// and a single `rho`.
    pub svm: Svm,
    /// The classes.
    pub labels: Labels,
    /// How many vectors each class has; none for a vector for each class.
    pub per_class: Vec<u32>,
    /// `f32`, for each two classes what makes a probability of their score; or none.
    pub prob_a: Blob,
    /// Likewise.
    pub prob_b: Blob,
    /// What is made of the scores.
    pub post: Post,
    /// Whether no coefficient is negative.
    pub all_positive: bool,
}

/// See [`Svm`].
#[derive(Debug)]
struct ReadySvm<'a> {
    kernel: Kernel,
    lanes: Lanes,
    coefficients: Cow<'a, [f32]>,
    rho: Cow<'a, [f32]>,
}

/// `prob_a` and `prob_b`.
type Probabilities<'a> = (Cow<'a, [f32]>, Cow<'a, [f32]>);

/// See [`SvmRegressor`].
#[derive(Debug)]
pub struct ReadyRegressor<'a> {
    svm: ReadySvm<'a>,
    one_class: bool,
}

/// See [`SvmClassifier`].
#[derive(Debug)]
pub struct ReadyClassifier<'a> {
    svm: ReadySvm<'a>,
    labels: ReadyLabels<'a>,
    per_class: Vec<u32>,
    probabilities: Option<Probabilities<'a>>,
    post: Post,
    all_positive: bool,
}

impl Svm {
    fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadySvm<'a>, String> {
        let vectors = self.vectors.numbers::<f32>(blobs)?;
        let count = self.count as usize;
        let columns = vectors.len().checked_div(count).unwrap_or(0);
        if columns == 0 || columns * count != vectors.len() {
            return Err(format!(
                "{} numbers do not make {count} vectors of one length",
                vectors.len()
            ));
        }
        let rho = self.rho.numbers::<f32>(blobs)?;
        if rho.is_empty() {
            return Err("`rho` is empty".to_owned());
        }
        Ok(ReadySvm {
            kernel: self.kernel,
            lanes: Lanes::new(&vectors, columns),
            coefficients: self.coefficients.numbers(blobs)?,
            rho,
        })
    }
}

impl ReadySvm<'_> {
    /// For each row what the kernel makes of it and each vector, and how many rows there are.
    fn kernels(&self, input: &Tensor<'_>) -> Result<(Vec<f32>, usize), String> {
        let (rows, columns) = numbers::table(input)?;
        if columns != self.lanes.columns() {
            return Err(format!(
                "{columns} columns where the vectors have {}",
                self.lanes.columns()
            ));
        }
        let shape = numbers::rows_of(rows, self.lanes.count())?;
        let mut values = vec![0.0; shape.elements()];
        let input = numbers::floats(input)?;
        match self.kernel {
            Kernel::Rbf { .. } => self.lanes.distances(&input, &mut values),
            _ => self.lanes.products(&input, &mut values),
        }
        match self.kernel {
            Kernel::Linear => {}
            Kernel::Rbf { gamma } => values
                .iter_mut()
                .for_each(|value| *value = exp(-gamma * *value)),
            Kernel::Poly {
                gamma,
                coef0,
                degree,
            } => {
                values
                    .iter_mut()
                    .for_each(|value| *value = power(gamma * *value + coef0, degree));
            }
            Kernel::Sigmoid { gamma, coef0 } => {
                values
                    .iter_mut()
                    .for_each(|value| *value = tanh(gamma * *value + coef0));
            }
        }
        Ok((values, rows))
    }
}

fn power(base: f32, degree: f32) -> f32 {
    match degree {
        2.0 => base * base,
        3.0 => base * base * base,
        degree => f64::from(base).powf(f64::from(degree)) as f32,
    }
}

fn tanh(x: f32) -> f32 {
    let wide = f64::from(x);
    if wide.abs() < 1e-3 {
        return (wide - wide * wide * wide / 3.0) as f32;
    }
    (1.0 - 2.0 / (exp64::exp(2.0 * wide) + 1.0)) as f32
}

impl SvmRegressor {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadyRegressor<'a>, String> {
        let svm = self.svm.ready(blobs)?;
        let (vectors, coefficients) = (svm.lanes.count(), svm.coefficients.len());
        if !(coefficients == vectors || coefficients == 0 && vectors == 1) {
            return Err(format!("{coefficients} coefficients for {vectors} vectors"));
        }
        Ok(ReadyRegressor {
            svm,
            one_class: self.one_class,
        })
    }
}

impl ReadyRegressor<'_> {
    pub(super) fn run<'v>(&self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let (kernels, rows) = self.svm.kernels(args.get(0)?)?;
        let (coefficients, rho) = (&self.svm.coefficients, self.svm.rho[0]);
        let sum = |kernels: &[f32]| {
            let terms = kernels.iter().zip(&coefficients[..]);
            terms.fold(0.0, |sum, (value, coefficient)| sum + value * coefficient)
        };
        let mut values: Vec<f32> = match coefficients.len() {
            0 => kernels,
            count => kernels.chunks_exact(count).map(sum).collect(),
        };
        for value in &mut values {
            *value += rho;
            if self.one_class {
                *value = if *value > 0.0 { 1.0 } else { -1.0 };
            }
        }
        Tensor::f32(numbers::rows_of(rows, 1)?, values)
    }
}

impl SvmClassifier {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadyClassifier<'a>, String> {
        let (svm, labels) = (self.svm.ready(blobs)?, self.labels.ready(blobs)?);
        let (classes, vectors) = (labels.len(), svm.lanes.count());
        let pairs = classes * classes.saturating_sub(1) / 2;
        let probabilities = match self.prob_a.numbers::<f32>(blobs)? {
            a if a.is_empty() => None,
            a => Some((a, self.prob_b.numbers::<f32>(blobs)?)),
        };
        let sound = if self.per_class.is_empty() {
            vectors == classes && probabilities.is_none()
        } else {
            classes > 1
                && self.per_class.len() == classes
                && self
                    .per_class
                    .iter()
                    .map(|count| *count as usize)
                    .sum::<usize>()
                    == vectors
                && svm.coefficients.len() >= (classes - 1) * vectors
                && svm.rho.len() >= pairs
                && probabilities
                    .as_ref()
                    .is_none_or(|(a, b)| a.len() >= pairs && b.len() >= pairs)
        };
        if !sound {
            return Err(format!(
                "{classes} classes, {vectors} vectors, {} coefficients and {} of `rho` do not fit each other",
                svm.coefficients.len(),
                svm.rho.len()
            ));
        }
        Ok(ReadyClassifier {
            svm,
            labels,
            per_class: self.per_class.clone(),
            probabilities,
            post: self.post,
            all_positive: self.all_positive,
        })
    }
}

impl ReadyClassifier<'_> {
    pub(super) fn run<'v>(
        &'v self,
        args: &mut Args<'_, 'v>,
        made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        let (kernels, rows) = self.svm.kernels(args.get(0)?)?;
        let classes = self.labels.len();
        let (choices, scores) = if self.per_class.is_empty() {
            self.linear(kernels)
        } else {
            self.voted(&kernels)
        };
        made.push(self.labels.of(&choices)?);
        let columns = match (self.per_class.is_empty(), &self.probabilities) {
            (true, _) | (false, Some(_)) => classes,
            (false, None) if classes > 2 => classes * (classes - 1) / 2,
            (false, None) => 2,
        };
        made.push(Tensor::f32(numbers::rows_of(rows, columns)?, scores)?);
        Ok(())
    }

    /// A vector for each class.
    fn linear(&self, mut scores: Vec<f32>) -> (Vec<Choice>, Vec<f32>) {
        let classes = self.labels.len();
        let mut choices = Vec::with_capacity(scores.len() / classes);
        for row in scores.chunks_exact_mut(classes) {
            row.iter_mut().for_each(|score| *score += self.svm.rho[0]);
            let best = greatest(row);
            choices.push(self.chosen(best, row[best]));
            match classes {
                1 if self.post == Post::Probit => row[0] = probit(row[0]),
                1 => {}
                _ => self.post.apply(row),
            }
        }
        (choices, scores)
    }

    /// Of two classes the sign decides, where there are no probabilities.
    fn chosen(&self, best: usize, score: f32) -> Choice {
        let positive = if self.all_positive {
            score >= 0.5
        } else {
            score > 0.0
        };
        match self.labels.len() {
            2 if self.probabilities.is_none() && positive => Choice::Class(1),
            _ => Choice::Class(best),
        }
    }

    fn voted(&self, kernels: &[f32]) -> (Vec<Choice>, Vec<f32>) {
        let classes = self.labels.len();
        let vectors = self.svm.lanes.count();
        let (mut choices, mut scores) = (Vec::new(), Vec::new());
        let mut pairs = pairs::Pairs::new(classes);
        for row in kernels.chunks_exact(vectors) {
            pairs.vote(row, &self.per_class, &self.svm.coefficients, &self.svm.rho);
            choices.push(self.chosen(pairs.winner(), 0.0));
            if let Some((a, b)) = &self.probabilities {
                let probabilities = pairs.probabilities(a, b);
                self.post.apply(probabilities);
                scores.extend_from_slice(probabilities);
            } else if classes > 2 {
                self.post.apply(pairs.scores());
                scores.extend_from_slice(pairs.scores());
            } else {
                let score = pairs.scores()[0];
                scores.extend(match self.post {
                    Post::None => [-score, score],
                    Post::Logistic => [logistic(-score), logistic(score)],
                    _ => [1.0 - score, score],
                });
            }
        }
        (choices, scores)
    }
}
