//! What `promote`, `abort` and `rollback` have in common: one short order about one plugin.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Failed, Place, Plugin, ended, report::steps, segment};
use crate::{
    cli::{OutputFormat, text::short},
    output::line,
    rollout::Done,
};

/// The order.
#[derive(Debug, clap::Args)]
pub struct Order {
    #[command(flatten)]
    plugin: Plugin,
    /// Why, for the audit.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    place: Place,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

/// Gives it; `what` is the path's last part.
pub async fn run(order: Order, what: &str) -> anyhow::Result<ExitCode> {
    let output = order.output;
    ended(give(order, what).await, output)
}

async fn give(order: Order, what: &str) -> Result<ExitCode, Failed> {
    let plugin = order.plugin.into_name();
    let path = format!("/v1/plugins/{}/{what}", segment(&plugin)?);
    let remote = order.place.remote()?;
    let body = match order.reason {
        Some(reason) => json!({ "reason": reason }),
        None => json!({}),
    };
    let answer = remote.post(&path, body.to_string()).await?;
    match order.output {
        OutputFormat::Json => line(format_args!("{answer}"))?,
        OutputFormat::Text => print(&serde_json::from_value(answer)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What serves after a change.
pub fn print(done: &Done) -> anyhow::Result<()> {
    for slot in &done.slots {
        line(format_args!("{}", serves(slot)))?;
    }
    let (revision, took) = (done.revision, steps(&done.steps_ms));
    line(format_args!("revision {revision}: {took}"))
}

/// `fraud: 0123456789ab serves, a canary of 5 % is open with …`.
pub fn serves(slot: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let active = text(&slot["active"]["release"]);
    let mut told = format!("{}: {} serves", text(&slot["name"]), short(&active));
    match super::figures::open(slot) {
        Ok(Some(rollout)) => told.push_str(&format!("; {}", rollout.headline())),
        _ => {
            if let Some(previous) = slot["previous"]["release"].as_str() {
                told.push_str(&format!("; a rollback goes to {}", short(previous)));
            }
        }
    }
    told
}
