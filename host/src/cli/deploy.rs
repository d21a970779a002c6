//! `scoregate deploy`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{
    OutputFormat,
    remote::{
        Failed, Place, REFUSED, Remote, end, ended,
        follow::{self, Ended},
        report, segment,
    },
    text::plain,
};
use crate::{
    file,
    limits::COMPONENT_MAX_BYTES,
    output::line,
    rollout::{Done, Report},
    store::Stage,
};

/// Uploads a release and rolls it out.
///
/// Without --canary or --shadow it replaces at once what serves. What is uploaded is checked, compiled, and held against every pipeline that
/// uses the plugin; a release that does not fit is refused with a line for each mismatch, and traffic never notices.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  scoregate deploy fraud.wasm --plugin fraud --dry-run\n  scoregate deploy fraud.wasm --plugin fraud --canary-stages 5:60,25:300,100:60 --wait\n  scoregate deploy adapter.wasm --plugin payments --with fraud=fraud.wasm\n\nExit codes: 0 done, 1 the gateway is away or cannot, 2 the command line was wrong, 3 the gateway refuses, or the rollout was aborted."
)]
pub struct Args {
    /// The component, as `scoregate build` or `scoregate compile` wrote it.
    file: PathBuf,
    /// The plugin, as the gateway's configuration names it.
    #[arg(long, value_name = "NAME")]
    plugin: String,
    /// First this percentage of events is answered by it, the same keys each time, until it is promoted or aborted.
    #[arg(long, value_name = "PERCENT", value_parser = percent, group = "strategy")]
    canary: Option<f64>,
    /// A canary in stages: PERCENT:SECONDS, separated by commas; a stage without seconds lasts until it is promoted.
    #[arg(
        long,
        value_name = "STAGES",
        value_parser = stage,
        value_delimiter = ',',
        group = "strategy"
    )]
    canary_stages: Vec<Stage>,
    /// It scores this percentage of events beside what serves, 100 by default, and answers none.
    #[arg(
        long,
        value_name = "PERCENT",
        value_parser = percent,
        num_args = 0..=1,
        default_missing_value = "100",
        group = "strategy"
    )]
    shadow: Option<f64>,
    /// Another plugin's release that changes together with it.
    #[arg(long, value_name = "PLUGIN=FILE", value_parser = with)]
    with: Vec<(String, PathBuf)>,
    /// Says what would happen; nothing is kept or changed.
    #[arg(long)]
    dry_run: bool,
    /// Waits until a canary or shadow was promoted or aborted, and shows meanwhile how both sides fare.
    #[arg(long, conflicts_with = "dry_run")]
    wait: bool,
    #[command(flatten)]
    place: Place,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

impl Args {
    /// Of each place that would change something.
    fn dry(&self) -> &'static str {
        if self.dry_run { "?dry_run=true" } else { "" }
    }
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let output = args.output;
    ended(deploy(args).await, output)
}

async fn deploy(args: Args) -> Result<ExitCode, Failed> {
    let remote = args.place.remote()?;
    let own = (args.plugin.clone(), args.file.clone());
    // All files before anything is sent: one that is missing has changed nothing.
    let mut uploads = Vec::new();
    for (slot, path) in std::iter::once(own).chain(args.with.iter().cloned()) {
        let component = file::read(&path, COMPONENT_MAX_BYTES);
        let component = component.with_context(|| path.display().to_string())?;
        uploads.push((segment(&slot)?.to_owned(), path, component));
    }
    let mut reports = Vec::new();
    for (slot, path, component) in uploads {
        let report = upload(&remote, &slot, component, &path, &args).await?;
        reports.push(report);
    }
    if let [report] = &reports[..]
        && !report.fits()
    {
        return Err(misfit(&args, report));
    }
    let order = order(&args, &reports);
    let path = format!("/v1/plugins/{}/rollout{}", args.plugin, args.dry());
    let answer = match remote.post(&path, order.to_string()).await {
        Ok(answer) => answer,
        Err(refused) => return Err(told(refused, &args.file, &args)?),
    };
    if args.dry_run {
        return dry_run(&args, &reports, &answer);
    }
    let done: Done = serde_json::from_value(answer)?;
    if args.output == OutputFormat::Text {
        end::print(&done)?;
    }
    let release = reports[0].release.to_string();
    let how = match args.wait {
        true => Some(follow::until_ended(&remote, &args.plugin, &release, args.output).await?),
        false => None,
    };
    finish(&args, &reports, &done, how)
}

