//! XGBoost's JSON and UBJSON, as `save_model` of versions 1 to 3 writes it. The document's outline is `LearnerIO::SaveModel` in
//! src/learner.cc.

mod base_score;
mod categories;
mod forest;
mod linear;
mod objective;
mod tree;

use std::ops::Range;

use super::document::Part;
use super::parameter::{parameter, shorten};
use crate::description::{Description, Family, FeatureKind, Precision};
use crate::error::CompileError;
use crate::limits::FEATURES_MAX;

/// Versions whose files are known.
const MAJORS: std::ops::RangeInclusive<u32> = 1..=3;

/// Reads a booster. `iterations` are the rounds that are kept; all of them, unless told.
pub(super) fn read(
    root: &Part<'_>,
    iterations: Option<&Range<u32>>,
) -> Result<Description, CompileError> {
    let [learner, version] = root.members(["learner", "version"])?;
    let Some(learner) = learner.part() else {
        return Err(root.error(
            "`learner` is missing, so this is not a model that XGBoost saved; save it with `booster.save_model(\"model.json\")`",
        ));
    };
    let version = read_version(&version.due()?)?;
    let [booster, objective, parameters, names, types, attributes] = learner.members([
        "gradient_booster",
        "objective",
        "learner_model_param",
        "feature_names",
        "feature_types",
        "attributes",
    ])?;
    let (objective_part, parameters) = (objective.due()?, parameters.due()?);
    let objective = objective::read(&objective_part)?;
    let features = read_features(&parameters)?;
    let (groups, task) = objective::groups(&objective_part, &parameters, objective)?;
    let shape = Shape { groups, features };
    let feature_kinds = read_feature_kinds(types.part(), features)?;
    let mut base_margins = base_score::read(&parameters.get("base_score")?, objective, groups)?;
    let booster = booster.due()?;
    let (family, mut notes) = match Booster::read(&booster)? {
        Booster::Trees { model, weights } => {
            let (forest, notes) = forest::read(&model, weights.as_ref(), shape, iterations)?;
            (Family::Trees(Box::new(forest)), notes)
        }
        Booster::Linear(_) if iterations.is_some() => {
            return Err(CompileError::Unsupported(
                "a range of iterations was asked for, but `gblinear` keeps only the sum of all"
                    .to_owned(),
            ));
        }
        Booster::Linear(model) => {
            let linear = linear::read(&model, shape, &mut base_margins)?;
            (Family::Linear(linear), Vec::new())
        }
    };
    if iterations.is_none() {
        notes.extend(best_iteration_note(attributes.part(), &family)?);
    }
    Ok(Description {
        origin: format!("XGBoost {version}"),
        objective: objective.name.to_owned(),
        task,
        link: objective.link,
        divisor: 1.0,
        precision: Precision::F32,
        features,
        feature_names: read_feature_names(names.part(), features)?,
        feature_kinds,
        base_margins,
        family,
        notes,
    })
}

/// How many sums a row has, and how many values.
#[derive(Clone, Copy)]
struct Shape {
    groups: usize,
    features: usize,
}

/// The part of each kind of booster that predictions are made of.
enum Booster<'a> {
    Trees {
        model: Part<'a>,
        weights: Option<Part<'a>>,
    },
    Linear(Part<'a>),
}

impl<'a> Booster<'a> {
    fn read(booster: &Part<'a>) -> Result<Self, CompileError> {
        let [name, model, trees, weights] =
            booster.members(["name", "model", "gbtree", "weight_drop"])?;
        let name_part = name.due()?;
        let name: String = name_part.value()?;
        match name.as_str() {
            "gbtree" => Ok(Self::Trees {
                model: model.due()?,
                weights: None,
            }),
            "dart" => Ok(Self::Trees {
                model: trees.due()?.get("model")?,
                weights: Some(weights.due()?),
            }),
            "gblinear" => Ok(Self::Linear(model.due()?)),
            other => Err(name_part.error(format!(
                "`{}` is no booster of XGBoost, which are gbtree, dart and gblinear",
                shorten(other)
            ))),
        }
    }
}

fn read_version(part: &Part<'_>) -> Result<String, CompileError> {
    let numbers: Vec<u32> = part.array()?;
    match numbers.first() {
        Some(major) if MAJORS.contains(major) => Ok(numbers
            .iter()
            .take(3)
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(".")),
        _ => Err(part.error("this version reads models that XGBoost 1, 2 or 3 saved")),
    }
}

fn read_features(parameters: &Part<'_>) -> Result<usize, CompileError> {
    let part = parameters.get("num_feature")?;
    let features: usize = parameter(&part)?;
    if !(1..=FEATURES_MAX).contains(&features) {
        return Err(part.error(format!(
            "a model has 1 to {FEATURES_MAX} features, not {features}"
        )));
    }
    Ok(features)
}

fn read_feature_names(
    part: Option<Part<'_>>,
    features: usize,
) -> Result<Vec<String>, CompileError> {
    one_a_feature(part, features, "names")
}

/// `c` is a category; `float`, `int`, `i` and `q` are numbers.
fn read_feature_kinds(
    part: Option<Part<'_>>,
    features: usize,
) -> Result<Vec<FeatureKind>, CompileError> {
    let kind = |name: &String| match name.as_str() {
        "c" => FeatureKind::Category,
        _ => FeatureKind::Number,
    };
    let types = one_a_feature(part, features, "types")?;
    Ok(types.iter().map(kind).collect())
}

fn one_a_feature(
    part: Option<Part<'_>>,
    features: usize,
    what: &str,
) -> Result<Vec<String>, CompileError> {
    let Some(part) = part else {
        return Ok(Vec::new());
    };
    let texts: Vec<String> = part.array()?;
    if !texts.is_empty() && texts.len() != features {
        return Err(part.error(format!(
            "has {} {what}, but the model has {features} features",
            texts.len()
        )));
    }
    Ok(texts)
}

/// `Booster.predict` takes all rounds, and so does a component.
fn best_iteration_note(
    attributes: Option<Part<'_>>,
    family: &Family,
) -> Result<Option<String>, CompileError> {
    let Some(attributes) = attributes else {
        return Ok(None);
    };
    let (Some(best), Family::Trees(forest)) = (attributes.find("best_iteration")?, family) else {
        return Ok(None);
    };
    // Attributes are the user's own words, so one that is no number is no fault of the model.
    let best = best.value::<String>()?.parse::<u32>().ok();
    Ok(best.map(|best| {
        format!(
            "the file names best_iteration {best}: XGBoost's scikit-learn wrappers stop after it, which \
             `--iteration-range 0,{}` does too; Booster.predict and this component use all {} trees",
            u64::from(best) + 1,
            forest.len()
        )
    }))
}
