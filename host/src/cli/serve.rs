//! `scoregate serve`: runs a gateway until it is told to end.

use std::{path::PathBuf, process::ExitCode};

use tracing::info;

use crate::{
    config::Config,
    failpoint,
    gateway::{Ended, Gateway},
    signal::shutdown_on_signal,
};

/// Runs a gateway.
///
/// It ends on SIGTERM or Ctrl-C: what was accepted is answered and delivered first, within 30 s.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  scoregate serve scoregate.toml")]
pub struct Args {
    /// The configuration.
    file: PathBuf,
    /// Serves this plugin's configured file, whatever the store records of it; the change is recorded. May be given again.
    #[arg(long, value_name = "PLUGIN")]
    from_file: Vec<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    failpoint::arm();
    let config = match Config::load(&args.file) {
        Ok(config) => config,
        Err(problems) => {
            eprintln!("{problems}");
            return Ok(ExitCode::FAILURE);
        }
    };
    for plugin in &args.from_file {
        let known = config.plugins.iter().any(|known| known.name == *plugin);
        anyhow::ensure!(
            known,
            "--from-file: the configuration has no plugin `{plugin}`"
        );
    }
    let gateway = Gateway::build(&config, &args.from_file).await?;
    let (http, admin) = gateway.names()?;
    let shutdown = shutdown_on_signal()?;
    info!(%http, %admin, "ready");
    Ok(match gateway.run(shutdown).await {
        Ended::Drained => ExitCode::SUCCESS,
        Ended::Cut => ExitCode::FAILURE,
    })
}
