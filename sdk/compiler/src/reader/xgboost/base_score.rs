//! `base_score`: where the sums begin, before the objective makes margins of it.

use super::super::document::Part;
use super::super::parameter::shorten;
use super::objective::{Objective, Start};
use crate::error::CompileError;

/// XGBoost keeps a probability this far from 0 and 1 before it takes its logit (`kRtEps`, include/xgboost/base.h).
const PROBABILITY_EPSILON: f32 = 1e-6;

/// Versions before 3.1 write one number, later ones a list in a string: `5E-1`, `[5E-1]`, `[1E-1,2E-1,-3E-1]`. One number is meant
/// for every group.
pub(super) fn read(
    part: &Part<'_>,
    objective: &Objective,
    groups: usize,
) -> Result<Vec<f64>, CompileError> {
    let text: String = part.value()?;
    let text = text.trim();
    let list = text
        .strip_prefix('[')
        .map_or(Some(text), |rest| rest.strip_suffix(']'));
    let list = list.ok_or_else(|| part.error("the list does not end with `]`"))?;
    let mut margins = Vec::new();
    for number in list.split(',') {
        let score = number
            .trim()
            .parse::<f32>()
            .ok()
            .filter(|score| score.is_finite());
        let score = score
            .ok_or_else(|| part.error(format!("`{}` is not a finite number", shorten(number))))?;
        let margin = margin(score, objective.start).map_err(|reason| part.error(reason))?;
        margins.push(f64::from(margin));
    }
    match margins.len() {
        1 => Ok(vec![margins[0]; groups]),
        count if count == groups => Ok(margins),
        count => Err(part.error(format!(
            "has {count} numbers, but the model has {groups} groups"
        ))),
    }
}

fn margin(score: f32, start: Start) -> Result<f32, String> {
    match start {
        Start::Margin => Ok(score),
        Start::Logit if (0.0..=1.0).contains(&score) => Ok(logit(score)),
        Start::Logit => Err(format!("{score} is not a probability between 0 and 1")),
        // `ln` is the platform's `logf`, as it is XGBoost's.
        Start::Logarithm if score > 0.0 => Ok(score.ln()),
        Start::Logarithm => Err(format!(
            "{score} is not greater than 0, so it has no logarithm"
        )),
    }
}

/// XGBoost's `ProbToMargin` (src/objective/regression_loss.h), step by step in `f32`: an exact logit, rounded once, is another number
/// for most probabilities.
fn logit(probability: f32) -> f32 {
    let kept = probability.clamp(PROBABILITY_EPSILON, 1.0 - PROBABILITY_EPSILON);
    -(1.0 / kept - 1.0).ln()
}
