//! `scoregate status`.

use std::{io::IsTerminal as _, process::ExitCode, time::Duration};

use serde_json::{Value, json};

use super::{
    OutputFormat,
    remote::{Failed, Place, Remote, ended, figures, segment},
    text::{lines, plain, short},
};
use crate::output::line;

const EVERY: Duration = Duration::from_secs(1);
/// Moves a terminal's cursor to its begin, and clears what is below.
const FROM_ABOVE: &str = "\u{1b}[H\u{1b}[J";

/// Shows what serves: plugins with their releases and open rollouts, and pipelines.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  scoregate status\n  scoregate status fraud --watch")]
pub struct Args {
    /// This plugin alone.
    #[arg(value_name = "PLUGIN")]
    name: Option<String>,
    #[arg(long, hide = true, conflicts_with = "name")]
    plugin: Option<String>,
    /// Again every second, until Ctrl-C.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    place: Place,
    /// How it is printed; as JSON, one object each time.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let output = args.output;
    ended(show(args).await, output)
}

async fn show(args: Args) -> Result<ExitCode, Failed> {
    let remote = args.place.remote()?;
    let plugin = args.name.or(args.plugin);
    loop {
        let status = ask(&remote, plugin.as_deref()).await?;
        match args.output {
            OutputFormat::Json => line(format_args!("{status}"))?,
            OutputFormat::Text => {
                let from = if args.watch && std::io::stdout().is_terminal() {
                    FROM_ABOVE
                } else {
                    ""
                };
                line(format_args!("{from}{}", told(&status)?.join("\n")))?;
            }
        }
        if !args.watch {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn ask(remote: &Remote, plugin: Option<&str>) -> Result<Value, Failed> {
    let Some(plugin) = plugin else {
        let plugins = remote.get("/v1/plugins").await?;
        let pipelines = remote.get("/v1/pipelines").await?;
        return Ok(json!({ "plugins": plugins["plugins"], "pipelines": pipelines["pipelines"] }));
    };
    let status = remote.plugin(segment(plugin)?).await?;
    let pipelines = remote.get("/v1/pipelines").await?;
    let of_plugin = format!("{plugin}@");
    let uses = |pipeline: &&Value| {
        let parts = [&pipeline["adapter"], &pipeline["model"]];
        let mut parts = parts.into_iter().filter_map(Value::as_str);
        parts.any(|part| part.starts_with(&of_plugin))
    };
    let pipelines = pipelines["pipelines"].as_array().into_iter().flatten();
    let pipelines: Vec<&Value> = pipelines.filter(uses).collect();
    Ok(json!({ "plugins": [status], "pipelines": pipelines }))
}

fn told(status: &Value) -> anyhow::Result<Vec<String>> {
    let of = |key: &str| {
        status[key]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let text = |value: &Value| plain(value.as_str().unwrap_or("-"));
    let release = |value: &Value| short(&text(value)).to_owned();
    let plugins = of("plugins").iter().map(|plugin| {
        let active = &plugin["active"];
        [
            text(&plugin["name"]),
            text(&active["kind"]),
            release(&active["release"]),
            text(&active["version"]),
            release(&plugin["previous"]["release"]),
        ]
    });
    let head = ["PLUGIN", "KIND", "ACTIVE", "VERSION", "PREVIOUS"];
    let mut told = lines(head, &plugins.collect::<Vec<_>>());
    for plugin in of("plugins") {
        if let Some(rollout) = figures::open(plugin)? {
            told.push(String::new());
            told.push(format!("{}: {}", text(&plugin["name"]), rollout.headline()));
            told.extend(rollout.lines().iter().map(|line| format!("  {line}")));
        }
    }
    let pipelines = of("pipelines").iter().map(|pipeline| {
        let count = |result: &str| pipeline["events"][result].to_string();
        [
            text(&pipeline["name"]),
            text(&pipeline["state"]),
            pipeline["queue_events"].to_string(),
            count("scored"),
            count("rejected"),
            count("fault"),
            pipeline["trouble"].as_str().map(plain).unwrap_or_default(),
        ]
    });
    let head = [
        "PIPELINE", "STATE", "QUEUE", "SCORED", "REJECTED", "FAULTS", "TROUBLE",
    ];
    told.push(String::new());
    told.extend(lines(head, &pipelines.collect::<Vec<_>>()));
    Ok(told)
}
