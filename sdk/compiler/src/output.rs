//! Which outputs a model can give, and which it gives unless told.

use scoregate_kernel::layout::{COVERED_DEPTH_MAX, Output};

use crate::description::{Description, Task};
use crate::error::CompileError;

/// Reads a list such as `margin,probability`.
pub fn parse_outputs(list: &str) -> Result<Vec<Output>, CompileError> {
    let known: Vec<&str> = Output::ALL.iter().map(|output| output.name()).collect();
    list.split(',')
        .map(|name| {
            let name = name.trim();
            Output::ALL
                .iter()
                .copied()
                .find(|output| output.name() == name)
                .ok_or_else(|| {
                    CompileError::Output(format!(
                        "`{name}` is not an output; there are {}",
                        known.join(", ")
                    ))
                })
        })
        .collect()
}

/// The outputs asked for, checked against the model, or its default; and the contributions after them where the scores are to be
/// explained.
pub(crate) fn choose(
    model: &Description,
    asked: Option<&[Output]>,
    explain: bool,
) -> Result<Vec<Output>, CompileError> {
    let default = [match model.task {
        Task::Regression => Output::Prediction,
        Task::Binary | Task::Multiclass | Task::Labels => Output::Probability,
    }];
    let asked = asked.unwrap_or(&default);
    let mut outputs = check_all(model, asked)?;
    if explain && !outputs.contains(&Output::Contributions) {
        check(model, Output::Contributions)?;
        outputs.push(Output::Contributions);
    }
    Ok(outputs)
}

fn check_all(model: &Description, asked: &[Output]) -> Result<Vec<Output>, CompileError> {
    if asked.is_empty() {
        return Err(CompileError::Output(
            "no output was asked for; leave the list out for the default".to_owned(),
        ));
    }
    for (at, output) in asked.iter().enumerate() {
        if asked[..at].contains(output) {
            return Err(CompileError::Output(format!(
                "the output `{}` is asked for twice",
                output.name()
            )));
        }
        check(model, *output)?;
    }
    Ok(asked.to_vec())
}

fn check(model: &Description, output: Output) -> Result<(), CompileError> {
    let objective = &model.objective;
    let reason = match (model.task, output) {
        (_, Output::Leaf) if model.forest().is_some() => return Ok(()),
        (_, Output::Leaf) => format!("{objective} is a linear model and has no leaves"),
        (_, Output::Contributions) => return check_contributions(model),
        (_, Output::Margin)
        | (Task::Regression, Output::Prediction)
        | (Task::Binary | Task::Multiclass, Output::Probability | Output::Label)
        | (Task::Labels, Output::Probability) => return Ok(()),
        (Task::Regression, _) => format!(
            "{objective} is a regression and has no `{}`; it has `margin` and `prediction`",
            output.name()
        ),
        (Task::Labels, _) => format!(
            "{objective} of several labels has no `{}`; it has `margin` and `probability`",
            output.name()
        ),
        (_, Output::Prediction) => format!(
            "{objective} is a classifier and has no `prediction`; it has `margin`, `probability` and `label`"
        ),
    };
    Err(CompileError::Output(reason))
}

/// What the library itself refuses or could not compute is refused.
fn check_contributions(model: &Description) -> Result<(), CompileError> {
    let Some(forest) = model.forest() else {
        return Ok(());
    };
    let refused = |reason: String| {
        Err(CompileError::Output(format!(
            "the model has no `contributions`: {reason}"
        )))
    };
    if forest.has_linear_leaves() {
        return refused(
            "its leaves are linear functions (`linear_tree`), of which LightGBM computes none either".to_owned(),
        );
    }
    if let Some(missing) = forest.covers_missing() {
        return refused(format!(
            "they are computed from how many training rows came by each node, and the file does not tell: {missing}"
        ));
    }
    let depth = forest.depth();
    if depth > COVERED_DEPTH_MAX {
        return refused(format!(
            "a tree is {depth} splits deep, and their work grows with the square of the depth; at most {COVERED_DEPTH_MAX} are served"
        ));
    }
    Ok(())
}
