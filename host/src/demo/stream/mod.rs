//! `scoregate demo --kafka`: payments from a topic, decisions to a topic and a table, each exactly once.

mod feed;
mod names;
mod report;
mod watch;

use std::{net::SocketAddr, path::Path};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use self::names::Names;
use super::{Args, files, folder, free};
use crate::{
    config::{Config, KafkaClient},
    gateway::{Ended, Gateway},
    kafka,
    output::line,
    signal::shutdown_on_signal,
};

/// As many scoring threads may work side by side, and as many gateways.
const PARTITIONS: i32 = 4;

/// Runs the demo against the brokers given.
pub async fn run(args: Args, brokers: String) -> anyhow::Result<Ended> {
    let client = KafkaClient {
        brokers,
        librdkafka: Vec::new(),
    };
    let names = Names::new(&client.brokers, args.postgres.as_deref());
    let folder = folder::Folder::take(&args.dir)?;
    let (http, admin) = (free(args.http), free(args.admin));
    let config = configure(&folder.path, &names, http, admin)?;
    let topics = [&names.payments, &names.decisions, &names.dead];
    let topics = topics.map(|topic| (topic.clone(), PARTITIONS));
    kafka::topics::make(&client, "scoregate-demo", &topics).await?;
    let gateway = Gateway::build(&config, &[]).await?;
    let admin = gateway.admin_addr()?;
    let shutdown = shutdown_on_signal()?;
    let gateway = tokio::spawn(gateway.run(shutdown.clone()));

    let shown = tokio::select! {
        shown = show(&args, &client, &names, admin) => shown.map(Some),
        () = shutdown.cancelled() => Ok(None),
    };
    if matches!(&shown, Ok(Some(()))) && !args.once {
        serve(&names, admin, &shutdown).await?;
    }
    shutdown.cancel();
    let ended = gateway.await?;
    shown?;
    Ok(ended)
}

async fn show(
    args: &Args,
    client: &KafkaClient,
    names: &Names,
    admin: SocketAddr,
) -> anyhow::Result<()> {
    let feed = feed::Feed::start(client, &names.payments, args.count)?;
    let watched = watch::until_done(admin, names, args.count).await?;
    feed.ended().await?;
    report::print(client, names, &watched).await
}

async fn serve(
    names: &Names,
    admin: SocketAddr,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    line(format_args!(
        "\nReading `{}` until Ctrl-C; operators at http://{admin}/v1/pipelines. Send a payment, and look at the decisions:\n",
        names.payments
    ))?;
    line(format_args!(
        "kafka-console-producer.sh --bootstrap-server {} --topic {}",
        names.brokers, names.payments
    ))?;
    line(format_args!(
        "kafka-console-consumer.sh --bootstrap-server {} --topic {} --isolation-level read_committed --from-beginning",
        names.brokers, names.decisions
    ))?;
    shutdown.cancelled().await;
    Ok(())
}

fn configure(
    dir: &Path,
    names: &Names,
    http: SocketAddr,
    admin: SocketAddr,
) -> anyhow::Result<Config> {
    if let Some(url) = &names.postgres {
        // The url may hold a password: the configuration reads it from a file of its owner alone.
        crate::file::replace(&dir.join(names::URL_FILE), url.as_bytes())
            .context("the file with the database's url cannot be written")?;
    }
    let file = files::write(dir, &names.config(http, admin))?;
    Ok(Config::load(&file)?)
}
