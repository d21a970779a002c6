//! `scoregate audit`.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::{
    OutputFormat, moment,
    remote::{Failed, Place, Remote, ended},
    text::{plain, short, table},
};
use crate::{limits::AUDIT_LINES_MAX_COUNT, output::line};

/// Shows who changed what, when and from where, the newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  scoregate audit --plugin fraud --count 20")]
pub struct Args {
    /// Only what concerns this plugin.
    #[arg(long)]
    plugin: Option<String>,
    /// How many lines at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "N")]
    count: u32,
    /// Only lines older than the one of this number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=i64::MAX as u64))]
    before: Option<u64>,
    #[command(flatten)]
    place: Place,
    /// How they are printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let output = args.output;
    ended(show(args).await, output)
}

async fn show(args: Args) -> Result<ExitCode, Failed> {
    let (lines, next) = gather(&args.place.remote()?, &args).await?;
    match args.output {
        OutputFormat::Json => {
            let told = json!({ "audit": lines, "next_before": next });
            line(format_args!("{told}"))?;
        }
        OutputFormat::Text => {
            let rows: Vec<[String; 6]> = lines.iter().map(row).collect();
            table(["N", "TIME", "WHO", "FROM", "ACTION", "WHAT"], &rows)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Page by page, until there are enough lines or no more.
async fn gather(remote: &Remote, args: &Args) -> Result<(Vec<Value>, Option<u64>), Failed> {
    let (mut lines, mut before) = (Vec::new(), args.before);
    let count = args.count as usize;
    loop {
        // Of a page for one plugin, most lines may be of others.
        let page = match args.plugin {
            None => AUDIT_LINES_MAX_COUNT.min((count - lines.len()) as u32),
            Some(_) => AUDIT_LINES_MAX_COUNT,
        };
        let older = before.map_or_else(String::new, |before| format!("&before={before}"));
        let answer = remote
            .get(&format!("/v1/audit?count={page}{older}"))
            .await?;
        let of_page = answer["audit"].as_array().into_iter().flatten();
        for found in of_page.filter(|line| concerns(line, args.plugin.as_deref())) {
            lines.push(found.clone());
            if lines.len() == count {
                let last = found["sequence"].as_u64().filter(|last| *last > 1);
                return Ok((lines, last));
            }
        }
        before = answer["next_before"].as_u64();
        if before.is_none() {
            return Ok((lines, None));
        }
    }
}

fn concerns(line: &Value, plugin: Option<&str>) -> bool {
    let Some(plugin) = plugin else {
        return true;
    };
    !line["slots"][plugin].is_null() || line["detail"]["plugin"] == plugin
}

fn row(line: &Value) -> [String; 6] {
    let text = |key: &str| plain(line[key].as_str().unwrap_or("?"));
    [
        line["sequence"].to_string(),
        moment::written(line["at_ms"].as_u64().unwrap_or(0)),
        text("who"),
        text("from"),
        text("action"),
        what(line),
    ]
}

/// `fraud 0123456789ab → ba9876543210: its reason`.
fn what(line: &Value) -> String {
    let slots = line["slots"].as_object().into_iter().flatten();
    let slots: Vec<String> = slots.map(|(name, slot)| changed(name, slot)).collect();
    let mut told = slots.join(", ");
    let detail = &line["detail"];
    if let Some(release) = detail["release"].as_str() {
        let plugin = detail["plugin"].as_str().unwrap_or("?");
        told.push_str(&format!("{plugin} {}", short(release)));
    }
    for key in ["pipeline", "request", "reason"] {
        if let Some(text) = detail[key].as_str() {
            let colon = if told.is_empty() { "" } else { ": " };
            told.push_str(&format!("{colon}{text}"));
        }
    }
    plain(&told)
}

fn changed(name: &str, slot: &Value) -> String {
    let active = |state: &Value| {
        state["active"]
            .as_str()
            .map(|release| short(release).to_owned())
    };
    let candidate = |state: &Value| {
        let release = state["rollout"]["candidate"].as_str();
        release.map(|release| short(release).to_owned())
    };
    let (before, after) = (active(&slot["before"]), active(&slot["after"]));
    let tried = candidate(&slot["after"]).or_else(|| candidate(&slot["before"]));
    match (before, after, tried) {
        (Some(before), Some(after), _) if before != after => {
            format!("{name} {before} \u{2192} {after}")
        }
        (_, Some(after), Some(tried)) => format!("{name} {after}, tried {tried}"),
        (_, after, _) => format!("{name} {}", after.as_deref().unwrap_or("?")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_changed_and_why() {
        let [a, b] = ["a", "b"].map(|digit| format!("sha256:{}", digit.repeat(64)));
        let state = |active: &str, tried: Option<&str>| {
            let rollout = tried.map(|tried| json!({ "candidate": tried }));
            json!({ "active": active, "rollout": rollout })
        };
        let of = |before: Value, after: Value, detail: Value| json!({ "slots": { "fraud": { "before": before, "after": after } }, "detail": detail });
        for (line, told) in [
            (
                of(state(&a, Some(&b)), state(&b, None), json!({})),
                "fraud aaaaaaaaaaaa \u{2192} bbbbbbbbbbbb",
            ),
            (
                of(
                    state(&a, Some(&b)),
                    state(&a, None),
                    json!({ "reason": "slow" }),
                ),
                "fraud aaaaaaaaaaaa, tried bbbbbbbbbbbb: slow",
            ),
            (
                of(Value::Null, state(&a, None), json!({})),
                "fraud aaaaaaaaaaaa",
            ),
            (
                json!({ "slots": {}, "detail": { "plugin": "fraud", "release": b } }),
                "fraud bbbbbbbbbbbb",
            ),
            (
                json!({ "slots": {}, "detail": { "request": "POST /v1\u{1b}", "reason": "no token" } }),
                "POST /v1\u{b7}: no token",
            ),
        ] {
            assert_eq!(what(&line), told);
        }
    }
}
