//! What a run tells at its end.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value as Json, json};

use super::{
    against::{Against, Found, Worst},
    text::names,
};
use crate::release::Digest;

/// See the module.
pub struct Report {
    pub model: String,
    pub digest: Digest,
    /// The file that holds the scores.
    pub out: Option<String>,
    pub rows: u64,
    pub took: Duration,
    /// Of that, in the model's calls.
    pub model_took: Duration,
    pub ignored: Vec<String>,
    pub against: Option<Against>,
    pub ulps_max: u64,
}

impl Report {
    pub fn json(&self) -> Json {
        let comparison = self.against.as_ref().map(|against| {
            json!({
                "same": against.is_same(),
                "ulps_max": self.ulps_max,
                "rows": against.rows,
                "unexpected_rows": against.unexpected_rows,
                "lacking_rows": against.lacking_rows,
                "not_compared": against.not_compared,
                "outputs": against.outputs.iter().map(found).collect::<Vec<_>>(),
            })
        });
        json!({
            "model": self.model,
            "digest": self.digest.to_string(),
            "out": self.out,
            "rows": self.rows,
            "seconds": self.took.as_secs_f64(),
            "model_seconds": self.model_took.as_secs_f64(),
            "ignored_columns": self.ignored,
            "comparison": comparison,
        })
    }

    /// Lines.
    pub fn text(&self) -> String {
        let mut text = format!("{} rows", self.rows);
        if self.rows > 0 {
            let us_a_row = |took: Duration| took.as_secs_f64() * 1e6 / self.rows as f64;
            let _ = write!(
                text,
                " in {:.2} s: {:.2} µs a row, of which the model {:.2}",
                self.took.as_secs_f64(),
                us_a_row(self.took),
                us_a_row(self.model_took)
            );
        }
        if let Some(out) = &self.out {
            let _ = write!(text, ", written to {out}");
        }
        if let Some(against) = &self.against {
            compared(&mut text, against, self.ulps_max);
        }
        text
    }
}

fn compared(text: &mut String, against: &Against, ulps_max: u64) {
    let name_width = against.outputs.iter().map(|found| found.name.len()).max();
    let name_width = name_width.unwrap_or(0).max("same".len());
    for found in &against.outputs {
        let _ = write!(
            text,
            "\n{:<name_width$}  {} rows, {} bit-equal",
            found.name, against.rows, found.bit_equal_rows
        );
        if let (Some(difference), Some(ulps)) = (&found.largest_difference, &found.largest_ulps) {
            let _ = write!(
                text,
                "; largest difference {:?} {}; {} {}",
                difference.apart.difference,
                place(found, difference),
                steps(ulps),
                place(found, ulps)
            );
        }
    }
    if !against.not_compared.is_empty() {
        let _ = write!(
            text,
            "\nnothing is expected of {}",
            names(&against.not_compared)
        );
    }
    for (rows, what) in [
        (against.unexpected_rows, "were scored but not expected"),
        (against.lacking_rows, "were expected but not scored"),
    ] {
        if rows > 0 {
            let _ = write!(text, "\n{rows} more rows {what}");
        }
    }
    let verdict = if against.is_same() { "same" } else { "differs" };
    let allowed = match ulps_max {
        0 => "bit for bit".to_owned(),
        ulps => format!("within {ulps} ULP"),
    };
    let word = if against.is_same() { "" } else { "not " };
    let _ = write!(text, "\n{verdict:<name_width$}  {word}{allowed}");
}

fn steps(worst: &Worst) -> String {
    match worst.apart.ulps {
        u64::MAX => "no number of ULP".to_owned(),
        ulps => format!("{ulps} ULP"),
    }
}

fn place(found: &Found, worst: &Worst) -> String {
    let column = if worst.column == found.name {
        String::new()
    } else {
        format!(" `{}`", worst.column)
    };
    format!(
        "in row {}{column} (expected {}, got {})",
        worst.row, worst.expected, worst.got
    )
}

fn found(found: &Found) -> Json {
    // JSON has no number for what is not finite.
    let difference = |worst: &Worst| {
        json!({
            "difference": worst.apart.difference,
            "row": worst.row,
            "column": worst.column,
            "expected": worst.expected,
            "got": worst.got,
        })
    };
    let ulps = |worst: &Worst| {
        json!({
            "ulps": Some(worst.apart.ulps).filter(|ulps| *ulps != u64::MAX),
            "row": worst.row,
            "column": worst.column,
            "expected": worst.expected,
            "got": worst.got,
        })
    };
    json!({
        "name": found.name,
        "bit_equal_rows": found.bit_equal_rows,
        "over_rows": found.over_rows,
        "largest_difference": found.largest_difference.as_ref().map(difference),
        "largest_ulps": found.largest_ulps.as_ref().map(ulps),
    })
}
