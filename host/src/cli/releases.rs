//! `scoregate releases`.

use std::process::ExitCode;

use serde_json::Value;

use super::{
    OutputFormat, moment,
    remote::{Failed, Place, Plugin, ended, segment},
    text::{plain, table},
};
use crate::output::line;

/// Lists the releases of a plugin that the store has, the newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  scoregate releases fraud")]
pub struct Args {
    #[command(flatten)]
    plugin: Plugin,
    #[command(flatten)]
    place: Place,
    /// How they are printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let output = args.output;
    ended(list(args).await, output)
}

async fn list(args: Args) -> Result<ExitCode, Failed> {
    let plugin = args.plugin.into_name();
    let remote = args.place.remote()?;
    let path = format!("/v1/plugins/{}/releases", segment(&plugin)?);
    let answer = remote.get(&path).await?;
    if args.output == OutputFormat::Json {
        line(format_args!("{answer}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let status = remote.plugin(&plugin).await?;
    let releases = answer["releases"].as_array().into_iter().flatten();
    let rows: Vec<[String; 6]> = releases.map(|release| row(release, &status)).collect();
    let head = ["RELEASE", "NAME", "VERSION", "BYTES", "ADDED", "PART"];
    table(head, &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn row(release: &Value, status: &Value) -> [String; 6] {
    let text = |key: &str| plain(release[key].as_str().unwrap_or("?"));
    let digest = text("digest");
    let is = |part: &Value| {
        let release = part["release"].as_str();
        release.is_some_and(|release| release.ends_with(&digest))
    };
    let part = if is(&status["active"]) {
        "active"
    } else if is(&status["rollout"]["candidate"]) {
        "candidate"
    } else if is(&status["previous"]) {
        "previous"
    } else {
        ""
    };
    [
        digest,
        text("name"),
        text("version"),
        release["size_bytes"].to_string(),
        moment::written(release["added_at_ms"].as_u64().unwrap_or(0)),
        part.to_owned(),
    ]
}
