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
    pipeline::{InferJob, Inferred, ModelQueue, ServedModel},
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

/// The release that was asked for: the active one, unless a version is named. Several releases of one version are told apart by their digests.
pub(super) fn served(queue: &ModelQueue, asked: Option<&str>) -> Result<ServedModel, Problem> {
    let Some(asked) = asked else {
        return Ok(queue.active());
    };
    let models = queue.models();
    let named = |model: &&ServedModel| {
        version(model) == asked || model.release().digest.to_string() == asked
    };
    if let Some(model) = models.iter().find(named) {
        return Ok(model.clone());
    }
    if asked == FIRST_VERSION {
        return Ok(queue.active());
    }
    Err(Problem::not_found(format!(
        "model `{}` has no version `{}`: it is `{}`",
        queue.name(),
        echo(asked),
        versions(queue).join("`, `")
    )))
}

/// `GET /v2/models/{model}` and `/ready`. A model that is there is ready: its release was loaded and checked before it became active.
pub(super) fn model(queue: &ModelQueue, served: &ServedModel, part: ModelPart) -> Response<Body> {
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
        "versions": versions(queue),
        "platform": "wasm_component",
        "inputs": specs(&served.signature().inputs),
        "outputs": specs(&served.signature().outputs),
        "parameters": { "release": served.release().as_str() },
    }))
}

/// `POST /v2/models/{model}/infer`. `body` is taken if it is read.
pub(super) async fn infer(
    queue: &ModelQueue,
    served: &ServedModel,
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
    let asked = request.outputs(queue.name(), served.signature())?;
    let inputs = inputs::bind(&request, queue.name(), served.signature())?;
    let deadline = request.timeout().map(|timeout| came + timeout);
    let inferred = call(queue, served.clone(), inputs, deadline).await?;
    response::Answer {
        model: queue.name(),
        version: version(served),
        release: inferred.model.as_str(),
        id: request.id.as_deref(),
    }
    .write(&served.signature().outputs, &inferred.outputs, &asked)
}

async fn call(
    queue: &ModelQueue,
    model: ServedModel,
    inputs: Vec<crate::tensor::Tensor>,
    deadline: Option<Instant>,
) -> Result<Inferred, Problem> {
    let max_ms = limits::ANSWER_WAIT_MAX_MS;
    let until = deadline.unwrap_or_else(|| Instant::now() + Duration::from_millis(max_ms));
    let (reply, answer) = oneshot::channel();
    let job = InferJob {
        model,
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

/// The names of all releases that can be asked; a second one of the same version is named by its digest.
fn versions(queue: &ModelQueue) -> Vec<String> {
    let mut versions: Vec<String> = Vec::new();
    for model in queue.models() {
        let known = versions.iter().any(|known| known == version(&model));
        versions.push(if known {
            model.release().digest.to_string()
        } else {
            version(&model).to_owned()
        });
    }
    versions
}

fn version(model: &ServedModel) -> &str {
    let version = &*model.info().version;
    if version.is_empty() {
        FIRST_VERSION
    } else {
        version
    }
}

fn answer(value: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::whole(value.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
