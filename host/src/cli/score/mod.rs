//! `scoregate score`: rows of a file scored by a model, with the engine that serves it.

mod against;
mod apart;
mod batch;
mod element;
mod given;
mod model;
mod place;
mod plan;
mod progress;
mod report;
mod scores;
mod table;
mod text;
mod value;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context as _, bail};

use self::{
    against::Against,
    batch::Batch,
    given::Given,
    model::Model,
    place::Place,
    plan::Plan,
    progress::Progress,
    report::Report,
    scores::{Form, Scores},
    table::{Format, Table},
};
use super::OutputFormat;
use crate::{
    limits::{
        CALL_DEADLINE_CEILING_MS, MEMORY_CEILING_BYTES, MEMORY_FLOOR_BYTES, MEMORY_MAX_BYTES,
        SCORE_BATCH_MAX_ROWS, SCORE_BATCH_MAX_VALUES,
    },
    output::line,
};

/// Scores the rows of a file by a model, in the sandbox and by the engine that serve it.
///
/// Columns are found by the names of the model's features, which `scoregate compile` keeps; a model without names takes them by position. A
/// value is read as a double and rounded to the model's datatype. An empty cell, or `null`, is a missing value. Rows count from 0. A file of any
/// size is read piece by piece.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  scoregate score fraud.wasm --input payments.csv -o scores.csv\n  scoregate score fraud.wasm --input payments.parquet --against expected.csv --ulps 1\n  zcat rows.ndjson.gz | scoregate score fraud.wasm --input - --out-format ndjson\n\nExit codes: 0 scored, or the same as expected; 1 with --against, not the same; 2 it could not be scored or the command line was wrong."
)]
pub struct Args {
    /// The model's component, made by `scoregate compile` or `scoregate build`.
    model: PathBuf,
    /// The rows: CSV whose first line names the columns, NDJSON (objects, or lists in the features' order) or Parquet; `-` is stdin.
    #[arg(long, value_name = "FILE|-")]
    input: Place,
    /// How they are written; by default told by the first bytes and the file's name.
    #[arg(long, value_enum)]
    input_format: Option<Format>,
    /// The scores, a column an output; `-`, the default, is stdout, and with --against they are not written.
    #[arg(short, long = "out", value_name = "FILE|-")]
    out: Option<Place>,
    /// How they are written; by default as the file is named, else CSV.
    #[arg(long, value_enum)]
    out_format: Option<Form>,
    /// Expected scores, in columns named as the outputs: compares row by row, and tells how many are bit-equal and which differ most.
    #[arg(long, value_name = "FILE|-")]
    against: Option<Place>,
    /// With --against, steps of the datatype (units in the last place) that a score may differ by.
    #[arg(long, default_value_t = 0, requires = "against", value_name = "N")]
    ulps: u64,
    /// How the summary is printed: on stdout, or on stderr where the scores are on stdout.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// What the model's `configure` is given, as JSON.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    config: String,
    /// A store's folder, whose compiled code is used and kept; without it the model is compiled anew.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Memory of one instance of the model.
    #[arg(long, default_value_t = MEMORY_MAX_BYTES, value_name = "BYTES",
        value_parser = clap::value_parser!(u64).range(MEMORY_FLOOR_BYTES..=MEMORY_CEILING_BYTES))]
    memory_max_bytes: u64,
    /// One call of the model, for up to 4,096 rows.
    #[arg(long, default_value_t = CALL_DEADLINE_CEILING_MS, value_name = "MS",
        value_parser = clap::value_parser!(u64).range(1..=CALL_DEADLINE_CEILING_MS))]
    call_deadline_ms: u64,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let report = match score(args) {
        Ok(report) => report,
        Err(error) if is_closed(&error) => return Ok(ExitCode::SUCCESS),
        // A script tells scores that differ from scores that could not be made.
        Err(error) => {
            eprintln!("error: {error:#}");
            return Ok(ExitCode::from(2));
        }
    };
    let text = match args.format {
        OutputFormat::Text => report.text(),
        OutputFormat::Json => report.json().to_string(),
    };
    if args.out() == Some(Place::Std) {
        // Whoever closed stderr wants no summary.
        let _ = writeln!(io::stderr(), "{text}");
    } else {
        line(format_args!("{text}"))?;
    }
    let same = report.against.as_ref().is_none_or(Against::is_same);
    Ok(ExitCode::from(u8::from(!same)))
}

/// A reader of the scores has seen enough.
fn is_closed(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let cause = cause.downcast_ref::<io::Error>();
        cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    })
}

