//! The `scoregate` command.

use std::process::ExitCode;

use clap::Parser as _;
use scoregate::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
