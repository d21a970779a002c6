//! Votes between each two classes, and probabilities from them: T.-F. Wu, C.-J. Lin and R. C. Weng, "Probability estimates for multi-class
//! classification by pairwise coupling", second method, in the steps of onnxruntime's `multiclass_probability`, which are LIBSVM's.

use super::super::scores::logistic;

/// Probabilities stay so far from 0 and 1.
const FROM_ENDS: f32 = 1.0e-7;
const STEPS_MAX: usize = 100;
const NEAR: f32 = 0.005;

/// What one row's votes need, kept from row to row.
#[derive(Debug)]
pub(super) struct Pairs {
    classes: usize,
    scores: Vec<f32>,
    votes: Vec<u32>,
    /// Between each two classes, the probability of the first.
    r: Vec<f32>,
    q: Vec<f32>,
    qp: Vec<f32>,
    p: Vec<f32>,
}

impl Pairs {
    pub(super) fn new(classes: usize) -> Self {
        Self {
            classes,
            scores: vec![0.0; classes * (classes - 1) / 2],
            votes: vec![0; classes],
            r: vec![0.0; classes * classes],
            q: vec![0.0; classes * classes],
            qp: vec![0.0; classes],
            p: vec![0.0; classes],
        }
    }

    /// The score of each two classes from what the kernel made of the vectors.
    pub(super) fn vote(
        &mut self,
        kernels: &[f32],
        per_class: &[u32],
        coefficients: &[f32],
        rho: &[f32],
    ) {
        self.votes.fill(0);
        let vectors = kernels.len();
        let mut pair = 0;
        let mut first = 0;
        for (i, count) in per_class.iter().enumerate() {
            let own = first..first + *count as usize;
            let mut other = own.end;
            for (j, count) in per_class.iter().enumerate().skip(i + 1) {
                let others = other..other + *count as usize;
                let mut sum = 0.0;
                let rows = [
                    (&coefficients[(j - 1) * vectors..], &own),
                    (&coefficients[i * vectors..], &others),
                ];
                for (coefficients, range) in rows {
                    let terms = coefficients[range.clone()]
                        .iter()
                        .zip(&kernels[range.clone()]);
                    sum = terms.fold(sum, |sum, (coefficient, kernel)| {
                        sum + f64::from(coefficient * kernel)
                    });
                }
                sum += f64::from(rho[pair]);
                self.scores[pair] = sum as f32;
                self.votes[if sum > 0.0 { i } else { j }] += 1;
                pair += 1;
                other = others.end;
            }
            first = own.end;
        }
    }

    pub(super) fn scores(&mut self) -> &mut [f32] {
        &mut self.scores
    }

    /// The class of most votes; of equal ones the first.
    pub(super) fn winner(&self) -> usize {
        let mut best = 0;
        for (class, votes) in self.votes.iter().enumerate() {
            if *votes > self.votes[best] {
                best = class;
            }
        }
        best
    }

    pub(super) fn probabilities(&mut self, a: &[f32], b: &[f32]) -> &mut [f32] {
        let classes = self.classes;
        let mut pair = 0;
        for i in 0..classes {
            for j in i + 1..classes {
                let probability = 1.0 - logistic(self.scores[pair] * a[pair] + b[pair]);
                // A NaN is left behind as onnxruntime's `std::max` does.
                let above = if probability < FROM_ENDS {
                    FROM_ENDS
                } else {
                    probability
                };
                let within = if 1.0 - FROM_ENDS < above {
                    1.0 - FROM_ENDS
                } else {
                    above
                };
                self.r[i * classes + j] = within;
                self.r[j * classes + i] = 1.0 - within;
                pair += 1;
            }
        }
        self.couple();
        &mut self.p
    }

    fn couple(&mut self) {
        let n = self.classes;
        let Self { r, q, qp, p, .. } = self;
        q.fill(0.0);
        for i in 0..n {
            p[i] = 1.0 / n as f32;
            for j in (0..n).filter(|j| *j != i) {
                q[i * n + i] += r[j * n + i] * r[j * n + i];
                q[i * n + j] = if j < i {
                    q[j * n + i]
                } else {
                    -r[j * n + i] * r[i * n + j]
                };
            }
        }
        for _ in 0..STEPS_MAX {
            let mut pqp = 0.0;
            for i in 0..n {
                qp[i] = (0..n).fold(0.0, |sum, j| sum + q[i * n + j] * p[j]);
                pqp += p[i] * qp[i];
            }
            let error = qp.iter().fold(0.0, |max, qp| {
                let error = (qp - pqp).abs();
                if error > max { error } else { max }
            });
            if error < NEAR / n as f32 {
                break;
            }
            for i in 0..n {
                let diff = (-qp[i] + pqp) / q[i * n + i];
                p[i] += diff;
                pqp = (pqp + diff * (diff * q[i * n + i] + 2.0 * qp[i]))
                    / (1.0 + diff)
                    / (1.0 + diff);
                for j in 0..n {
                    qp[j] = (qp[j] + diff * q[i * n + j]) / (1.0 + diff);
                    p[j] /= 1.0 + diff;
                }
            }
        }
    }
}
