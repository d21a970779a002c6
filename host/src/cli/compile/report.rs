//! What the command says it made.

use scoregate_compiler::{GraphSummary, Summary};
use serde::Serialize;

use super::{autotune::Tried, measure::Speed};
use crate::{
    output::line,
    plugin::{Face, SpecStatus},
    tensor::Shape,
};

/// What was made; as JSON, all of it. A family's own summary is `S`.
#[derive(Serialize)]
pub struct Report<S> {
    pub file: String,
    pub digest: String,
    #[serde(flatten)]
    pub summary: S,
    /// Its `signature`, as the Open Inference Protocol has it.
    #[serde(flatten)]
    pub face: Face,
    /// Memory of one instance that has scored some batches.
    pub memory_bytes: usize,
    /// Rows on which the component answers as the model's file says, or as the graph does outside of the sandbox.
    pub checked_rows: usize,
    /// Those of them that both refuse: a graph's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_rows: Option<usize>,
    /// Golden cases that it carries: the user's and the self-check's.
    pub golden_cases: usize,
    pub speeds: Vec<Speed>,
    /// Empty without `--autotune`, which graphs do not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autotune: Option<Vec<Tried>>,
}

/// Prints what was made of a graph.
pub fn print_graph(report: &Report<GraphSummary>) -> anyhow::Result<()> {
    let summary = &report.summary;
    line(format_args!(
        "{}: {} bytes",
        report.file, summary.component_bytes
    ))?;
    line(format_args!("  model    {}", summary.origin))?;
    let operators = summary.operators.iter();
    let operators = operators.map(|(operator, count)| format!("{count} {operator}"));
    line(format_args!(
        "  graph    {}",
        operators.collect::<Vec<_>>().join(", ")
    ))?;
    if let Face::Signature { inputs, outputs } = &report.face {
        specs("inputs", inputs)?;
        specs("outputs", outputs)?;
    }
    line(format_args!("  tables   {} bytes", summary.tables_bytes))?;
    line(format_args!("  speed    {}", speeds(&report.speeds)))?;
    let refused = match report.refused_rows {
        None | Some(0) => String::new(),
        Some(rows) => format!(", {rows} of which it refuses"),
    };
    line(format_args!(
        "  checked  {} rows in the sandbox and outside of it{refused}; carries {} golden cases",
        report.checked_rows, report.golden_cases
    ))?;
    notes(&summary.notes)
}

fn notes(notes: &[String]) -> anyhow::Result<()> {
    for note in notes {
        line(format_args!("  note     {note}"))?;
    }
    Ok(())
}

/// Prints it for people.
pub fn print(report: &Report<Summary>) -> anyhow::Result<()> {
    let summary = &report.summary;
    line(format_args!(
        "{}: {} bytes",
        report.file, summary.component_bytes
    ))?;
    line(format_args!(
        "  model    {}, {}",
        summary.origin, summary.objective
    ))?;
    if summary.trees > 0 {
        line(format_args!(
            "  trees    {} with {} leaves, at most {} splits deep",
            summary.trees, summary.leaves, summary.depth
        ))?;
    }
    let named = match summary.feature_names.len() {
        0 => "without names",
        _ => "with their names",
    };
    line(format_args!("  features {}, {named}", summary.features))?;
    if let Face::Signature { inputs, outputs } = &report.face {
        specs("inputs", inputs)?;
        specs("outputs", outputs)?;
    }
    line(format_args!(
        "  kernel   {}, {} bytes of tables",
        summary.kernel, summary.tables_bytes
    ))?;
    for tried in report.autotune.iter().flatten() {
        let taken = if tried.taken { " (taken)" } else { "" };
        line(format_args!(
            "  tried    {}: {}{taken}",
            tried.kernel,
            speeds(&tried.speeds)
        ))?;
    }
    line(format_args!("  speed    {}", speeds(&report.speeds)))?;
    line(format_args!(
        "  checked  {} rows as the model's file says; carries {} golden cases",
        report.checked_rows, report.golden_cases
    ))?;
    notes(&summary.notes)
}

fn specs(word: &str, specs: &[SpecStatus]) -> anyhow::Result<()> {
    for (nth, spec) in specs.iter().enumerate() {
        let word = if nth == 0 { word } else { "" };
        let (name, datatype) = (&spec.name, spec.datatype);
        line(format_args!(
            "  {word:<8} {name} {datatype} {}",
            Shape(&spec.shape)
        ))?;
    }
    Ok(())
}

fn speeds(speeds: &[Speed]) -> String {
    let each = speeds.iter().map(|speed| match speed.batch {
        1 => format!("{:.2} µs for one row", speed.us_per_row),
        batch => format!("{:.2} µs a row in batches of {batch}", speed.us_per_row),
    });
    each.collect::<Vec<_>>().join(", ")
}
