//! `scoregate dead-letters`: events without an outcome are looked at, and sent again once their cause is gone.

mod list;
mod retry;
mod send;
mod show;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, bail};
use clap::Subcommand;

use crate::{
    config::{self, Config},
    dead_letter::Cause,
    sink::dead::Archive,
};

/// Lists, shows and sends again events that have no outcome.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  scoregate dead-letters list --config scoregate.toml --fault rejected"
)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Retry(retry::Args),
}

/// Whose letters are meant.
#[derive(Debug, clap::Args)]
struct Place {
    /// The gateway's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The pipeline; not needed where one alone has dead letters.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List(args) => list::run(args).await,
        Command::Show(args) => show::run(args).await,
        Command::Retry(args) => retry::run(args).await,
    }
}

impl Place {
    fn load(&self) -> anyhow::Result<config::Pipeline> {
        let config =
            Config::load(&self.config).map_err(|problems| anyhow::anyhow!("{problems}"))?;
        let file = self.config.display();
        let with_letters: Vec<_> = config
            .pipelines
            .into_iter()
            .filter(|pipeline| pipeline.dead_letter.is_some())
            .collect();
        let names = with_letters
            .iter()
            .map(|pipeline| format!("`{}`", pipeline.name))
            .collect::<Vec<_>>()
            .join(", ");
        if names.is_empty() {
            bail!("no pipeline of {file} has dead letters: those that read a stream have");
        }
        let mut meant = with_letters.into_iter().filter(|pipeline| {
            self.pipeline
                .as_ref()
                .is_none_or(|name| *name == pipeline.name)
        });
        match (meant.next(), meant.next()) {
            (Some(pipeline), None) => Ok(pipeline),
            (Some(_), Some(_)) => {
                bail!(
                    "several pipelines of {file} have dead letters: give --pipeline, one of {names}"
                )
            }
            (None, _) => {
                bail!("no pipeline of that name in {file} has dead letters; there are {names}")
            }
        }
    }
}

/// The keeper of a pipeline's letters; `None` where it is a file that is not there yet.
async fn archive(pipeline: &config::Pipeline) -> anyhow::Result<Option<Archive>> {
    let config = pipeline
        .dead_letter
        .as_ref()
        .context("the pipeline has no dead letters")?;
    Ok(Archive::open(config, &pipeline.name).await?)
}

/// A word of `--fault`.
fn fault(word: &str) -> Result<Cause, String> {
    Cause::from_name(word).ok_or_else(|| {
        let words: Vec<_> = Cause::ALL.iter().map(|cause| cause.name()).collect();
        format!("it is one of {}", words.join(", "))
    })
}