async fn upload(
    remote: &Remote,
    slot: &str,
    component: Vec<u8>,
    path: &Path,
    args: &Args,
) -> Result<Report, Failed> {
    let place = format!("/v1/plugins/{slot}/releases{}", args.dry());
    match remote.post(&place, component).await {
        Ok(answer) => {
            let mut report: Report = serde_json::from_value(answer)?;
            if !args.with.is_empty() {
                // Beside what it may itself replace: the rollout tells how they fit one another.
                report.pipelines.clear();
            }
            if args.output == OutputFormat::Text {
                report::print(&path.display().to_string(), &report)?;
            }
            Ok(report)
        }
        Err(failed) => Err(told(failed, path, args)?),
    }
}

/// Nothing can serve it by itself.
fn misfit(args: &Args, report: &Report) -> Failed {
    let message = not_deployed(&args.file, args.dry_run);
    let mut told = json!(report);
    told["fits"] = false.into();
    let answer = json!({ "error": message, "report": told });
    Failed::Refused { message, answer }
}

fn not_deployed(path: &Path, is_dry: bool) -> String {
    let path = path.display();
    match is_dry {
        true => format!("{path} would be refused: it does not fit"),
        false => format!("{path} was not deployed: it does not fit, and what serves is as it was"),
    }
}

/// Shows the report of a refusal that has one.
fn told(failed: Failed, path: &Path, args: &Args) -> anyhow::Result<Failed> {
    let Failed::Refused { message, answer } = failed else {
        return Ok(failed);
    };
    let report = serde_json::from_value::<Report>(answer["report"].clone());
    if let Ok(report) = report
        && args.output == OutputFormat::Text
    {
        report::print(&path.display().to_string(), &report)?;
        let message = not_deployed(path, args.dry_run);
        return Ok(Failed::Refused { message, answer });
    }
    Ok(Failed::Refused { message, answer })
}

