//! What the line `objective=` means: the `ToString` and `ConvertOutput` of the classes in src/objective/.

use crate::description::{Link, Task};
use crate::error::CompileError;

use super::super::parameter::shorten;
use super::text::Field;

/// A task and its link; `classes` where the line tells them.
pub(super) struct Objective {
    pub name: String,
    pub task: Task,
    pub link: Link,
    pub classes: Option<usize>,
    /// It is the user's own, which may have any number of groups.
    pub own: bool,
}

/// Names that are served; the rest of the line holds parameters, e.g. `binary sigmoid:1`.
const NAMES: [&str; 20] = [
    "regression",
    "regression_l2",
    "regression_l1",
    "huber",
    "fair",
    "quantile",
    "mape",
    "poisson",
    "gamma",
    "tweedie",
    "binary",
    "multiclass",
    "multiclassova",
    "cross_entropy",
    "cross_entropy_lambda",
    "xentropy",
    "xentlambda",
    "lambdarank",
    "rank_xendcg",
    "custom",
];

/// A model that was trained with an objective of the user's own has no such line, and its margins are all there is.
pub(super) fn read(field: Option<Field<'_>>) -> Result<Objective, CompileError> {
    let Some(field) = field else {
        return Ok(Objective {
            name: "an objective of its own".to_owned(),
            task: Task::Regression,
            link: Link::Identity,
            classes: None,
            own: true,
        });
    };
    let mut words = field.value().split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    if !NAMES.contains(&name) {
        return Err(CompileError::Unsupported(
            field
                .error(format!(
                    "the objective `{}` is not known; this version serves {}",
                    shorten(name),
                    NAMES.join(", ")
                ))
                .to_string(),
        ));
    }
    let mut parameters = Parameters {
        steepness: 1.0,
        classes: None,
        square_root: false,
    };
    words.try_for_each(|word| parameters.take(field, word))?;
    let (task, link) = parameters.meaning(name);
    Ok(Objective {
        name: name.to_owned(),
        task,
        link,
        classes: parameters.classes,
        own: name == "custom",
    })
}

struct Parameters {
    steepness: f64,
    classes: Option<usize>,
    square_root: bool,
}

impl Parameters {
    /// What is not known belongs to the training, as `alpha:0.9`.
    fn take(&mut self, field: Field<'_>, word: &str) -> Result<(), CompileError> {
        let wrong = || field.error(format!("`{}` has no number that fits", shorten(word)));
        match word.split_once(':') {
            Some(("sigmoid", number)) => {
                let number = number.parse::<f64>().ok();
                let positive = number.filter(|number| *number > 0.0 && number.is_finite());
                self.steepness = positive.ok_or_else(wrong)?;
            }
            Some(("num_class", number)) => {
                self.classes = Some(number.parse().map_err(|_| wrong())?)
            }
            None if word == "sqrt" => self.square_root = true,
            _ => {}
        }
        Ok(())
    }

    fn meaning(&self, name: &str) -> (Task, Link) {
        let steep = Link::Logistic {
            steepness: self.steepness,
        };
        match name {
            "binary" => (Task::Binary, steep),
            "multiclass" => (Task::Multiclass, Link::Softmax),
            "multiclassova" => (Task::Multiclass, steep),
            "cross_entropy" | "xentropy" => (Task::Regression, Link::Logistic { steepness: 1.0 }),
            "cross_entropy_lambda" | "xentlambda" => (Task::Regression, Link::Softplus),
            "poisson" | "gamma" | "tweedie" => (Task::Regression, Link::Exp),
            // Huber's loss warns of `sqrt` and goes without.
            "regression" | "regression_l2" | "regression_l1" | "fair" | "quantile" | "mape"
                if self.square_root =>
            {
                (Task::Regression, Link::SignedSquare)
            }
            _ => (Task::Regression, Link::Identity),
        }
    }
}
