//! `scoregate replay`: an event of a capsule is scored again.

mod compare;
mod parts;
mod score;
mod show;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;

use self::{
    compare::{Difference, differences},
    parts::{Origin, Parts},
};
use super::OutputFormat;
use crate::capture::{Capsule, Captured};

/// Scores the event of a replay capsule again, and compares.
///
/// On the releases that the capsule names, which come from the store's folder, the outcome is the same bit for bit; on others it shows what
/// they would have changed. Nothing is written, and no gateway is asked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  scoregate replay scoregate-data/capsules/fraud/20261123T031500.123Z-000042-fault.json --release fraud-2.wasm\n\nExit codes: 0 the same outcome, 1 another one, 2 it could not be replayed or the command line was wrong."
)]
pub struct Args {
    /// The capsule's file.
    capsule: PathBuf,
    /// A release in the place of the capsule's own, by its digest in the store or as a component's file; twice for an adapter and a model.
    #[arg(long = "release", value_name = "DIGEST|FILE")]
    releases: Vec<String>,
    /// The folder of the store that has the releases; by default that in which the capsule lies, else `scoregate-data`.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// How the comparison is printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

/// A capsule and what becomes of its event now.
struct Replay {
    capsule: Capsule,
    adapter: Origin,
    model: Origin,
    now: Captured,
    differences: Vec<Difference>,
    /// What a reader of the differences should know.
    notes: Vec<String>,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // A script tells a difference from a replay that could not be made.
    let replay = match replay(args) {
        Ok(replay) => replay,
        Err(error) => {
            eprintln!("error: {error:#}");
            return Ok(ExitCode::from(2));
        }
    };
    match args.output {
        OutputFormat::Json => show::json(args, &replay)?,
        OutputFormat::Text => show::text(args, &replay)?,
    }
    Ok(ExitCode::from(u8::from(!replay.differences.is_empty())))
}

fn replay(args: &Args) -> anyhow::Result<Replay> {
    let capsule =
        Capsule::read(&args.capsule).with_context(|| args.capsule.display().to_string())?;
    let store = args.store.clone();
    let store = store.unwrap_or_else(|| parts::store_of(&args.capsule));
    let parts = Parts::load(&capsule, &args.releases, &store)?;
    let notes = parts.notes(&capsule);
    let Parts { adapter, model, .. } = &parts;
    let (adapter, model) = (adapter.clone(), model.clone());
    let now = score::again(&capsule, parts)?;
    let differences = differences(&capsule.result, &now);
    let mut replay = Replay {
        capsule,
        adapter,
        model,
        now,
        differences,
        notes,
    };
    replay.notes.extend(replay.deadline_note());
    Ok(replay)
}

impl Replay {
    /// The one fault that is not the event's alone.
    fn deadline_note(&self) -> Option<String> {
        let both = [&self.capsule.result, &self.now];
        let met = both.into_iter().any(|result| match result {
            Captured::Fault { fault, .. } => fault == "deadline",
            _ => false,
        });
        met.then(|| {
            "whether a deadline is met depends on the speed of the machine and on what else it does: this outcome may differ from one run to another"
                .to_owned()
        })
    }
}
