//! Prints a replay.

use serde_json::{Value, json};

use super::{
    Args, Replay,
    compare::{Difference, Distance},
    parts::Origin,
};
use crate::{
    capture::{Captured, CapturedPlugin, Score, ScoredAs},
    cli::text::{plain, short},
    moment,
    output::line,
};

/// Characters of a value on a line.
const VALUE_MAX_CHARS: usize = 400;

/// One object on a line.
pub fn json(args: &Args, replay: &Replay) -> anyhow::Result<()> {
    let Replay { capsule, .. } = replay;
    let release = |plugin: &CapturedPlugin, origin: &Origin| {
        json!({
            "slot": plugin.slot,
            "captured": origin.captured,
            "now": origin.now,
        })
    };
    let object = json!({
        "capsule": args.capsule.display().to_string(),
        "pipeline": capsule.pipeline,
        "gateway": capsule.gateway,
        "captured_at_ms": capsule.captured_at_ms,
        "scored_as": capsule.scored_as,
        "event_id": capsule.event.id,
        "adapter": release(&capsule.adapter, &replay.adapter),
        "model": release(&capsule.model, &replay.model),
        "captured": capsule.result,
        "now": replay.now,
        "same": replay.differences.is_empty(),
        "differences": replay.differences,
        "notes": replay.notes,
    });
    line(format_args!("{object}"))
}

/// For a reader.
pub fn text(args: &Args, replay: &Replay) -> anyhow::Result<()> {
    let Replay { capsule, .. } = replay;
    let field = |name: &str, value: &str| line(format_args!("{name:<9} {}", capped(value)));
    field("capsule", &args.capsule.display().to_string())?;
    let by = match capsule.scored_as {
        ScoredAs::Active => "",
        ScoredAs::Canary => ", by a canary",
        ScoredAs::Shadow => ", by a shadow",
    };
    let at = moment::written(capsule.captured_at_ms);
    field(
        "captured",
        &format!(
            "{at} by {} in pipeline {}{by}",
            capsule.gateway, capsule.pipeline
        ),
    )?;
    let event = &capsule.event;
    let key = event.key.as_deref().map(String::from_utf8_lossy);
    let key = key.map_or(String::new(), |key| format!(", key {key}"));
    let bytes = event.payload.len();
    field("event", &format!("{}{key}, {bytes} bytes", event.id))?;
    field("adapter", &release(&capsule.adapter, &replay.adapter))?;
    field("model", &release(&capsule.model, &replay.model))?;
    field("was", &result(&capsule.result))?;
    field("is", &result(&replay.now))?;
    if replay.differences.is_empty() {
        let same = match replay.now {
            Captured::Fault { .. } => "the same plugin fails in the same way",
            _ => "bit for bit",
        };
        field("same", same)?;
    }
    for (nth, difference) in replay.differences.iter().enumerate() {
        field(if nth == 0 { "differs" } else { "" }, &told(difference))?;
    }
    for note in &replay.notes {
        field("note", note)?;
    }
    Ok(())
}

fn release(plugin: &CapturedPlugin, origin: &Origin) -> String {
    let now = format!(
        "{}@{} ({} {})",
        plugin.slot, origin.now, origin.name, origin.version
    );
    if origin.is_other() {
        let captured = origin.captured.to_string();
        format!(
            "{now}, captured with {} {}",
            plugin.version,
            short(&captured)
        )
    } else {
        now
    }
}

fn result(result: &Captured) -> String {
    match result {
        Captured::Scored {
            score,
            decision,
            payload,
            route,
        } => {
            let mut parts = vec![match score {
                Some(score) => format!("scored {}", number(*score)),
                None => "scored, without a score".to_owned(),
            }];
            parts.extend(
                decision
                    .as_ref()
                    .map(|decision| format!("decision {decision}")),
            );
            parts.extend(route.as_ref().map(|route| format!("route {route}")));
            parts.push(format!("output {}", String::from_utf8_lossy(payload)));
            parts.join(", ")
        }
        Captured::Rejected { reason } => format!("rejected by the adapter: {reason}"),
        Captured::InvalidInput { reason } => format!("refused by the model: {reason}"),
        Captured::Fault {
            slot,
            digest,
            fault,
            detail,
        } => {
            let digest = digest.to_string();
            format!("fault of {slot}@{} ({fault}): {detail}", short(&digest))
        }
    }
}

/// As short as it can be told from all others of its precision.
fn number(score: Score) -> String {
    let value = score.value();
    let single = value as f32;
    if f64::from(single).to_bits() == value.to_bits() {
        single.to_string()
    } else {
        value.to_string()
    }
}

/// Of a difference; its bits where it is not finite.
fn score(value: &Value) -> String {
    let finite = value["value"].as_f64().map(Score::of).map(number);
    let bits = || value["bits"].as_str().map(|bits| format!("bits {bits}"));
    finite.or_else(bits).unwrap_or_else(|| "none".to_owned())
}

fn told(difference: &Difference) -> String {
    let Difference {
        what,
        captured,
        now,
        distance,
    } = difference;
    let value = |value: &Value| match value {
        Value::String(text) => capped(text),
        value if what == "score" => score(value),
        value => capped(&value.to_string()),
    };
    let told = format!("{what}: {} became {}", value(captured), value(now));
    match distance {
        None => told,
        Some(Distance {
            absolute,
            ulps,
            single,
        }) => {
            let by = absolute.map_or(String::new(), |by| format!("{by} or "));
            let of = if *single { "single" } else { "double" };
            format!("{told}, by {by}{ulps} ULP of {of} precision")
        }
    }
}

/// What is long is cut, and what would control a terminal is not shown.
fn capped(text: &str) -> String {
    let mut shown = plain(text);
    if let Some((at, _)) = shown.char_indices().nth(VALUE_MAX_CHARS) {
        shown.truncate(at);
        shown.push('…');
    }
    shown
}
