//! The operators' listener: what runs, how it fares, and metrics. Read-only.

use std::{collections::BTreeMap, sync::Arc};

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    http::{
        body::Body,
        problem::{JSON, Problem, echo},
        receive::linger,
        scoring::{Unready, allow_get, without_body},
    },
    telemetry::{self, Route, Telemetry},
};

/// The state of one slot or pipeline as it is now.
pub type Status = Arc<dyn Fn() -> Value + Send + Sync>;

/// What the operators' listener shows.
pub struct Admin {
    /// Slots by name.
    pub plugins: BTreeMap<String, Status>,
    /// Pipelines by name.
    pub pipelines: BTreeMap<String, Status>,
    pub telemetry: Arc<Telemetry>,
    /// Called before the metrics are written: puts what is only known at the moment of asking into them.
    pub sample: Arc<dyn Fn() + Send + Sync>,
    pub unready: Unready,
}

/// A place on this listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place<'a> {
    Plugins,
    Plugin(&'a str),
    Pipelines,
    Pipeline(&'a str),
    Metrics,
    Live,
    Ready,
}

impl<'a> Place<'a> {
    fn read(path: &'a str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        match path {
            "/v1/plugins" => Some(Place::Plugins),
            "/v1/pipelines" => Some(Place::Pipelines),
            "/metrics" => Some(Place::Metrics),
            "/health/live" => Some(Place::Live),
            "/health/ready" => Some(Place::Ready),
            _ => {
                let (place, name) = path.strip_prefix("/v1/")?.split_once('/')?;
                match place {
                    _ if name.contains('/') => None,
                    "plugins" => Some(Place::Plugin(name)),
                    "pipelines" => Some(Place::Pipeline(name)),
                    _ => None,
                }
            }
        }
    }

    fn route(self) -> Route {
        match self {
            Place::Plugins | Place::Plugin(_) => Route::Plugins,
            Place::Pipelines | Place::Pipeline(_) => Route::Pipelines,
            Place::Metrics => Route::Metrics,
            Place::Live | Place::Ready => Route::Health,
        }
    }
}

impl Admin {
    /// Answers one request.
    pub async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        let came = Instant::now();
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let place = Place::read(path);
        let mut response = match place {
            Some(place) => self.show(place, &parts.method),
            None => Err(Problem::not_found(format!(
                "nothing is at `{}`: there are /v1/plugins, /v1/pipelines, /metrics, /health/live and /health/ready",
                echo(path)
            ))),
        }
        .unwrap_or_else(|problem| problem.response());
        linger(body);
        if parts.method == Method::HEAD {
            without_body(&mut response);
        }
        self.telemetry.http().request(
            place.map_or(Route::Unknown, Place::route),
            response.status().as_u16(),
            came.elapsed().as_secs_f64(),
        );
        response
    }

    fn show(&self, place: Place<'_>, method: &Method) -> Result<Response<Body>, Problem> {
        allow_get(method)?;
        Ok(match place {
            Place::Plugins => all("plugins", &self.plugins),
            Place::Plugin(name) => one("plugin", &self.plugins, name)?,
            Place::Pipelines => all("pipelines", &self.pipelines),
            Place::Pipeline(name) => one("pipeline", &self.pipelines, name)?,
            Place::Metrics => {
                (self.sample)();
                let mut response = Response::new(Body::whole(self.telemetry.encode()));
                let text = HeaderValue::from_static(telemetry::CONTENT_TYPE);
                response.headers_mut().insert(CONTENT_TYPE, text);
                response
            }
            Place::Live => answer(&json!({ "live": true })),
            Place::Ready => ready(&(self.unready)()),
        })
    }
}

fn all(what: &str, statuses: &BTreeMap<String, Status>) -> Response<Body> {
    let statuses: Vec<Value> = statuses.values().map(|status| status()).collect();
    answer(&json!({ what: statuses }))
}

fn one(
    what: &str,
    statuses: &BTreeMap<String, Status>,
    name: &str,
) -> Result<Response<Body>, Problem> {
    let status = statuses
        .get(name)
        .ok_or_else(|| Problem::not_found(format!("no {what} `{}`", echo(name))))?;
    Ok(answer(&status()))
}

fn ready(unready: &[String]) -> Response<Body> {
    if unready.is_empty() {
        return answer(&json!({ "ready": true }));
    }
    let error = format!("the gateway is not ready: {}", unready.join("; "));
    let mut response = answer(&json!({ "ready": false, "reasons": unready, "error": error }));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

fn answer(value: &Value) -> Response<Body> {
    let mut body = value.to_string();
    body.push('\n');
    let mut response = Response::new(Body::whole(body));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

#[cfg(test)]
mod tests;
