//! The asynchronous runtime of the commands that serve.

use std::{future::Future, process::ExitCode, time::Duration};

use anyhow::Context as _;

/// A sink whose reader stalls must not keep the process from ending.
const SHUTDOWN_MAX: Duration = Duration::from_secs(2);

/// Runs a command to its end.
pub fn block_on(
    command: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let result = runtime.block_on(command);
    runtime.shutdown_timeout(SHUTDOWN_MAX);
    result
}
