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
    let gateway = Gateway::build(&config).await?;
    let (http, admin) = (gateway.http_addr()?, gateway.admin_addr()?);
    let shutdown = shutdown_on_signal()?;
    info!(%http, %admin, "ready");
    Ok(match gateway.run(shutdown).await {
        Ended::Drained => ExitCode::SUCCESS,
        Ended::Cut => ExitCode::FAILURE,
    })
}
