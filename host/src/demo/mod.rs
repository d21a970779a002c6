//! `scoregate demo`: the whole path once, from nothing: held-out card payments in, decisions out, through two sandboxed plugins.

mod files;
mod folder;
mod report;
mod stream;
mod traffic;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    gateway::{Ended, Gateway},
    output::line,
    signal::shutdown_on_signal,
};

/// Shows the main job: scores a few thousand card payments over HTTP, keeps the decisions in SQLite, and goes on serving.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  scoregate demo --once\n  scoregate demo --kafka 127.0.0.1:9092 --postgres postgres://me:secret@127.0.0.1/demo"
)]
pub struct Args {
    /// Ends after the report instead of going on serving.
    #[arg(long)]
    once: bool,
    /// Where the demo keeps its configuration, plugins and database; made anew by each run.
    #[arg(long, default_value = "scoregate-demo", value_name = "FOLDER")]
    dir: PathBuf,
    /// Where it serves scoring; a free port if this one is taken.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    http: SocketAddr,
    /// Where it serves operators; a free port if this one is taken.
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    admin: SocketAddr,
    /// Reads payments from a topic of these brokers instead, and writes decisions to another, each exactly once.
    #[arg(long, value_name = "BROKERS")]
    kafka: Option<String>,
    /// Beside it, decisions into a table of this database; in the environment its password is seen by fewer.
    #[arg(
        long,
        value_name = "URL",
        requires = "kafka",
        env = "SCOREGATE_DEMO_POSTGRES",
        hide_env_values = true
    )]
    postgres: Option<String>,
    /// Payments that are sent through the topic.
    #[arg(long, value_name = "N", requires = "kafka", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    count: u64,
}

pub async fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let ended = match args.kafka.take() {
        Some(brokers) => stream::run(args, brokers).await?,
        None => over_http(args).await?,
    };
    Ok(match ended {
        Ended::Drained => ExitCode::SUCCESS,
        Ended::Cut => ExitCode::FAILURE,
    })
}

async fn over_http(args: Args) -> anyhow::Result<Ended> {
    let (http, admin) = (free(args.http), free(args.admin));
    let folder = folder::Folder::take(&args.dir)?;
    let text = format!("{}{}", files::head(http, admin), files::PIPELINE);
    let config_file = files::write(&folder.path, &text)?;
    let config = Config::load(&config_file)?;
    let gateway = Gateway::build(&config, &[]).await?;
    let (http, admin) = (gateway.http_addr()?, gateway.admin_addr()?);
    let shutdown = shutdown_on_signal()?;
    let gateway = tokio::spawn(gateway.run(shutdown.clone()));

    let sent = tokio::select! {
        sent = traffic::send(http) => Some(sent?),
        () = shutdown.cancelled() => None,
    };
    if let Some(sent) = sent {
        report::print(&sent)?;
        report::print_next_steps(&args.dir, http, admin)?;
        end(args.once, &shutdown).await?;
    }
    Ok(gateway.await?)
}

async fn end(once: bool, shutdown: &CancellationToken) -> anyhow::Result<()> {
    if once {
        shutdown.cancel();
    } else {
        line(format_args!("\nServing until Ctrl-C."))?;
        shutdown.cancelled().await;
    }
    Ok(())
}

/// The address, or the same host with any free port if somebody listens there already.
fn free(addr: SocketAddr) -> SocketAddr {
    match std::net::TcpListener::bind(addr) {
        Ok(_) => addr,
        Err(_) => SocketAddr::new(addr.ip(), 0),
    }
}
