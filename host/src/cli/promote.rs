//! `scoregate promote`.

use std::process::ExitCode;

use super::remote::end::{self, Order};

/// Makes the candidate of an open rollout active at once.
///
/// In a paired change, all of them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  scoregate promote fraud --reason \"the figures are good\"\n\nExit codes: 0 done, 1 the gateway is away or cannot, 2 the command line was wrong, 3 the gateway refuses."
)]
pub struct Args {
    #[command(flatten)]
    order: Order,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    end::run(args.order, "promote").await
}
