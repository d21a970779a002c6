//! The operators' listener: what runs, how it fares, who changed it, and changes.

mod body;
mod changes;
mod gate;
mod order;
mod place;
mod query;
mod repository;
mod show;
pub mod tokens;

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, EXPECT},
    http::request::Parts,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    http::{
        bodies::Bodies,
        body::Body,
        problem::{JSON, Problem, echo},
        receive::linger,
        scoring::{Unready, without_body},
    },
    limits::{COMPONENT_MAX_BYTES, ORDER_MAX_BYTES},
    rollout::Rollouts,
    store::Actor,
    telemetry::{Route, Telemetry},
};

use gate::{Denied, Gate};
use place::Place;
use tokens::Tokens;

/// The state of one pipeline as it is now.
pub type Status = Arc<dyn Fn() -> Value + Send + Sync>;

/// What the operators' listener shows and changes.
pub struct Admin {
    pub rollouts: Rollouts,
    /// Pipelines by name.
    pub pipelines: BTreeMap<String, Status>,
    pub telemetry: Arc<Telemetry>,
    /// Called before the metrics are written: puts what is only known at the moment of asking into them.
    pub sample: Arc<dyn Fn() + Send + Sync>,
    pub unready: Unready,
    pub access: Arc<Access>,
}

/// Who may do what here, and how much they may send.
pub struct Access {
    gate: Gate,
    orders: Bodies,
    components: Bodies,
    /// Components in Base64, within JSON.
    encoded: Bodies,
}

impl Access {
    /// Without tokens whoever reaches the listener may do everything.
    pub fn new(tokens: Option<Tokens>) -> Self {
        Self {
            gate: Gate::new(tokens),
            orders: Bodies::new(ORDER_MAX_BYTES),
            components: Bodies::new(COMPONENT_MAX_BYTES),
            encoded: Bodies::new(COMPONENT_MAX_BYTES.div_ceil(3) * 4 + ORDER_MAX_BYTES),
        }
    }
}

/// One request besides its body, which is gone once it was read.
struct Asked<'r> {
    parts: &'r Parts,
    body: &'r mut Option<Incoming>,
    who: Actor,
}

impl Asked<'_> {
    fn body(&mut self) -> Result<Incoming, Problem> {
        // Each place reads it once.
        let body = self.body.take();
        body.ok_or_else(|| Problem::bad_request("the request has no body"))
    }
}

impl Admin {
    /// Answers one request from that address.
    pub async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        from: SocketAddr,
    ) -> Response<Body> {
        let came = Instant::now();
        let (parts, body) = request.into_parts();
        let mut body = Some(body);
        let place = Place::read(parts.uri.path());
        let answer = match self.admit(place, &parts, from).await {
            Err(denied) => Ok(denied.response()),
            Ok(who) => {
                let body = &mut body;
                let parts = &parts;
                self.route(place, Asked { parts, body, who }).await
            }
        };
        let mut response = answer.unwrap_or_else(|problem| problem.response());
        // Who expects a `100 Continue` and gets an answer instead may or may not send the body: that connection is closed.
        if let Some(unread) = body.filter(|_| !parts.headers.contains_key(EXPECT)) {
            linger(unread);
        }
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

    async fn admit(
        &self,
        place: Option<Place<'_>>,
        parts: &Parts,
        from: SocketAddr,
    ) -> Result<Actor, Denied> {
        let gate = &self.access.gate;
        let needed = match place {
            Some(place) => place.needs(&parts.method),
            None => Some(tokens::Role::Read),
        };
        let Some(needed) = needed else {
            return Ok(Actor {
                name: "unknown".to_owned(),
                from: from.to_string(),
            });
        };
        let denied = match gate.admit(&parts.headers, from, needed).await {
            Ok(who) => return Ok(who),
            Err(denied) => denied,
        };
        if let Some(untold) = gate.tell_refusal() {
            let (method, path) = (&parts.method, echo(parts.uri.path()));
            let status = denied.problem.status.as_u16();
            let reason = &denied.problem.message;
            tracing::warn!(from = denied.who.from, %method, path, status, "refused: {reason}");
            let detail = json!({
                "request": format!("{method} {path}"),
                "status": status,
                "reason": reason,
                "untold_before": untold,
            });
            self.rollouts.note_refused(&denied.who, detail).await;
        }
        Err(denied)
    }

    async fn route(
        &self,
        place: Option<Place<'_>>,
        asked: Asked<'_>,
    ) -> Result<Response<Body>, Problem> {
        let Some(place) = place else {
            return Err(Problem::not_found(format!(
                "nothing is at `{}`: there are /v1/plugins, /v1/pipelines, /v1/audit, /v2/repository/index, /metrics, /health/live and /health/ready",
                echo(asked.parts.uri.path())
            )));
        };
        let method = &asked.parts.method;
        if !place.methods().split(", ").any(|one| method == one) {
            return Err(Problem::method_not_allowed(place.methods()));
        }
        match place {
            Place::Releases(slot) if method == Method::POST => self.add(slot, asked).await,
            Place::Rollout(slot) => self.roll_out(slot, asked).await,
            Place::End(slot, end) => self.end(slot, end, asked).await,
            Place::Pause(pipeline) => self.pause(pipeline, true, asked).await,
            Place::Resume(pipeline) => self.pause(pipeline, false, asked).await,
            Place::Index => self.index(asked).await,
            Place::Load(model) => self.load(model, asked).await,
            Place::Unload(model) => self.unload(model, asked).await,
            Place::Plugins
            | Place::Plugin(_)
            | Place::Releases(_)
            | Place::Pipelines
            | Place::Pipeline(_)
            | Place::Audit
            | Place::Metrics
            | Place::Live
            | Place::Ready => self.show(place, asked.parts.uri.query()).await,
        }
    }
}

fn answer(value: &Value) -> Response<Body> {
    answer_with(StatusCode::OK, value)
}

fn answer_with(status: StatusCode, value: &Value) -> Response<Body> {
    let mut body = value.to_string();
    body.push('\n');
    let mut response = Response::new(Body::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

#[cfg(test)]
mod tests;
