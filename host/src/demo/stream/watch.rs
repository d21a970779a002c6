//! Lag and rates while the topic is read, as any operator can ask for them.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;

use super::names::Names;
use crate::http::client::Client;

/// How often the gateway is asked.
const EVERY: Duration = Duration::from_millis(200);
/// Without any progress for so long something is wrong.
const STALLED_AFTER: Duration = Duration::from_secs(60);

/// What of a pipeline the demo reads.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Seen {
    pub events: BTreeMap<String, u64>,
    pub dead_letters: u64,
    trouble: Option<String>,
    streams: Vec<SeenStream>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct SeenStream {
    lag: BTreeMap<i32, i64>,
    trouble: Option<String>,
}

/// The whole run.
pub struct Watched {
    pub took: Duration,
    /// Each pipeline's counts at the end.
    pub pipelines: BTreeMap<&'static str, Seen>,
}

impl Seen {
    /// Events that were delivered or put aside.
    pub fn done(&self) -> u64 {
        self.scored() + self.dead_letters
    }

    pub fn scored(&self) -> u64 {
        self.events.get("scored").copied().unwrap_or_default()
    }

    fn lag(&self) -> i64 {
        self.streams.iter().flat_map(|s| s.lag.values()).sum()
    }

    fn trouble(&self) -> Option<&str> {
        let of_stream = self.streams.iter().find_map(|s| s.trouble.as_deref());
        self.trouble.as_deref().or(of_stream)
    }
}

/// Shows a line for each pipeline until all have dealt with `count` payments.
pub async fn until_done(admin: SocketAddr, names: &Names, count: u64) -> anyhow::Result<Watched> {
    let bars = indicatif::MultiProgress::new();
    let style = ProgressStyle::with_template("{prefix:<12} {wide_bar} {pos}/{len} {msg}")
        .context("the progress bar's template")?;
    let pipelines = names.pipelines();
    let lines: Vec<ProgressBar> = pipelines
        .iter()
        .map(|name| {
            bars.add(
                ProgressBar::new(count)
                    .with_style(style.clone())
                    .with_prefix(*name),
            )
        })
        .collect();
    let mut client = Client::connect(admin).await?;
    let (start, mut moved, mut last) = (Instant::now(), Instant::now(), 0);
    loop {
        let mut seen = BTreeMap::new();
        for (name, line) in pipelines.iter().zip(&lines) {
            let pipeline = ask(&mut client, name).await?;
            line.set_position(pipeline.done());
            let rate = pipeline.done() as f64 / start.elapsed().as_secs_f64();
            line.set_message(match pipeline.trouble() {
                Some(trouble) => trouble.to_owned(),
                None => format!("{rate:.0}/s, lag {}", pipeline.lag()),
            });
            seen.insert(*name, pipeline);
        }
        let done: u64 = seen.values().map(Seen::done).sum();
        if seen.values().all(|pipeline| pipeline.done() >= count) {
            lines.iter().for_each(ProgressBar::finish_and_clear);
            return Ok(Watched {
                took: start.elapsed(),
                pipelines: seen,
            });
        }
        if done > last {
            (moved, last) = (Instant::now(), done);
        }
        if moved.elapsed() > STALLED_AFTER {
            let trouble = seen
                .values()
                .find_map(Seen::trouble)
                .unwrap_or("no reason is known");
            anyhow::bail!(
                "nothing was delivered for {} s: {trouble}",
                STALLED_AFTER.as_secs()
            );
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn ask(client: &mut Client, pipeline: &str) -> anyhow::Result<Seen> {
    let (status, body) = client.get(&format!("/v1/pipelines/{pipeline}")).await?;
    serde_json::from_slice(&body)
        .with_context(|| format!("the answer {status} about pipeline `{pipeline}` cannot be read"))
}
