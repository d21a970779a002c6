//! The tables of docs/PIPELINES.md.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::compare::Distance;
use super::{Case, Outcome, failures, tolerance};

/// Models of one estimator or operator, taken together.
#[derive(Default)]
struct Together {
    models: usize,
    served: usize,
    plain: Distance,
    corners: Distance,
    /// The library's own distance from onnxruntime, relative, of ordinary rows.
    library: Option<f64>,
    library_others: usize,
}

/// The whole file.
pub fn page(outcomes: &[(Case, Outcome)]) -> String {
    let head = include_str!("../../onnx/PIPELINES.head.md");
    let mut text = head.replace("{ULPS}", &format!("{}", tolerance::ULPS_MAX));
    let kind = |case: &Case| match case.family() {
        "operators" | "ensembles" => 2,
        "boosters" => 1,
        _ => 0,
    };
    for (nth, title) in [
        "scikit-learn",
        "XGBoost and LightGBM",
        "Operators, each alone",
    ]
    .into_iter()
    .enumerate()
    {
        let some = outcomes.iter().filter(|(case, _)| kind(case) == nth);
        estimators(&mut text, title, nth < 2, some);
    }
    refused(&mut text, outcomes);
    unconverted(&mut text);
    text
}

fn estimators<'a>(
    text: &mut String,
    title: &str,
    trained: bool,
    outcomes: impl Iterator<Item = &'a (Case, Outcome)>,
) {
    let mut rows: BTreeMap<&str, Together> = BTreeMap::new();
    for (case, outcome) in outcomes {
        rows.entry(&case.estimator).or_default().add(case, outcome);
    }
    let (column, line) = if trained {
        (" from its library |", " --- |")
    } else {
        ("", "")
    };
    write!(
        text,
        "\n## {title}\n| model | variants | served | from onnxruntime | beyond numbers |{column}\n| --- | --- | --- | --- | --- |{line}\n"
    )
    .unwrap();
    for (name, row) in rows {
        write!(
            text,
            "| {name} | {} | {} | {} | {} |",
            row.models,
            row.served(),
            row.plain(),
            row.corners()
        )
        .unwrap();
        let library = if trained {
            format!(" {} |\n", row.library())
        } else {
            "\n".to_owned()
        };
        text.push_str(&library);
    }
}

impl Together {
    fn add(&mut self, case: &Case, outcome: &Outcome) {
        self.models += 1;
        let Outcome::Answered(answers) = outcome else {
            return;
        };
        self.served += 1;
        for answer in answers {
            self.plain = self.plain.and(answer.plain);
            self.corners = self.corners.and(answer.corners);
        }
        for native in &case.native {
            self.library_others +=
                native.ordinary_differ.unwrap_or(0) + usize::from(native.other_shape);
            if let Some(relative) = &native.ordinary_max_relative {
                self.library = Some(self.library.unwrap_or(0.0).max(relative.value()));
            }
        }
    }

    fn served(&self) -> String {
        match self.served {
            0 => "none".to_owned(),
            all if all == self.models => "all".to_owned(),
            some => format!("{some}"),
        }
    }

    fn plain(&self) -> String {
        if self.served == 0 {
            "–".to_owned()
        } else {
            self.plain.to_string()
        }
    }

    fn corners(&self) -> String {
        if self.served == 0 {
            "–".to_owned()
        } else {
            self.corners.to_string()
        }
    }

    fn library(&self) -> String {
        match (self.library, self.library_others) {
            _ if self.served == 0 => "–".to_owned(),
            (None | Some(0.0), 0) => "0".to_owned(),
            (None, others) => format!("{others} others"),
            (Some(relative), 0) => format!("{relative:.0e}"),
            (Some(relative), others) => format!("{relative:.0e}, {others} others"),
        }
    }
}

fn refused(text: &mut String, outcomes: &[(Case, Outcome)]) {
    text.push_str("\n## Refused\nModels that onnxruntime runs and `scoregate compile` does not.\n\n| model | variant | why |\n| --- | --- | --- |\n");
    for (case, outcome) in outcomes {
        if let Outcome::Refused(reason) = outcome {
            writeln!(
                text,
                "| {} | {} | {} |",
                case.estimator,
                case.variant,
                cell(reason)
            )
            .unwrap();
        }
    }
}

fn unconverted(text: &mut String) {
    text.push_str("\n## Not converted\nVariants that the converter refuses, or of which it makes a model that onnxruntime refuses.\n\n| model | variant | by | why |\n| --- | --- | --- | --- |\n");
    for [_, estimator, variant, who, why] in failures() {
        writeln!(text, "| {estimator} | {variant} | {who} | {} |", cell(&why)).unwrap();
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
