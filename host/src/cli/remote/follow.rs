//! Waits for a rollout's end, and shows meanwhile how both sides fare: live on a terminal, else a few plain lines.

use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::Value;

use super::{
    Failed, Remote,
    figures::{self, Rollout},
};
use crate::{cli::OutputFormat, output::line};

const EVERY: Duration = Duration::from_millis(500);
/// Between plain lines, unless the stage changes.
const LINES_EVERY: Duration = Duration::from_secs(10);
/// How long the gateway may be away, for a restart.
const AWAY_MAX: Duration = Duration::from_secs(60);
const STEPS: u64 = 1000;
/// Lines of the audit among which the end of a rollout is looked for.
const AUDIT_LINES: u32 = 200;

/// How a rollout ended.
#[derive(Debug)]
pub enum Ended {
    Promoted,
    /// By whom, and why, where that was told.
    Aborted(String),
}

/// Waits until the rollout of that release is over.
pub async fn until_ended(
    remote: &Remote,
    plugin: &str,
    release: &str,
    output: OutputFormat,
) -> Result<Ended, Failed> {
    let mut view = View::new(output)?;
    let mut answered = Instant::now();
    loop {
        let status = match remote.plugin(plugin).await {
            Ok(status) => status,
            Err(Failed::Broken(error)) if answered.elapsed() < AWAY_MAX => {
                tracing::warn!("{error:#}; it is asked again");
                tokio::time::sleep(EVERY).await;
                continue;
            }
            Err(failed) => return Err(failed),
        };
        answered = Instant::now();
        let rollout = figures::open(&status)?;
        match rollout {
            Some(rollout) if rollout.release() == release => view.show(plugin, &rollout)?,
            _ => {
                view.clear();
                return verdict(remote, plugin, release, &status).await;
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// What serves tells how it ended, and the audit why.
async fn verdict(
    remote: &Remote,
    plugin: &str,
    release: &str,
    status: &Value,
) -> Result<Ended, Failed> {
    let active = status["active"]["release"].as_str().unwrap_or_default();
    if active.ends_with(release) {
        return Ok(Ended::Promoted);
    }
    let audit = remote
        .get(&format!("/v1/audit?count={AUDIT_LINES}"))
        .await?;
    let mut lines = audit["audit"].as_array().into_iter().flatten();
    let end = lines.find(|line| line["action"] == "abort" && !line["slots"][plugin].is_null());
    let who = end.and_then(|line| line["who"].as_str());
    let reason = end.and_then(|line| line["detail"]["reason"].as_str());
    let by = who.map_or_else(String::new, |who| format!(" by {who}"));
    let why = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    Ok(Ended::Aborted(format!("{by}{why}")))
}

enum View {
    /// Nobody looks on.
    None,
    Live(Live),
    Plain {
        told: Option<(Instant, String)>,
    },
}

struct Live {
    bars: MultiProgress,
    bar: ProgressBar,
    lines: Vec<ProgressBar>,
    style: ProgressStyle,
}

impl View {
    fn new(output: OutputFormat) -> anyhow::Result<Self> {
        if output == OutputFormat::Json {
            return Ok(View::None);
        }
        // The bars are drawn on stderr.
        if !std::io::stderr().is_terminal() {
            return Ok(View::Plain { told: None });
        }
        let bars = MultiProgress::new();
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {msg}")?;
        let bar = bars.add(ProgressBar::new(STEPS).with_style(style));
        Ok(View::Live(Live {
            bars,
            bar,
            lines: Vec::new(),
            style: ProgressStyle::with_template("  {wide_msg}")?,
        }))
    }

    fn show(&mut self, plugin: &str, rollout: &Rollout) -> anyhow::Result<()> {
        let headline = rollout.headline();
        match self {
            View::None => {}
            View::Live(live) => {
                live.bar.set_prefix(plugin.to_owned());
                live.bar.set_message(headline);
                let done = rollout.progress() * STEPS as f64;
                live.bar.set_position(done as u64);
                let lines = rollout.lines();
                while live.lines.len() < lines.len() {
                    let line = ProgressBar::new(0).with_style(live.style.clone());
                    live.lines.push(live.bars.add(line));
                }
                for (line, text) in live.lines.iter().zip(lines) {
                    line.set_message(text);
                }
            }
            View::Plain { told } => {
                // What is left of its time changes always.
                let stage = headline.rsplit_once(", ").map_or("", |(stage, _)| stage);
                let is_news = told
                    .as_ref()
                    .is_none_or(|(when, told)| told != stage || when.elapsed() >= LINES_EVERY);
                if is_news {
                    *told = Some((Instant::now(), stage.to_owned()));
                    line(format_args!("{plugin}: {headline}"))?;
                    for text in rollout.lines() {
                        line(format_args!("  {text}"))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn clear(&mut self) {
        if let View::Live(live) = self {
            live.lines.iter().for_each(ProgressBar::finish_and_clear);
            live.bar.finish_and_clear();
        }
    }
}
