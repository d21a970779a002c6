//! `scoregate validate`: all that can be said of a configuration without serving it.

use std::{path::PathBuf, process::ExitCode};

use serde_json::json;

use super::OutputFormat;
use crate::{admin::tokens::Tokens, config::Config, gateway, output::line};

/// Checks a configuration, its plugins, and that adapters and models fit.
///
/// Nothing is served or written, and no server is asked but with `--connect`. Every mistake is reported in one run.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  scoregate validate scoregate.toml --output json\n\nExit codes: 0 it can be served, 1 it cannot, 2 the command line was wrong."
)]
pub struct Args {
    /// The configuration.
    file: PathBuf,
    /// Asks the servers too: whether the topics and tables of sources, sinks and dead letters are there and the logins right.
    #[arg(long)]
    connect: bool,
    /// How mistakes are printed: as text on stderr, or as JSON on stdout.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let faults = match Config::load(&args.file) {
        Err(problems) => {
            match args.output {
                OutputFormat::Text => eprintln!("{problems}"),
                OutputFormat::Json => {
                    line(format_args!(
                        "{}",
                        json!({ "valid": false, "problems": problems })
                    ))?;
                }
            }
            return Ok(ExitCode::FAILURE);
        }
        Ok(config) => {
            let mut faults = gateway::check(&config).await?;
            let tokens = config.server.admin_token_file.as_deref();
            faults.extend(
                tokens
                    .and_then(|path| Tokens::open(path).err())
                    .map(|e| e.to_string()),
            );
            if args.connect {
                faults.extend(gateway::check_connections(&config).await);
            }
            faults
        }
    };
    let file = args.file.display().to_string();
    match args.output {
        OutputFormat::Text if faults.is_empty() => line(format_args!("{file}: valid"))?,
        OutputFormat::Text => faults.iter().for_each(|fault| eprintln!("{file}: {fault}")),
        OutputFormat::Json => {
            let problems = faults.iter().map(
                |fault| json!({ "file": file, "line": null, "column": null, "message": fault }),
            );
            let problems: Vec<_> = problems.collect();
            line(format_args!(
                "{}",
                json!({ "valid": problems.is_empty(), "problems": problems })
            ))?;
        }
    }
    Ok(if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
