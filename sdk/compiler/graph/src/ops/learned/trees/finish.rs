//! From sums to scores and labels, in the steps of onnxruntime's aggregators (core/providers/cpu/ml/tree_ensemble_aggregator.h), with all
//! that they do with two classes.

use super::super::labels::Choice;
use super::super::scores::{Post, logistic, probit};
use super::{Aggregate, Classes, Sums, Trees};

/// What scores are written as.
pub(super) trait Score: Copy {
    fn of(value: f64) -> Self;
}

impl Score for f32 {
    fn of(value: f64) -> Self {
        value as f32
    }
}

impl Score for f64 {
    fn of(value: f64) -> Self {
        value
    }
}

/// The scores of all rows; of a classifier each row's class is added to `choices`.
pub(super) fn finish<S: Score>(op: &Trees, sums: Sums<'_>, choices: &mut Vec<Choice>) -> Vec<S> {
    let targets = op.targets as usize;
    let Sums { mut values, used } = sums;
    let each_row = used.len() == values.len();
    let mut row = Row {
        op,
        row_used: Vec::with_capacity(targets),
        narrow: Vec::with_capacity(targets),
    };
    let mut scores = Vec::with_capacity(values.len());
    if let (1, None) = (targets, &op.classes) {
        scores.extend(
            values
                .iter()
                .zip(used.iter().cycle())
                .map(|(sum, used)| S::of(row.single(*sum, *used))),
        );
        return scores;
    }
    for (at, sums) in values.chunks_exact_mut(targets).enumerate() {
        let first = if each_row { at * targets } else { 0 };
        row.row_used.clear();
        row.row_used
            .extend_from_slice(&used[first..first + targets]);
        match &op.classes {
            None => row.targets(sums, &mut scores),
            Some(classes) => choices.push(match targets {
                1 => row.one(sums[0], &mut scores),
                2 => row.two(classes, [sums[0], sums[1]], &mut scores),
                _ => row.many(sums, &mut scores),
            }),
        }
    }
    scores
}

struct Row<'o> {
    op: &'o Trees,
    row_used: Vec<bool>,
    narrow: Vec<f32>,
}

impl Row<'_> {
    /// A result of one operation in the ensemble's own numbers.
    fn round(&self, value: f64) -> f64 {
        if self.op.double {
            value
        } else {
            f64::from(value as f32)
        }
    }

    fn joined(&self, sum: f64, base: f64, used: bool) -> f64 {
        match self.op.aggregate {
            Aggregate::Average => self.round(self.round(sum / f64::from(self.op.trees)) + base),
            Aggregate::Sum => self.round(sum + base),
            Aggregate::Min | Aggregate::Max if used => self.round(sum + base),
            Aggregate::Min | Aggregate::Max => base,
        }
    }

    /// Of a single one only PROBIT is heeded.
    fn single(&self, sum: f64, used: bool) -> f64 {
        let base = match self.op.base[..] {
            [base] => base,
            _ => 0.0,
        };
        let score = self.joined(sum, base, used);
        match self.op.post {
            Post::Probit => f64::from(probit(score as f32)),
            _ => score,
        }
    }

    fn targets<S: Score>(&mut self, sums: &mut [f64], scores: &mut Vec<S>) {
        let with_base = self.op.base.len() == sums.len();
        for (at, sum) in sums.iter_mut().enumerate() {
            let base = if with_base { self.op.base[at] } else { 0.0 };
            *sum = self.joined(*sum, base, self.row_used[at]);
        }
        self.write(sums, scores);
    }

    /// What no leaf was added to is zero, whatever its base.
    fn write<S: Score>(&mut self, sums: &[f64], scores: &mut Vec<S>) {
        let sums = sums
            .iter()
            .zip(&self.row_used)
            .map(|(sum, used)| if *used { *sum } else { 0.0 });
        if self.op.post == Post::None {
            scores.extend(sums.map(S::of));
            return;
        }
        self.narrow.clear();
        self.narrow.extend(sums.map(|sum| sum as f32));
        self.op.post.apply(&mut self.narrow);
        scores.extend(self.narrow.iter().map(|score| S::of(f64::from(*score))));
    }

    /// A classifier with one class.
    fn one<S: Score>(&self, sum: f64, scores: &mut Vec<S>) -> Choice {
        let score = self.round(sum + self.op.base.first().copied().unwrap_or(0.0));
        scores.push(S::of(match self.op.post {
            Post::Probit => f64::from(probit(score as f32)),
            _ => score,
        }));
        if score > 0.0 {
            Choice::Positive
        } else {
            Choice::Negative
        }
    }

    fn many<S: Score>(&mut self, sums: &mut [f64], scores: &mut Vec<S>) -> Choice {
        for (at, base) in self.op.base.iter().enumerate().take(sums.len()) {
            sums[at] = if self.row_used[at] {
                self.round(sums[at] + base)
            } else {
                *base
            };
            self.row_used[at] = true;
        }
        let mut best: Option<usize> = None;
        for (at, sum) in sums.iter().enumerate() {
            if self.row_used[at] && best.is_none_or(|best| *sum > sums[best]) {
                best = Some(at);
            }
        }
        self.write(sums, scores);
        Choice::Class(best.unwrap_or(0))
    }

    fn two<S: Score>(&mut self, classes: &Classes, sums: [f64; 2], scores: &mut Vec<S>) -> Choice {
        let [mut first, mut second] = sums;
        let [used_first, used_second] = [self.row_used[0], self.row_used[1]];
        match self.op.base[..] {
            // As it stands there: the second sum is lost.
            [_, base] if used_second => {
                second = self.round(base + first);
                first = -second;
            }
            [base_first, base] => {
                second = self.round(second + base);
                first = self.round(first + base_first);
            }
            [base] => first = self.round(first + base),
            _ => {}
        }
        let single = !used_second && self.op.base.len() < 2;
        let known = if used_first { first } else { 0.0 };
        let weight = if used_second { second } else { known };
        let limit = if classes.binary && classes.all_positive {
            0.5
        } else {
            0.0
        };
        let positive = weight > limit;
        if single {
            let mixed = if classes.binary {
                !classes.all_positive
            } else {
                self.op.base.is_empty()
            };
            scores.extend(
                self.both(known, classes.binary || self.op.base.is_empty(), mixed)
                    .map(S::of),
            );
        } else {
            self.write(&[first, second], scores);
        }
        match (classes.binary, positive) {
            (true, positive) => Choice::Class(usize::from(positive)),
            (false, true) => Choice::Positive,
            (false, false) => Choice::Negative,
        }
    }

    /// Both classes' scores from the one that there is.
    fn both(&self, score: f64, has_second: bool, mixed: bool) -> [f64; 2] {
        match self.op.post {
            Post::Probit => [f64::from(probit(score as f32)), 0.0],
            _ if !has_second => [score, 0.0],
            _ if !mixed => [self.round(1.0 - score), score],
            Post::Logistic => [-score, score].map(|score| f64::from(logistic(score as f32))),
            _ => [-score, score],
        }
    }
}
