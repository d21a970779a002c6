//! XGBoost's JSON, as `save_model` of versions 1 to 3 writes it.

use super::document::Part;
use super::parameter::{parameter, shorten};
use super::xgboost_tree;
use crate::description::{Description, Family, FeatureKind, Link, Precision, Task};
use crate::error::CompileError;
use crate::forest::{CategoryRule, Forest};
use crate::limits::{CLASSES_MAX, FEATURES_MAX};

/// Versions whose files are known.
const MAJORS: std::ops::RangeInclusive<u32> = 1..=3;
/// XGBoost keeps a probability this far from 0 and 1 before it takes its logit (its `kRtEps`).
const PROBABILITY_EPSILON: f32 = 1e-6;

/// What an objective's name means.
struct Objective {
    name: &'static str,
    task: Task,
    link: Link,
}

const OBJECTIVES: [Objective; 5] = [
    Objective {
        name: "binary:logistic",
        task: Task::Binary,
        link: Link::Logistic { steepness: 1.0 },
    },
    Objective {
        name: "multi:softmax",
        task: Task::Multiclass,
        link: Link::Softmax,
    },
    Objective {
        name: "multi:softprob",
        task: Task::Multiclass,
        link: Link::Softmax,
    },
    Objective {
        name: "reg:logistic",
        task: Task::Regression,
        link: Link::Logistic { steepness: 1.0 },
    },
    Objective {
        name: "reg:squarederror",
        task: Task::Regression,
        link: Link::Identity,
    },
];

pub(super) fn read(file: &[u8]) -> Result<Description, CompileError> {
    let root = Part::root(file)?;
    let [learner, version] = root.members(["learner", "version"])?;
    let Some(learner) = learner.part() else {
        return Err(root.error(
            "`learner` is missing, so this is not a model that XGBoost saved; save it with `booster.save_model(\"model.json\")`",
        ));
    };
    let version = read_version(&version.due()?)?;
    let [booster, objective, parameters, names, attributes] = learner.members([
        "gradient_booster",
        "objective",
        "learner_model_param",
        "feature_names",
        "attributes",
    ])?;
    let model = read_booster(&booster.due()?)?;
    let (objective_part, parameters) = (objective.due()?, parameters.due()?);
    let objective = read_objective(&objective_part)?;
    let features = read_features(&parameters)?;
    let groups = read_groups(&objective_part, &parameters, objective)?;
    let trees = read_trees(&model, groups, features)?;
    let notes = best_iteration_note(attributes.part(), trees.len())?;
    Ok(Description {
        origin: format!("XGBoost {version}"),
        objective: objective.name.to_owned(),
        task: objective.task,
        link: objective.link,
        precision: Precision::F32,
        features,
        feature_names: read_feature_names(names.part(), features)?,
        feature_kinds: Vec::<FeatureKind>::new(),
        base_margins: read_base_margins(&parameters.get("base_score")?, objective.link, groups)?,
        family: Family::Trees(Box::new(trees)),
        notes,
    })
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

/// The trees' own part, where the booster is one that is served.
fn read_booster<'a>(booster: &Part<'a>) -> Result<Part<'a>, CompileError> {
    let [name, model, weights] = booster.members(["name", "model", "weight_drop"])?;
    let name: String = name.due()?.value()?;
    let name = match (name.as_str(), weights.part()) {
        ("gbtree", None) => return model.due(),
        ("gbtree", Some(_)) => "dart".to_owned(),
        (other, _) => shorten(other),
    };
    Err(CompileError::Unsupported(format!(
        "the model's booster is `{name}`; this version serves `gbtree` with numeric splits"
    )))
}