/// Nothing refuses it.
fn dry_run(args: &Args, reports: &[Report], answer: &Value) -> Result<ExitCode, Failed> {
    let pipelines = &answer["pipelines"];
    match args.output {
        OutputFormat::Json => {
            let told = json!({ "dry_run": true, "fits": true, "reports": reports, "pipelines": pipelines });
            line(format_args!("{told}"))?;
        }
        OutputFormat::Text if reports.len() == 1 => line(format_args!(
            "it fits: without --dry-run it would be deployed"
        ))?,
        OutputFormat::Text => {
            for pipeline in pipelines.as_array().into_iter().flatten() {
                let pipeline = plain(pipeline.as_str().unwrap_or_default());
                line(format_args!("  fits     pipeline {pipeline}"))?;
            }
            line(format_args!(
                "they fit together: without --dry-run they would be deployed"
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn order(args: &Args, reports: &[Report]) -> Value {
    let mut order = json!({ "release": reports[0].release });
    if let Some(percent) = args.canary {
        order["strategy"] = "canary".into();
        order["percent"] = percent.into();
    } else if !args.canary_stages.is_empty() {
        order["strategy"] = "canary".into();
        order["stages"] = json!(args.canary_stages);
    } else if let Some(percent) = args.shadow {
        order["strategy"] = "shadow".into();
        order["percent"] = percent.into();
    } else {
        order["strategy"] = "replace".into();
    }
    for report in &reports[1..] {
        order["with"][&report.slot] = json!(report.release);
    }
    order
}

fn finish(
    args: &Args,
    reports: &[Report],
    done: &Done,
    how: Option<Ended>,
) -> Result<ExitCode, Failed> {
    let (outcome, why) = match &how {
        None => (None, None),
        Some(Ended::Promoted) => (Some("promoted"), None),
        Some(Ended::Aborted(why)) => (Some("aborted"), Some(why)),
    };
    match (args.output, outcome) {
        (OutputFormat::Json, _) => {
            let told = json!({
                "dry_run": false,
                "reports": reports,
                "rollout": done,
                "outcome": outcome,
                "reason": why.map(|why| why.trim_start_matches([':', ' '])),
            });
            line(format_args!("{told}"))?;
        }
        (OutputFormat::Text, Some("promoted")) => {
            line(format_args!(
                "{}: {} serves all events",
                args.plugin, reports[0].release
            ))?;
        }
        (OutputFormat::Text, Some(_)) => {
            let why = why.map(String::as_str).unwrap_or_default();
            eprintln!("error: the rollout was aborted{why}");
        }
        (OutputFormat::Text, None) => {}
    }
    Ok(match how {
        Some(Ended::Aborted(_)) => ExitCode::from(REFUSED),
        _ => ExitCode::SUCCESS,
    })
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.parse().ok();
    let percent = percent.filter(|percent| *percent > 0.0 && *percent <= 100.0);
    percent.ok_or_else(|| "it is a number over 0 and at most 100".to_owned())
}

/// `PERCENT` or `PERCENT:SECONDS`.
fn stage(text: &str) -> Result<Stage, String> {
    let (share, seconds) = match text.split_once(':') {
        Some((share, seconds)) => (share, Some(seconds)),
        None => (text, None),
    };
    let seconds = seconds.map(|seconds| {
        let seconds = seconds.parse().ok().filter(|seconds| *seconds > 0);
        seconds.ok_or_else(|| "a stage's seconds are a whole number from 1, as in 5:60".to_owned())
    });
    Ok(Stage {
        percent: percent(share)?,
        seconds: seconds.transpose()?,
    })
}

fn with(text: &str) -> Result<(String, PathBuf), String> {
    let pair = text.split_once('=');
    let pair = pair.filter(|(slot, file)| !slot.is_empty() && !file.is_empty());
    let (slot, file) = pair.ok_or("it is a plugin and its file, as in fraud=fraud.wasm")?;
    Ok((slot.to_owned(), file.into()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::release::Digest;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn ordered(line: &str) -> Result<Value, String> {
        let words = "deploy x.wasm --plugin fraud"
            .split(' ')
            .chain(line.split_whitespace());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        let report = |slot: &str| {
            let digest = Digest::of(slot.as_bytes());
            let report = json!({
                "slot": slot, "release": digest, "kind": "model", "name": "", "version": "", "size_bytes": 1,
                "known": false, "problems": [], "pipelines": [], "golden_cases": 0, "steps_ms": [],
            });
            serde_json::from_value::<Report>(report).unwrap()
        };
        let slots = std::iter::once("fraud").chain(line.args.with.iter().map(|(slot, _)| &**slot));
        let reports: Vec<Report> = slots.map(report).collect();
        let mut order = order(&line.args, &reports);
        order.as_object_mut().unwrap().remove("release");
        Ok(order)
    }

    #[test]
    fn a_command_line_becomes_an_order() {
        let digest = Digest::of(b"payments");
        for (line, order) in [
            ("", json!({ "strategy": "replace" })),
            (
                "--canary 5",
                json!({ "strategy": "canary", "percent": 5.0 }),
            ),
            (
                "--canary-stages 5:60,25:300,100",
                json!({ "strategy": "canary", "stages": [
                    { "percent": 5.0, "seconds": 60 }, { "percent": 25.0, "seconds": 300 }, { "percent": 100.0, "seconds": null },
                ] }),
            ),
            (
                "--shadow",
                json!({ "strategy": "shadow", "percent": 100.0 }),
            ),
            (
                "--shadow 10 --wait",
                json!({ "strategy": "shadow", "percent": 10.0 }),
            ),
            (
                "--with payments=a=b.wasm",
                json!({ "strategy": "replace", "with": { "payments": digest } }),
            ),
        ] {
            assert_eq!(ordered(line).unwrap(), order, "{line}");
        }
        for (line, told) in [
            ("--canary 0", "over 0 and at most 100"),
            ("--canary NaN", "over 0 and at most 100"),
            ("--canary 5 --shadow", "cannot be used with"),
            ("--canary-stages 5:0", "a whole number from 1"),
            ("--with fraud", "as in fraud=fraud.wasm"),
            ("--wait --dry-run", "cannot be used with"),
        ] {
            let error = ordered(line).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
