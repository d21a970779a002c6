//! `scoregate dead-letters list`.

use std::{collections::BTreeMap, process::ExitCode};

use serde_json::json;

use super::{Place, archive, fault};
use crate::{
    cli::{OutputFormat, moment, text::plain},
    dead_letter::Cause,
    output::line,
    sink::dead::{Filter, Letter, Order, line::Object},
};

/// What is read of an error on a line.
const ERROR_MAX_CHARS: usize = 100;

/// Lists a pipeline's dead letters, the newest first, and counts them by fault.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  scoregate dead-letters list --config scoregate.toml --fault rejected --since 2h"
)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// Only those of this fault: rejected, trap, deadline, memory, malformed, undeliverable.
    #[arg(long, value_parser = fault, value_name = "FAULT")]
    fault: Option<Cause>,
    /// Only those since a time ago (15m, 2h, 7d) or a moment in UTC (2026-01-31, 2026-01-31T12:00:00Z).
    #[arg(long, value_parser = moment::read, value_name = "TIME")]
    since: Option<u64>,
    /// Those that were sent again as well.
    #[arg(long)]
    retried: bool,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "N")]
    limit: u32,
    /// How they are printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let pipeline = args.place.load()?;
    let filter = Filter {
        pipeline: pipeline.name.clone(),
        fault: args.fault,
        since_ms: args.since,
        open: !args.retried,
        order: Order::NewestFirst,
        after: None,
        limit: args.limit as usize,
    };
    let (letters, counts) = match archive(&pipeline).await? {
        Some(archive) => (archive.list(&filter).await?, archive.counts(&filter).await?),
        None => (Vec::new(), Vec::new()),
    };
    match args.output {
        OutputFormat::Json => {
            let counts: BTreeMap<_, _> = counts
                .iter()
                .map(|(cause, count)| (cause.name(), count))
                .collect();
            let letters: Vec<_> = letters.into_iter().map(Object::with_id).collect();
            line(format_args!(
                "{}",
                json!({ "letters": letters, "counts": counts })
            ))?;
        }
        OutputFormat::Text => print(&letters, &counts)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn print(letters: &[Letter], counts: &[(Cause, u64)]) -> anyhow::Result<()> {
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    if all == 0 {
        return line(format_args!("no dead letters"));
    }
    let rows: Vec<[String; 4]> = letters.iter().map(row).collect();
    let head = ["ID", "DIED", "FAULT", "ORIGIN"].map(str::to_owned);
    let width = |column: usize| {
        let cells = rows
            .iter()
            .chain([&head])
            .map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths = [0, 1, 2, 3].map(width);
    let print = |[id, died, fault, origin]: &[String; 4], error: &str| {
        let [w0, w1, w2, w3] = widths;
        line(format_args!(
            "{id:w0$}  {died:w1$}  {fault:w2$}  {origin:w3$}  {error}"
        ))
    };
    print(&head, "ERROR")?;
    for (row, letter) in rows.iter().zip(letters) {
        let mut error = plain(&letter.error);
        if let Some((end, _)) = error.char_indices().nth(ERROR_MAX_CHARS) {
            error.truncate(end);
            error.push('…');
        }
        print(row, &error)?;
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|(cause, count)| format!("{} {count}", cause.name()))
        .collect();
    let shown = letters.len();
    line(format_args!(
        "{shown} of {all} shown: {}",
        counts.join(", ")
    ))
}

fn row(letter: &Letter) -> [String; 4] {
    let died = moment::written(letter.dead_at_ms);
    let died = match letter.retried_at_ms {
        Some(at_ms) => format!("{died}, retried {}", moment::written(at_ms)),
        None => died,
    };
    [
        plain(&letter.id),
        died,
        letter.fault.name().to_owned(),
        plain(&letter.origin),
    ]
}