fn read_objective(part: &Part<'_>) -> Result<&'static Objective, CompileError> {
    let name: String = part.get("name")?.value()?;
    OBJECTIVES
        .iter()
        .find(|objective| objective.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = OBJECTIVES.iter().map(|objective| objective.name).collect();
            CompileError::Unsupported(format!(
                "the objective `{}` is not served; this version serves {}",
                shorten(&name),
                known.join(", ")
            ))
        })
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

/// How many sums a row has: one for each class, or a single one.
fn read_groups(
    own: &Part<'_>,
    parameters: &Part<'_>,
    objective: &Objective,
) -> Result<usize, CompileError> {
    if let Some(targets) = parameters.find("num_target")?
        && parameter::<u32>(&targets)? > 1
    {
        return Err(CompileError::Unsupported(
            "the model has several targets; this version serves models of one target".to_owned(),
        ));
    }
    let part = parameters.get("num_class")?;
    let classes: usize = parameter(&part)?;
    if objective.task != Task::Multiclass {
        return match classes {
            0 | 1 => Ok(1),
            _ => Err(part.error(format!(
                "{classes} classes do not go with {}",
                objective.name
            ))),
        };
    }
    if !(2..=CLASSES_MAX).contains(&classes) {
        return Err(part.error(format!(
            "{} has 2 to {CLASSES_MAX} classes, not {classes}",
            objective.name
        )));
    }
    if let Some(own) = own.find("softmax_multiclass_param")? {
        let own = own.get("num_class")?;
        let claimed: usize = parameter(&own)?;
        if claimed != classes {
            return Err(own.error(format!(
                "{claimed} classes, but `learner_model_param.num_class` tells {classes}"
            )));
        }
    }
    Ok(classes)
}

fn read_feature_names(
    part: Option<Part<'_>>,
    features: usize,
) -> Result<Vec<String>, CompileError> {
    let Some(part) = part else {
        return Ok(Vec::new());
    };
    let names: Vec<String> = part.array()?;
    if !names.is_empty() && names.len() != features {
        return Err(part.error(format!(
            "has {} names, but the model has {features} features",
            names.len()
        )));
    }
    Ok(names)
}

/// Versions before 3.1 write one number, later ones a list in a string: `5E-1`, `[5E-1]`, `[1E-1,2E-1,-3E-1]`.
fn read_base_margins(part: &Part<'_>, link: Link, groups: usize) -> Result<Vec<f64>, CompileError> {
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
        margins.push(match link {
            Link::Logistic { .. } if (0.0..=1.0).contains(&score) => f64::from(logit(score)),
            Link::Logistic { .. } => {
                return Err(part.error(format!("{score} is not a probability between 0 and 1")));
            }
            _ => f64::from(score),
        });
    }
    match margins.len() {
        1 => Ok(vec![margins[0]; groups]),
        count if count == groups => Ok(margins),
        count => Err(part.error(format!(
            "has {count} numbers, but the model has {groups} groups"
        ))),
    }
}

/// XGBoost's `ProbToMargin`, step by step in `f32`: an exact logit, rounded once, is another number for most probabilities.
/// `ln` is the platform's `logf`, as it is XGBoost's.
fn logit(probability: f32) -> f32 {
    let kept = probability.clamp(PROBABILITY_EPSILON, 1.0 - PROBABILITY_EPSILON);
    -(1.0 / kept - 1.0).ln()
}

fn read_trees(model: &Part<'_>, groups: usize, features: usize) -> Result<Forest, CompileError> {
    let [categories, info, part, claims] =
        model.members(["cats", "tree_info", "trees", "gbtree_model_param"])?;
    refuse_categories(categories.part())?;
    let info = info.due()?;
    let tree_groups: Vec<i64> = info.array()?;
    let mut trees = Forest::new(CategoryRule::NotNegative);
    part.due()?.each(|tree| {
        let at = trees.len();
        let group = *tree_groups
            .get(at)
            .ok_or_else(|| info.error(format!("has {at} entries, fewer than there are trees")))?;
        let group = usize::try_from(group)
            .ok()
            .filter(|group| *group < groups)
            .ok_or_else(|| {
                info.element_error(
                    at,
                    format!("{group} is out of range: the model has {groups} groups"),
                )
            })?;
        trees.begin_tree(group);
        xgboost_tree::read(tree, features, &mut trees)
    })?;
    let claim = claims.due()?.get("num_trees")?;
    let claimed: usize = parameter(&claim)?;
    if claimed != trees.len() {
        return Err(claim.error(format!(
            "{claimed} trees are claimed, but there are {}",
            trees.len()
        )));
    }
    if tree_groups.len() != trees.len() {
        return Err(info.error(format!(
            "has {} entries, but there are {} trees",
            tree_groups.len(),
            trees.len()
        )));
    }
    Ok(trees)
}

/// Since 3.1 a file may bring the categories of its training data, and values are then recoded before they are compared.
fn refuse_categories(categories: Option<Part<'_>>) -> Result<(), CompileError> {
    let Some(categories) = categories else {
        return Ok(());
    };
    let Some(encodings) = categories.find("enc")? else {
        return Ok(());
    };
    if encodings.array::<serde::de::IgnoredAny>()?.is_empty() {
        return Ok(());
    }
    Err(CompileError::Unsupported(
        "the model was trained on categorical features; this version serves gbtree with numeric splits, so encode the \
         categories as numbers"
            .to_owned(),
    ))
}

fn best_iteration_note(
    attributes: Option<Part<'_>>,
    trees: usize,
) -> Result<Vec<String>, CompileError> {
    let Some(attributes) = attributes else {
        return Ok(Vec::new());
    };
    let Some(best) = attributes.find("best_iteration")? else {
        return Ok(Vec::new());
    };
    // Attributes are the user's own words, so one that is no number is no fault of the model.
    let Ok(best) = best.value::<String>()?.parse::<u32>() else {
        return Ok(Vec::new());
    };
    Ok(vec![format!(
        "the file names best_iteration {best}: XGBoost's scikit-learn wrappers stop after it, Booster.predict and this component \
         use all {trees} trees"
    )])
}
