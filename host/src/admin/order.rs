//! The order of a rollout: `{"release":"sha256:…","strategy":"canary","stages":[{"percent":5,"seconds":60}],"with":{"payments":"sha256:…"}}`.

use serde_json::Value;

use super::body::{Object, kind};
use crate::{
    config::did_you_mean,
    http::problem::{Problem, echo},
    limits::{STAGE_MAX_SECONDS, STAGES_MAX_COUNT},
    release::Digest,
    rollout::{Order, StrategyOrder},
    store::Stage,
};

const STRATEGIES: [&str; 3] = ["replace", "canary", "shadow"];

/// Reads it for a slot.
pub fn read(slot: &str, mut body: Object) -> Result<Order, Problem> {
    let release = match body.string("release")? {
        Some(text) => digest(&text)?,
        None => {
            return Err(Problem::bad_request(
                "the body needs `release`: the digest of one of the slot's releases",
            ));
        }
    };
    let strategy = strategy(&mut body)?;
    let with = with(slot, &mut body)?;
    body.finish()?;
    Ok(Order {
        slot: slot.to_owned(),
        release,
        with,
        strategy,
    })
}

/// `sha256:<hex>`, also behind a slot's name as in outcomes and statuses.
pub fn digest(text: &str) -> Result<Digest, Problem> {
    let digest = text.rsplit_once('@').map_or(text, |(_, digest)| digest);
    digest
        .parse()
        .map_err(|error: crate::release::DigestError| {
            Problem::bad_request(echo_long(&error.to_string()))
        })
}

