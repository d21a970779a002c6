//! From the start of the process to ready, the cache warm.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use crate::{
    pairs::{Effort, Pairs},
    process::{AS_SCOREGATE, Server},
    sample::Sample,
    table::{Budget, Table},
};

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    let config = sample.config("start", "")?;
    let serve = || -> anyhow::Result<f64> {
        let server = Server::start(&[AS_SCOREGATE, "serve", &config])?;
        Ok(server.ready_after.as_secs_f64() * 1e3)
    };
    serve()?;
    table.section("start");
    let pairs = Pairs::run(effort.pairs(20), serve, version)?;
    table.row(
        "start to ready, the cache warm",
        "ms",
        &pairs,
        "scoregate --version",
        Budget::AtMost(200.0),
    );
    Ok(())
}

fn version() -> anyhow::Result<f64> {
    let start = Instant::now();
    let status = Command::new(std::env::current_exe()?)
        .args([AS_SCOREGATE, "--version"])
        .stdout(Stdio::null())
        .status()?;
    anyhow::ensure!(status.success(), "`--version` failed");
    Ok(start.elapsed().as_secs_f64() * 1e3)
}
