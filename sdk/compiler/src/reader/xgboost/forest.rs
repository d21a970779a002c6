//! The list of trees (`GBTreeModel::LoadModel` in src/gbm/gbtree_model.cc) and DART's weights for them.

use std::ops::Range;

use super::super::document::Part;
use super::super::parameter::{Real, parameter};
use super::{Shape, tree};
use crate::error::CompileError;
use crate::forest::{CategoryRule, Forest};

/// What a file with names of categories asks of those who fill rows.
const CODES_NOTE: &str = "the model was trained on named categories: a row holds their codes, which are their places in the \
                          training data's list, as XGBoost takes them from an array";

/// Reads the trees of the rounds that are kept, and what a user should know of them.
///
/// DART's weights are multiplied into the leaves, each product rounded: so does `predict` with a `DMatrix` (`Dart::PredictBatchImpl`
/// in src/gbm/gbtree.cc), while `inplace_predict` rounds otherwise.
pub(super) fn read(
    model: &Part<'_>,
    weights: Option<&Part<'_>>,
    shape: Shape,
    iterations: Option<&Range<u32>>,
) -> Result<(Forest, Vec<String>), CompileError> {
    let [categories, info, part, claims, rounds] = model.members([
        "cats",
        "tree_info",
        "trees",
        "gbtree_model_param",
        "iteration_indptr",
    ])?;
    let (info, claims) = (info.due()?, claims.due()?);
    let groups: Vec<i64> = info.array()?;
    let kept = match iterations {
        None => 0..groups.len(),
        Some(asked) => kept_trees(asked, rounds.part(), &claims, shape, groups.len())?,
    };
    let weights = weights
        .map(|part| Weights::read(part, groups.len()))
        .transpose()?;
    let mut forest = Forest::new(CategoryRule::NotNegative);
    let mut at = 0;
    part.due()?.each(|tree| {
        let group = *groups
            .get(at)
            .ok_or_else(|| info.error(format!("has {at} entries, fewer than there are trees")))?;
        let group = usize::try_from(group)
            .ok()
            .filter(|group| *group < shape.groups)
            .ok_or_else(|| {
                info.element_error(
                    at,
                    format!(
                        "{group} is out of range: the model has {} groups",
                        shape.groups
                    ),
                )
            })?;
        if kept.contains(&at) {
            let weight = weights.as_ref().map_or(1.0, |weights| weights.0[at]);
            tree::read(&tree, group, weight, shape, &mut forest)?;
        }
        at += 1;
        Ok(())
    })?;
    check_counts(&info, &claims.get("num_trees")?, groups.len(), at)?;
    let notes = has_recoded(categories.part())?.then(|| CODES_NOTE.to_owned());
    Ok((forest, notes.into_iter().collect()))
}

fn check_counts(
    info: &Part<'_>,
    claim: &Part<'_>,
    entries: usize,
    trees: usize,
) -> Result<(), CompileError> {
    let claimed: usize = parameter(claim)?;
    if claimed != trees {
        return Err(claim.error(format!(
            "{claimed} trees are claimed, but there are {trees}"
        )));
    }
    if entries != trees {
        return Err(info.error(format!(
            "has {entries} entries, but there are {trees} trees"
        )));
    }
    Ok(())
}

/// DART's `weight_drop`.
struct Weights(Vec<f32>);

impl Weights {
    fn read(part: &Part<'_>, trees: usize) -> Result<Self, CompileError> {
        let weights: Vec<Real> = part.array()?;
        let weights: Vec<f32> = weights.into_iter().map(|number| number.0).collect();
        if weights.len() != trees {
            return Err(part.error(format!(
                "has {} weights, but there are {trees} trees",
                weights.len()
            )));
        }
        match weights.iter().position(|weight| !weight.is_finite()) {
            Some(at) => Err(part.element_error(at, "is not a finite 32-bit number")),
            None => Ok(Self(weights)),
        }
    }
}

/// Trees of a range of rounds. Since 2.0 the file tells where each round begins; before, all had as many trees.
fn kept_trees(
    asked: &Range<u32>,
    rounds: Option<Part<'_>>,
    claims: &Part<'_>,
    shape: Shape,
    trees: usize,
) -> Result<Range<usize>, CompileError> {
    let begins: Vec<usize> = match &rounds {
        Some(rounds) => rounds.array()?,
        None => {
            let parallel = claims.get("num_parallel_tree")?;
            let each = parameter::<usize>(&parallel)?
                .max(1)
                .saturating_mul(shape.groups);
            (0..=trees).step_by(each).collect()
        }
    };
    let [begin, end] = [asked.start, asked.end].map(|at| begins.get(at as usize).copied());
    match (begin, end) {
        (Some(begin), Some(end)) if begin < end && end <= trees => Ok(begin..end),
        _ => Err(CompileError::Unsupported(format!(
            "iterations {} to {} were asked for, but the model has {}",
            asked.start,
            asked.end,
            begins.len().saturating_sub(1)
        ))),
    }
}

/// Since 3.1 a file may bring the names of its training data's categories.
fn has_recoded(categories: Option<Part<'_>>) -> Result<bool, CompileError> {
    let Some(encodings) = categories
        .map(|part| part.find("enc"))
        .transpose()?
        .flatten()
    else {
        return Ok(false);
    };
    let mut any = false;
    encodings.each(|_| {
        any = true;
        Ok(())
    })?;
    Ok(any)
}