fn echo_long(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn strategy(body: &mut Object) -> Result<StrategyOrder, Problem> {
    let name = body.string("strategy")?;
    let name = name.as_deref().unwrap_or("replace");
    let percent = body.percent("percent")?;
    let stages = stages(body)?;
    match (name, percent, stages) {
        ("replace", None, None) => Ok(StrategyOrder::Replace),
        ("replace", ..) => Err(Problem::bad_request(
            "the strategy `replace` takes neither `percent` nor `stages`: it is for all events at once",
        )),
        ("canary", Some(percent), None) => Ok(StrategyOrder::Canary {
            stages: vec![Stage {
                percent,
                seconds: None,
            }],
        }),
        ("canary", None, Some(stages)) => Ok(StrategyOrder::Canary { stages }),
        ("canary", ..) => Err(Problem::bad_request(
            "the strategy `canary` needs either `percent` or `stages`",
        )),
        ("shadow", percent, None) => Ok(StrategyOrder::Shadow {
            percent: percent.unwrap_or(100.0),
        }),
        ("shadow", ..) => Err(Problem::bad_request(
            "the strategy `shadow` has no `stages`: its events are never answered",
        )),
        (other, ..) => {
            let all = || "; it must be `replace`, `canary` or `shadow`".to_owned();
            let hint = did_you_mean(other, STRATEGIES, all);
            Err(Problem::bad_request(format!(
                "there is no strategy `{}`{hint}",
                echo(other)
            )))
        }
    }
}

fn stages(body: &mut Object) -> Result<Option<Vec<Stage>>, Problem> {
    let stages = match body.take("stages") {
        None => return Ok(None),
        Some(Value::Array(stages)) if (1..=STAGES_MAX_COUNT).contains(&stages.len()) => stages,
        Some(other) => {
            let right = format!("a list of 1 to {STAGES_MAX_COUNT} stages");
            return Err(body.wrong("stages", &other, &right));
        }
    };
    let stages = stages.into_iter().enumerate();
    let stages = stages.map(|(nth, value)| stage(nth, value));
    stages.collect::<Result<_, _>>().map(Some)
}

fn stage(nth: usize, value: Value) -> Result<Stage, Problem> {
    let what = format!("stage {nth}");
    let mut stage = Object::new(&what, value)?;
    let percent = stage.percent("percent")?;
    let percent = percent.ok_or_else(|| Problem::bad_request(format!("{what} needs `percent`")))?;
    let seconds = match stage.take("seconds") {
        None => None,
        Some(value) => match value.as_u64() {
            Some(seconds) if (1..=STAGE_MAX_SECONDS).contains(&seconds) => Some(seconds),
            _ => {
                let right = format!("a whole number from 1 to {STAGE_MAX_SECONDS}");
                return Err(stage.wrong("seconds", &value, &right));
            }
        },
    };
    stage.finish()?;
    Ok(Stage { percent, seconds })
}

fn with(slot: &str, body: &mut Object) -> Result<Vec<(String, Digest)>, Problem> {
    let Some(with) = body.take("with") else {
        return Ok(Vec::new());
    };
    let entries = Object::new("`with`", with)?.rest();
    let mut releases = Vec::new();
    for (other, value) in entries {
        if other == slot {
            return Err(Problem::bad_request(format!(
                "`with` names `{slot}`, the slot of the order itself"
            )));
        }
        let Value::String(text) = &value else {
            return Err(Problem::bad_request(format!(
                "`{}` of `with` is {}; it must be a digest",
                echo(&other),
                kind(&value)
            )));
        };
        releases.push((other, digest(text)?));
    }
    Ok(releases)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(body: Value) -> Result<Order, String> {
        let body = Object::read(body.to_string().as_bytes()).map_err(|p| p.message.into_owned())?;
        read("fraud", body).map_err(|problem| {
            assert_eq!(problem.status, 400);
            problem.message.into_owned()
        })
    }

    fn sha(of: &str) -> String {
        Digest::of(of.as_bytes()).to_string()
    }

    #[test]
    fn an_order_is_read() {
        let stage = |percent, seconds| Stage { percent, seconds };
        for (body, strategy) in [
            (json!({}), StrategyOrder::Replace),
            (
                json!({ "strategy": "replace", "percent": null }),
                StrategyOrder::Replace,
            ),
            (
                json!({ "strategy": "canary", "percent": 5 }),
                StrategyOrder::Canary {
                    stages: vec![stage(5.0, None)],
                },
            ),
            (
                json!({ "strategy": "canary", "stages": [{ "percent": 0.5, "seconds": 60 }, { "percent": 100 }] }),
                StrategyOrder::Canary {
                    stages: vec![stage(0.5, Some(60)), stage(100.0, None)],
                },
            ),
            (
                json!({ "strategy": "shadow" }),
                StrategyOrder::Shadow { percent: 100.0 },
            ),
            (
                json!({ "strategy": "shadow", "percent": 10 }),
                StrategyOrder::Shadow { percent: 10.0 },
            ),
        ] {
            let mut body = body;
            body["release"] = sha("a").into();
            body["with"] = json!({ "payments": format!("payments@{}", sha("b")) });
            let read = order(body).unwrap();
            assert_eq!(read.strategy, strategy);
            assert_eq!(read.release, Digest::of(b"a"));
            assert_eq!(read.with, [("payments".to_owned(), Digest::of(b"b"))]);
        }
    }

    /// Orders, and what is told of each.
    fn wrong() -> Vec<(Value, &'static str)> {
        let release = sha("a");
        vec![
            (json!([]), "the body is a list; it must be an object"),
            (json!({}), "the body needs `release`"),
            (
                json!({ "release": 5 }),
                "`release` of the body is `5`; it must be a string",
            ),
            (json!({ "release": "latest" }), "`latest` is no digest"),
            (
                json!({ "release": release, "strategy": "canray" }),
                "did you mean `canary`?",
            ),
            (
                json!({ "release": release, "strategy": "x" }),
                "it must be `replace`, `canary` or `shadow`",
            ),
            (
                json!({ "release": release, "strategy": "canary" }),
                "needs either `percent` or `stages`",
            ),
            (
                json!({ "release": release, "percent": 5 }),
                "takes neither `percent` nor `stages`",
            ),
            (
                json!({ "release": release, "strategy": "shadow", "percent": 0 }),
                "over 0 and at most 100",
            ),
            (
                json!({ "release": release, "strategy": "canary", "percent": 101 }),
                "over 0 and at most 100",
            ),
            (
                json!({ "release": release, "strategy": "canary", "stages": [] }),
                "a list of 1 to 32 stages",
            ),
            (
                json!({ "release": release, "strategy": "canary", "stages": [{ "percent": 1 }, {}] }),
                "stage 1 needs `percent`",
            ),
            (
                json!({ "release": release, "strategy": "canary", "stages": [{ "percent": 1, "seconds": 0 }] }),
                "`seconds` of stage 0 is `0`; it must be a whole number",
            ),
            (
                json!({ "release": release, "strategy": "canary", "stages": [{ "percent": 1, "second": 1 }] }),
                "unknown key `second` in stage 0; did you mean `seconds`?",
            ),
            (
                json!({ "release": release, "stratgy": "replace" }),
                "unknown key `stratgy` in the body; did you mean `strategy`?",
            ),
            (
                json!({ "release": release, "with": { "fraud": release } }),
                "the slot of the order itself",
            ),
            (
                json!({ "release": release, "with": { "payments": 1 } }),
                "it must be a digest",
            ),
        ]
    }

    #[test]
    fn what_is_wrong_in_an_order_is_named_with_what_would_be_right() {
        for (body, told) in wrong() {
            let error = order(body.clone()).unwrap_err();
            assert!(error.contains(told), "{body}: {error}");
        }
        assert!(
            Object::read(b"{")
                .unwrap_err()
                .message
                .contains("the body is no JSON")
        );
        assert!(Object::read(b" \n").unwrap().finish().is_ok());
    }
}
