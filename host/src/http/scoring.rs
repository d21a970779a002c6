//! The scoring listener's parts, and the way of a request to the one that answers it.

use std::{collections::HashMap, sync::Arc};

use hyper::{
    Method, Request, Response,
    body::Incoming,
    header::{CONTENT_LENGTH, EXPECT, HeaderValue},
    http::request::Parts,
};
use tokio::time::Instant;

use super::{
    bodies::Bodies,
    body::Body,
    cors::Origins,
    oip,
    problem::{Problem, echo},
    receive::linger,
    route::{ModelPart, Place},
    score,
};
use crate::{
    pipeline::{ModelQueue, Pipeline},
    telemetry::{Route, Telemetry},
};

/// The reasons why the gateway is not ready, each one sentence; none when it is.
pub type Unready = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// What the scoring listener serves.
pub struct Scoring {
    /// Those that have an HTTP source, by name.
    pub pipelines: HashMap<String, Arc<Pipeline>>,
    /// Every model slot, by name.
    pub models: HashMap<String, Arc<ModelQueue>>,
    /// This gateway among others.
    pub server_name: String,
    pub bodies: Bodies,
    /// Pages of which a browser lets call.
    pub origins: Origins,
    pub telemetry: Arc<Telemetry>,
    pub unready: Unready,
}

impl Scoring {
    /// Answers one request.
    pub async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        let came = Instant::now();
        let (parts, body) = request.into_parts();
        let mut body = Some(body);
        let place = Place::read(parts.uri.path());
        let answer = match self.origins.preflight(&parts) {
            Some(answer) => answer,
            None => self.route(place, &parts, &mut body, came).await,
        };
        let mut response = answer.unwrap_or_else(|problem| problem.response());
        // Who expects a `100 Continue` and gets an answer instead may or may not send the body: that connection is closed.
        if let Some(unread) = body.filter(|_| !parts.headers.contains_key(EXPECT)) {
            linger(unread);
        }
        if parts.method == Method::HEAD {
            without_body(&mut response);
        }
        self.origins.mark(&parts.headers, response.headers_mut());
        self.telemetry.http().request(
            kind(place),
            response.status().as_u16(),
            came.elapsed().as_secs_f64(),
        );
        response
    }

    async fn route(
        &self,
        place: Option<Place<'_>>,
        parts: &Parts,
        body: &mut Option<Incoming>,
        came: Instant,
    ) -> Result<Response<Body>, Problem> {
        let Some(place) = place else {
            return Err(Problem::not_found(format!(
                "nothing is at `{}`: there are /pipelines/NAME/score and /v2",
                echo(parts.uri.path())
            )));
        };
        match place {
            Place::Score { pipeline } => {
                let pipeline = self.pipelines.get(pipeline).ok_or_else(|| {
                    Problem::not_found(format!("no pipeline `{}`", echo(pipeline)))
                })?;
                allow_post(&parts.method)?;
                score::score(pipeline, parts, body, &self.bodies, came).await
            }
            Place::Server => {
                allow_get(&parts.method)?;
                Ok(oip::server(&self.server_name))
            }
            Place::Live => {
                allow_get(&parts.method)?;
                Ok(oip::live())
            }
            Place::Ready => {
                allow_get(&parts.method)?;
                Ok(oip::ready(&(self.unready)()))
            }
            Place::Model {
                model,
                version,
                part,
            } => {
                let queue = self
                    .models
                    .get(model)
                    .ok_or_else(|| Problem::not_found(format!("no model `{}`", echo(model))))?;
                let served = oip::served(queue, version)?;
                if part == ModelPart::Infer {
                    allow_post(&parts.method)?;
                    oip::infer(queue, &served, parts, body, &self.bodies, came).await
                } else {
                    allow_get(&parts.method)?;
                    Ok(oip::model(queue, &served, part))
                }
            }
        }
    }
}

fn kind(place: Option<Place<'_>>) -> Route {
    match place {
        None => Route::Unknown,
        Some(Place::Score { .. }) => Route::Score,
        Some(Place::Server) => Route::Server,
        Some(Place::Live | Place::Ready) => Route::Health,
        Some(Place::Model {
            part: ModelPart::Infer,
            ..
        }) => Route::Infer,
        Some(Place::Model { .. }) => Route::Model,
    }
}

/// For what is only read.
pub(crate) fn allow_get(method: &Method) -> Result<(), Problem> {
    if method == Method::GET || method == Method::HEAD {
        Ok(())
    } else {
        Err(Problem::method_not_allowed("GET, HEAD"))
    }
}

fn allow_post(method: &Method) -> Result<(), Problem> {
    if method == Method::POST {
        Ok(())
    } else {
        Err(Problem::method_not_allowed("POST"))
    }
}

/// The answer to HEAD: as GET's, with the length of a body that is not there.
pub(crate) fn without_body(response: &mut Response<Body>) {
    use hyper::body::Body as _;
    if let Some(length) = response.body().size_hint().exact() {
        let length = HeaderValue::from(length);
        response.headers_mut().insert(CONTENT_LENGTH, length);
    }
    *response.body_mut() = Body::whole(Vec::new());
}

#[cfg(test)]
mod tests;
