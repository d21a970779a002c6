//! The Open Inference Protocol v2 over HTTP, with its binary tensor extension. A model's name is its slot.

mod data;
mod inputs;
mod request;
mod response;

use std::time::Duration;

use bytes::Bytes;
use hyper::{
    Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderMap, HeaderName},
    http::request::Parts,
};
use serde_json::json;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::{
    bodies::Bodies,
    body::Body,
    problem::{JSON, Problem, echo},
    receive::receive,
    route::ModelPart,
};
use crate::{
    event::Refusal,
    limits,
    pipeline::{ActiveModel, InferJob, Inferred, ModelQueue},
    tensor::TensorSpec,
};

/// The length of the JSON before binary data, in requests and answers.
static HEADER_LENGTH: HeaderName = HeaderName::from_static("inference-header-content-length");

/// A version's name where a plugin gives none, and always understood.
const FIRST_VERSION: &str = "1";

/// `GET /v2`.
pub(super) fn server(name: &str) -> Response<Body> {
    answer(&json!({
        "name": name,
        "version": env!("CARGO_PKG_VERSION"),
        "extensions": ["binary_tensor_data"],
    }))
}

/// `GET /v2/health/live`: who can answer lives.
pub(super) fn live() -> Response<Body> {
    answer(&json!({ "live": true }))
}

/// `GET /v2/health/ready`.
pub(super) fn ready(unready: &[String]) -> Response<Body> {
    if unready.is_empty() {
        return answer(&json!({ "ready": true }));
    }
    let message = format!("the gateway is not ready: {}", unready.join("; "));
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, message).response()
}

/// The model as it is now; its only version is the active release's.
pub(super) fn active(queue: &ModelQueue, asked: Option<&str>) -> Result<ActiveModel, Problem> {
    let active = queue.active();
    match asked {
        Some(asked) if asked != active.info.version && asked != FIRST_VERSION => {
            Err(Problem::not_found(format!(
                "model `{}` has no version `{}`: it is `{}`",
                queue.name(),
                echo(asked),
                version(&active)
            )))
        }
        _ => Ok(active),
    }
}

/// `GET /v2/models/{model}` and `/ready`. A model that is there is ready: its release was loaded and checked before it became active.
pub(super) fn model(queue: &ModelQueue, active: &ActiveModel, part: ModelPart) -> Response<Body> {
    if part == ModelPart::Ready {
        return answer(&json!({ "name": queue.name(), "ready": true }));
    }
    let specs = |specs: &[TensorSpec]| -> Vec<_> {
        specs
            .iter()
            .map(|spec| json!({ "name": spec.name, "datatype": spec.datatype.name(), "shape": spec.shape }))
            .collect()
    };
    answer(&json!({
        "name": queue.name(),
        "versions": [version(active)],
        "platform": "wasm_component",
        "inputs": specs(&active.signature.inputs),
        "outputs": specs(&active.signature.outputs),
        "parameters": { "release": active.release.as_str() },
    }))
}

/// `POST /v2/models/{model}/infer`. `body` is taken if it is read.
pub(super) async fn infer(
    queue: &ModelQueue,
    active: &ActiveModel,
    parts: &Parts,
    body: &mut Option<Incoming>,
    bodies: &Bodies,
    came: Instant,
) -> Result<Response<Body>, Problem> {
    let header_length = header_length(&parts.headers)?;
    queue.room()?;
    let wait = Duration::from_millis(limits::BODY_READ_MAX_MS);
    let body = match body.take() {
        Some(body) => receive(body, bodies, wait).await?,
        None => Bytes::new(),
    };
    let request = request::Request::read(&body, header_length)?;
    let asked = request.outputs(queue.name(), &active.signature)?;
    let inputs = inputs::bind(&request, queue.name(), &active.signature)?;
    let deadline = request.timeout().map(|timeout| came + timeout);
    let inferred = call(queue, inputs, deadline).await?;
    // Between reading the request and the call another release may have become active, with outputs of its own.
    let current = queue.active();
    let scored_by = [active, &current]
        .into_iter()
        .find(|model| model.release == inferred.model);
    let Some(model) = scored_by.filter(|model| model.signature.outputs == active.signature.outputs)
    else {
        return Err(Problem::from(Refusal::Unavailable {
            reason: format!("model `{}` was replaced while it was called", queue.name()),
            retry_after_s: 1,
        }));
    };
    response::Answer {
        model: queue.name(),
        version: version(model),
        release: inferred.model.as_str(),
        id: request.id.as_deref(),
    }
    .write(&model.signature.outputs, &inferred.outputs, &asked)
}

async fn call(
    queue: &ModelQueue,
    inputs: Vec<crate::tensor::Tensor>,
    deadline: Option<Instant>,
) -> Result<Inferred, Problem> {
    let max_ms = limits::ANSWER_WAIT_MAX_MS;
    let until = deadline.unwrap_or_else(|| Instant::now() + Duration::from_millis(max_ms));
    let (reply, answer) = oneshot::channel();
    let job = InferJob {
        inputs,
        deadline: Some(until),
        reply,
    };
    if queue.submit(job).is_err() {
        // There was room before; whoever took it will be done soon.
        return Err(queue.room().err().map_or_else(
            || {
                Problem::from(Refusal::Unavailable {
                    reason: format!("the queue of model `{}` is full", queue.name()),
                    retry_after_s: 1,
                })
            },
            Problem::from,
        ));
    }
    match timeout_at(until, answer).await {
        Ok(Ok(result)) => Ok(result?),
        Ok(Err(_)) => Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the gateway ended before the request was answered",
        )),
        Err(_) if deadline.is_some() => Err(Refusal::DeadlinePassed.into()),
        Err(_) => Err(Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            format!("the request was not answered within {max_ms} ms"),
        )),
    }
}

fn header_length(headers: &HeaderMap) -> Result<Option<usize>, Problem> {
    let mut values = headers.get_all(&HEADER_LENGTH).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let digits = value.to_str().ok().filter(|_| values.next().is_none());
    let digits = digits.filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let length = digits.and_then(|text| text.parse().ok());
    length.map(Some).ok_or_else(|| {
        Problem::bad_request("the header Inference-Header-Content-Length must be a number of bytes")
    })
}

fn version(active: &ActiveModel) -> &str {
    if active.info.version.is_empty() {
        FIRST_VERSION
    } else {
        &active.info.version
    }
}

fn answer(value: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::whole(value.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
