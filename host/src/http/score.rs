//! `POST /pipelines/{pipeline}/score`: one event, or many as NDJSON.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use hyper::{
    Response,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderMap},
    http::request::Parts,
};
use tokio::time::Instant;

use super::{
    bodies::Bodies,
    body::Body,
    caller::Caller,
    intake::{Intake, Queue},
    ndjson,
    problem::{JSON, Problem},
    receive::receive,
};
use crate::{limits, pipeline::Pipeline, record};

/// Scores what the request holds. `body` is taken if it is read.
pub(super) async fn score(
    pipeline: &Arc<Pipeline>,
    parts: &Parts,
    body: &mut Option<Incoming>,
    bodies: &Bodies,
    came: Instant,
) -> Result<Response<Body>, Problem> {
    let caller = Caller::read(&parts.headers, came)?;
    // Before the body is read: what cannot be scored should cost as little as it can.
    pipeline.room()?;
    let wait = Duration::from_millis(limits::BODY_READ_MAX_MS);
    let payload = match body.take() {
        Some(body) => receive(body, bodies, wait).await?,
        None => Bytes::new(),
    };
    let intake = Intake::new(caller, parts, &pipeline.header_names());
    if is_ndjson(&parts.headers) {
        // Half the queue, so that one request of many rows leaves room for others.
        let window = pipeline.queue_max_events() / 2;
        return ndjson::answer(Arc::clone(pipeline), intake, payload, window);
    }
    one(&**pipeline, &intake, payload).await
}

async fn one(
    queue: &impl Queue,
    intake: &Intake,
    payload: Bytes,
) -> Result<Response<Body>, Problem> {
    let (job, awaited) = intake.job(queue, payload, None)?;
    if queue.submit(job).is_err() {
        return Err(queue.refusal().into());
    }
    let scored = awaited.settled().await?;
    let mut out = Vec::with_capacity(512 + scored.outcome.payload.len());
    record::write_json(&mut out, &scored);
    let mut response = Response::new(Body::whole(out));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    Ok(response)
}

/// Whether the body is many events, one a line.
fn is_ndjson(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(CONTENT_TYPE).map(|value| value.to_str()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    [
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
    ]
    .iter()
    .any(|name| essence.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn only_the_line_formats_are_many_events() {
        for (value, many) in [
            ("application/x-ndjson", true),
            ("Application/NDJSON; charset=utf-8", true),
            ("application/jsonl", true),
            ("application/json", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(is_ndjson(&headers), many, "{value}");
        }
        assert!(!is_ndjson(&HeaderMap::new()));
    }
}
