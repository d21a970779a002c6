//! The model repository extension of the Open Inference Protocol: which versions of models there are, and which of them serve.
//! <https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_repository.md>

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    Admin, Asked, answer,
    body::{self, Object},
    changes::{check_size, refused},
    order::digest,
};
use crate::{
    http::{
        body::Body,
        problem::{Problem, echo},
    },
    limits::UPLOAD_READ_MAX_MS,
    release::Digest,
    rollout::{Order, Refused, StrategyOrder},
};

/// What is asked to be loaded.
enum Wanted {
    /// What serves already.
    Active,
    Release(Digest),
    Component(Vec<u8>),
}

impl Admin {
    /// Every release of every model, or with `"ready": true` only those that serve.
    pub(super) async fn index(&self, mut asked: Asked<'_>) -> Result<Response<Body>, Problem> {
        let mut body = body::object(asked.body()?, &self.access.orders).await?;
        let only_ready = body.boolean("ready")?.unwrap_or(false);
        body.finish()?;
        let mut entries = Vec::new();
        for status in self.rollouts.statuses() {
            let Some(name) = status["name"].as_str().filter(|_| is_model(&status)) else {
                continue;
            };
            let loaded = loaded(&status);
            let releases = match self.rollouts.releases(name).await {
                Ok(releases) => releases,
                Err(why) => return Ok(refused(why)),
            };
            for release in releases {
                let part = loaded.iter().find(|(_, digest)| *digest == release.digest);
                if only_ready && part.is_none() {
                    continue;
                }
                let (state, reason) = match part {
                    Some((part, _)) => ("READY", (*part).to_owned()),
                    None => ("UNAVAILABLE", "unloaded".to_owned()),
                };
                entries.push(json!({
                    "name": name,
                    "version": release.version,
                    "state": state,
                    "reason": reason,
                    "parameters": { "release": format!("{name}@{}", release.digest) },
                }));
            }
        }
        Ok(answer(&Value::Array(entries)))
    }

    /// Replaces what serves: by the release that the parameter `release` names, or by the component that `file:…` holds in Base64. Without
    /// parameters the model is as loaded as it was.
    pub(super) async fn load(
        &self,
        model: &str,
        mut asked: Asked<'_>,
    ) -> Result<Response<Body>, Problem> {
        let status = self.model(model)?;
        let body = asked.body()?;
        let mut body = body::object_within(body, &self.access.encoded, UPLOAD_READ_MAX_MS).await?;
        let wanted = wanted(&mut body)?;
        body.finish()?;
        let release = match wanted {
            Wanted::Active => return Ok(answer(&json!({}))),
            Wanted::Release(digest) => digest,
            Wanted::Component(component) => {
                match self.upload(model, component, asked.who.clone(), true).await {
                    Ok(report) => report.release,
                    Err(why) => return Ok(refused(why)),
                }
            }
        };
        if active(&status) == Some(release) {
            return Ok(answer(&json!({})));
        }
        let order = Order {
            slot: model.to_owned(),
            release,
            with: Vec::new(),
            strategy: StrategyOrder::Replace,
        };
        Ok(match self.begin(order, asked.who).await {
            Ok(_) => answer(&json!({})),
            Err(why) => refused(why),
        })
    }

    /// Nothing here ends without a configuration that says so: a model that its pipelines need stays.
    pub(super) async fn unload(
        &self,
        model: &str,
        mut asked: Asked<'_>,
    ) -> Result<Response<Body>, Problem> {
        self.model(model)?;
        let mut body = body::object(asked.body()?, &self.access.orders).await?;
        let mut parameters = parameters(&mut body)?;
        parameters.boolean("unload_dependents")?;
        parameters.finish()?;
        body.finish()?;
        let of_model = format!("{model}@");
        let uses = |status: &Value| {
            let used = status["model"].as_str();
            used.is_some_and(|used| used.starts_with(&of_model))
        };
        let statuses = self.pipelines.iter();
        let users: Vec<String> = statuses
            .filter(|(_, status)| uses(&status()))
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let why = match &users[..] {
            [] => format!("take [plugins.{model}] out of the configuration"),
            [one] => format!("pipeline {one} needs it"),
            several => format!("pipelines {} need it", several.join(", ")),
        };
        Ok(refused(Refused::Conflict(format!(
            "model `{model}` cannot be unloaded: {why}"
        ))))
    }

    fn model(&self, name: &str) -> Result<Value, Problem> {
        let status = self.rollouts.status(name).filter(is_model);
        status.ok_or_else(|| Problem::not_found(format!("no model `{}`", echo(name))))
    }
}

