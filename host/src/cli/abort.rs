//! `scoregate abort`.

use std::process::ExitCode;

use super::remote::end::{self, Order};

/// Ends an open rollout: what was active stays so.
///
/// In a paired change, for all plugins of it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  scoregate abort fraud --reason \"too many declined\"\n\nExit codes: 0 done, 1 the gateway is away or cannot, 2 the command line was wrong, 3 the gateway refuses."
)]
pub struct Args {
    #[command(flatten)]
    order: Order,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    end::run(args.order, "abort").await
}