impl Args {
    /// Where the scores go.
    fn out(&self) -> Option<Place> {
        match (&self.out, &self.against) {
            (Some(out), _) => Some(out.clone()),
            (None, None) => Some(Place::Std),
            (None, Some(_)) => None,
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.input == Place::Std && self.against == Some(Place::Std) {
            bail!("--input and --against cannot both be stdin");
        }
        let Some(Place::File(out)) = &self.out else {
            return Ok(());
        };
        let out = out.canonicalize().ok();
        let others = [Some(&self.input), self.against.as_ref()].into_iter();
        let files = others.flatten().filter_map(|place| match place {
            Place::File(path) => Some(path),
            Place::Std => None,
        });
        for file in files.chain([&self.model]) {
            if out.is_some() && file.canonicalize().ok() == out {
                bail!(
                    "the scores would replace {}, which is read; name another file by -o",
                    file.display()
                );
            }
        }
        Ok(())
    }
}

fn score(args: &Args) -> anyhow::Result<Report> {
    args.check()?;
    let shown = args.model.display().to_string();
    let mut model = Model::load(args).with_context(|| shown.clone())?;
    let (input, mut table, plan) = planned(args, &model)?;
    let against = args
        .against
        .as_ref()
        .map(|place| Against::open(place, args.ulps).with_context(|| format!("--against {place}")));
    let mut run = Run {
        batch: Batch::new(&plan),
        batch_max_rows: (SCORE_BATCH_MAX_VALUES / plan.places.len()).clamp(1, SCORE_BATCH_MAX_ROWS),
        given: None,
        scores: args
            .out()
            .map(|out| {
                let form = args.out_format.unwrap_or_else(|| Form::of(&out));
                Scores::create(&out, form)
            })
            .transpose()?,
        against: against.transpose()?,
        rows: 0,
    };
    let mut progress = Progress::begin();
    while run.step(&mut table, &mut model, &input)? {
        progress.at(table.portion(), run.rows);
    }
    run.end(&model)?;
    let parts = model.parts();
    Ok(Report {
        model: format!("{} {}", parts.info.name, parts.info.version),
        digest: parts.name.digest,
        out: args
            .out
            .as_ref()
            .filter(|out| **out != Place::Std)
            .map(Place::to_string),
        rows: run.rows,
        took: progress.end(),
        model_took: model.took,
        ignored: plan.ignored,
        against: run.against,
        ulps_max: args.ulps,
    })
}

/// The table, and how it is read. What is left out is told once.
fn planned(args: &Args, model: &Model) -> anyhow::Result<(String, Table, Plan)> {
    let input = format!("--input {}", args.input);
    let table = Table::open(&args.input, args.input_format);
    let mut table = table.with_context(|| input.clone())?;
    let plan = Plan::of(
        model.signature(),
        model.feature_names.as_deref(),
        table.columns(),
    );
    let plan = plan.with_context(|| input.clone())?;
    let selected = table.select(plan.places.clone());
    selected.with_context(|| input.clone())?;
    if !plan.ignored.is_empty() {
        eprintln!(
            "warning: {input}: columns that are no features are ignored: {}",
            text::names(&plan.ignored)
        );
    }
    Ok((input, table, plan))
}

/// A file on its way through the model.
struct Run {
    batch: Batch,
    batch_max_rows: usize,
    /// None before the first batch.
    given: Option<Given>,
    scores: Option<Scores>,
    against: Option<Against>,
    rows: u64,
}

impl Run {
    /// One batch; `false` at the end.
    fn step(&mut self, table: &mut Table, model: &mut Model, input: &str) -> anyhow::Result<bool> {
        self.batch.clear();
        let rows_max = self.batch_max_rows.min(model.rows_max);
        let read = table.read(rows_max, &mut |nth, value| self.batch.take(nth, value));
        let rows = read.with_context(|| input.to_owned())?;
        if rows == 0 {
            return Ok(false);
        }
        let outputs = model.score(&self.batch, self.rows);
        let outputs = outputs.with_context(|| input.to_owned())?;
        if self.given.is_none() {
            self.begin(Given::of(model.signature(), Some(&outputs))?)?;
        }
        let Some(given) = &self.given else {
            return Ok(false);
        };
        given.check(&outputs)?;
        if let Some(scores) = &mut self.scores {
            scores.write(given, &outputs, rows)?;
        }
        if let Some(against) = &mut self.against {
            against.take(given, &outputs, rows).context("--against")?;
        }
        self.rows += rows as u64;
        Ok(true)
    }

    fn begin(&mut self, given: Given) -> anyhow::Result<()> {
        if let Some(scores) = &mut self.scores {
            scores.begin(&given)?;
        }
        if let Some(against) = &mut self.against {
            against.begin(&given).context("--against")?;
        }
        self.given = Some(given);
        Ok(())
    }

    fn end(&mut self, model: &Model) -> anyhow::Result<()> {
        if self.given.is_none() {
            self.begin(Given::of(model.signature(), None)?)?;
        }
        if let Some(against) = &mut self.against {
            against.end().context("--against")?;
        }
        self.scores.take().map_or(Ok(()), Scores::end)
    }
}
