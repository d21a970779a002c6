//! What an objective's name means, and how many sums a row has with it.

use super::super::document::Part;
use super::super::parameter::{parameter, shorten};
use crate::description::{Link, Task};
use crate::error::CompileError;
use crate::limits::CLASSES_MAX;

/// One of XGBoost's objectives (src/objective/): its `PredTransform` is the link, its `ProbToMargin` the start.
pub(super) struct Objective {
    pub name: &'static str,
    pub task: Task,
    pub link: Link,
    pub start: Start,
}

/// What becomes of `base_score` before it begins the sums: the objective's `ProbToMargin`.
#[derive(Clone, Copy)]
pub(super) enum Start {
    /// It is a margin.
    Margin,
    /// It is a probability.
    Logit,
    /// It is a positive number.
    Logarithm,
}

const fn of(name: &'static str, task: Task, link: Link, start: Start) -> Objective {
    Objective {
        name,
        task,
        link,
        start,
    }
}

const fn plain(name: &'static str) -> Objective {
    of(name, Task::Regression, Link::Identity, Start::Margin)
}

const fn positive(name: &'static str) -> Objective {
    of(name, Task::Regression, Link::Exp, Start::Logarithm)
}

const LOGISTIC: Link = Link::Logistic { steepness: 1.0 };

const OBJECTIVES: [Objective; 23] = [
    of("binary:logistic", Task::Binary, LOGISTIC, Start::Logit),
    of(
        "binary:logitraw",
        Task::Regression,
        Link::Identity,
        Start::Margin,
    ),
    of("binary:hinge", Task::Regression, Link::Hinge, Start::Margin),
    of(
        "multi:softmax",
        Task::Multiclass,
        Link::Softmax,
        Start::Margin,
    ),
    of(
        "multi:softprob",
        Task::Multiclass,
        Link::Softmax,
        Start::Margin,
    ),
    of("reg:logistic", Task::Regression, LOGISTIC, Start::Logit),
    plain("reg:squarederror"),
    plain("reg:linear"),
    plain("reg:squaredlogerror"),
    plain("reg:pseudohubererror"),
    plain("reg:absoluteerror"),
    plain("reg:quantileerror"),
    plain("reg:expectileerror"),
    plain("rank:pairwise"),
    plain("rank:ndcg"),
    plain("rank:map"),
    positive("count:poisson"),
    positive("reg:gamma"),
    positive("reg:tweedie"),
    positive("survival:cox"),
    positive("survival:aft"),
    // XGBoost 1 wrote these names for GPUs.
    of("gpu:binary:logistic", Task::Binary, LOGISTIC, Start::Logit),
    plain("gpu:reg:linear"),
];

pub(super) fn read(part: &Part<'_>) -> Result<&'static Objective, CompileError> {
    let name_part = part.get("name")?;
    let name: String = name_part.value()?;
    OBJECTIVES
        .iter()
        .find(|objective| objective.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = OBJECTIVES.iter().map(|objective| objective.name).collect();
            CompileError::Unsupported(format!(
                "{}: the objective `{}` is not known; this version serves {}",
                name_part.place(),
                shorten(&name),
                known.join(", ")
            ))
        })
}

/// How many sums a row has: one for each class or target, or a single one; and the task that follows from it.
pub(super) fn groups(
    own: &Part<'_>,
    parameters: &Part<'_>,
    objective: &Objective,
) -> Result<(usize, Task), CompileError> {
    let [classes_part, targets_part] = parameters.members(["num_class", "num_target"])?;
    let classes_part = classes_part.due()?;
    let classes: usize = parameter(&classes_part)?;
    if objective.task == Task::Multiclass {
        return Ok((
            check_classes(own, &classes_part, classes, objective)?,
            Task::Multiclass,
        ));
    }
    if classes > 1 {
        return Err(classes_part.error(format!(
            "{classes} classes do not go with {}",
            objective.name
        )));
    }
    let Some(targets_part) = targets_part.part() else {
        return Ok((1, objective.task));
    };
    match parameter::<usize>(&targets_part)? {
        0 | 1 => Ok((1, objective.task)),
        targets if targets > CLASSES_MAX => Err(targets_part.error(format!(
            "a model has at most {CLASSES_MAX} targets, not {targets}"
        ))),
        targets if objective.task == Task::Binary => Ok((targets, Task::Labels)),
        targets => Ok((targets, objective.task)),
    }
}

fn check_classes(
    own: &Part<'_>,
    part: &Part<'_>,
    classes: usize,
    objective: &Objective,
) -> Result<usize, CompileError> {
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
