//! `scoregate rollback`.

use std::process::ExitCode;

use super::remote::end::{self, Order};

/// Goes back to the release that was active before.
///
/// It is kept warm, so this takes a moment. In a paired change, all plugins of it go back. Another rollback undoes this one.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  scoregate rollback fraud\n\nExit codes: 0 done, 1 the gateway is away or cannot, 2 the command line was wrong, 3 the gateway refuses."
)]
pub struct Args {
    #[command(flatten)]
    order: Order,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    end::run(args.order, "rollback").await
}