fn is_model(status: &Value) -> bool {
    status["active"]["kind"] == "model"
}

fn active(status: &Value) -> Option<Digest> {
    digest(status["active"]["release"].as_str()?).ok()
}

/// The releases that can be asked, each with its part.
fn loaded(status: &Value) -> Vec<(&'static str, Digest)> {
    let previous = status["previous"].as_str();
    let previous = previous.or_else(|| status["previous"]["release"].as_str());
    let rollout = &status["rollout"];
    let candidate = rollout["candidate"].as_str();
    let candidate = candidate.or_else(|| rollout["candidate"]["release"].as_str());
    let of = |part, text: Option<&str>| Some((part, digest(text?).ok()?));
    [
        of("active", status["active"]["release"].as_str()),
        of("candidate", candidate),
        of("previous", previous),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn parameters(body: &mut Object) -> Result<Object, Problem> {
    let given = body.take("parameters");
    let given = given.unwrap_or_else(|| Value::Object(Map::new()));
    Object::new("`parameters`", given)
}

fn wanted(body: &mut Object) -> Result<Wanted, Problem> {
    let mut parameters = parameters(body)?;
    if parameters.take("config").is_some() {
        return Err(Problem::bad_request(
            "the parameter `config` is not taken: a plugin's settings are in the gateway's configuration",
        ));
    }
    let release = parameters.string("release")?;
    let (files, others): (Map<_, _>, Map<_, _>) = parameters
        .rest()
        .into_iter()
        .partition(|(name, _)| name.starts_with("file:"));
    parameters.put_back(others);
    parameters.finish()?;
    let mut files = files.into_iter();
    match (release, files.next(), files.next()) {
        (None, None, None) => Ok(Wanted::Active),
        (Some(text), None, None) => digest(&text).map(Wanted::Release),
        (None, Some((name, value)), None) => {
            let wrong = || {
                Problem::bad_request(format!(
                    "`{}` of `parameters` must be a component in Base64",
                    echo(&name)
                ))
            };
            let text = value.as_str().ok_or_else(wrong)?;
            check_size(text.len() as u64 / 4 * 3)?;
            let component = BASE64_STANDARD.decode(text).map_err(|_| wrong())?;
            Ok(Wanted::Component(component))
        }
        _ => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "`parameters` must name one release: either `release` with a digest, or one `file:…` with a component in Base64",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: Value) -> Result<Wanted, String> {
        let mut body = Object::new("the body", body).map_err(|p| p.message.into_owned())?;
        let wanted = wanted(&mut body);
        let wanted = wanted.and_then(|wanted| body.finish().map(|()| wanted));
        wanted.map_err(|problem| problem.message.into_owned())
    }

    #[test]
    fn what_is_to_be_loaded_is_read_as_triton_sends_it() {
        let release = Digest::of(b"a").to_string();
        assert!(matches!(read(json!({})), Ok(Wanted::Active)));
        assert!(matches!(
            read(json!({ "parameters": {} })),
            Ok(Wanted::Active)
        ));
        let by_digest = read(json!({ "parameters": { "release": release } }));
        assert!(matches!(by_digest, Ok(Wanted::Release(digest)) if digest == Digest::of(b"a")));
        let by_file = read(json!({ "parameters": { "file:1/model.wasm": "AGFzbQ==" } }));
        assert!(matches!(by_file, Ok(Wanted::Component(bytes)) if bytes == b"\0asm"));
        for (parameters, told) in [
            (json!({ "config": "{}" }), "the gateway's configuration"),
            (json!({ "relaese": release }), "did you mean `release`?"),
            (json!({ "file:a": "?" }), "must be a component in Base64"),
            (json!({ "file:a": 5 }), "must be a component in Base64"),
            (
                json!({ "file:a": "", "file:b": "" }),
                "must name one release",
            ),
            (
                json!({ "file:a": "", "release": release }),
                "must name one release",
            ),
        ] {
            let error = read(json!({ "parameters": parameters })).err().unwrap();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn what_can_be_asked_is_told_with_its_part() {
        let [a, b, c] = ["a", "b", "c"].map(|of| Digest::of(of.as_bytes()));
        let name = |digest| format!("fraud@{digest}");
        let status = json!({
            "active": { "kind": "model", "release": name(a) },
            "rollout": { "candidate": name(b) },
            "previous": name(c),
        });
        assert_eq!(
            loaded(&status),
            [("active", a), ("candidate", b), ("previous", c)]
        );
        assert_eq!(loaded(&json!({ "active": null, "rollout": null })), []);
    }
}
