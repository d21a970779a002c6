//! The bound of scoring over HTTP: bare hyper, the plugins' code natively and inline, the same answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::{
    convert::Infallible,
    process::ExitCode,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, body::Incoming, header::CONTENT_TYPE, header::HeaderValue,
    server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use scoregate::{
    event::{Event, Outcome, Releases, Scored},
    record,
    release::{Digest, ReleaseName},
};
use tokio::net::TcpListener;

use crate::native::Native;

struct State {
    native: Native,
    releases: Arc<Releases>,
    served: AtomicU64,
}

pub fn run() -> anyhow::Result<ExitCode> {
    let state = Arc::new(State {
        native: Native::new()?,
        releases: Arc::new(Releases {
            adapter: ReleaseName::new("payments", Digest::of(b"native payments")),
            model: ReleaseName::new("fraud", Digest::of(b"native fraud")),
        }),
        served: AtomicU64::new(0),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        eprintln!("ready http={}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let state = state.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| answer(state.clone(), request));
                // The client's end is the connection's.
                drop(
                    http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await,
                );
            });
        }
    })
}

async fn answer(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let Ok(body) = request.into_body().collect().await else {
        return Ok(refusal(400, "the body broke off"));
    };
    let payload = body.to_bytes();
    let outcome = match state.native.score(&[&payload]).pop() {
        Some(Ok(outcome)) => outcome,
        Some(Err(reason)) => return Ok(refusal(422, &reason)),
        None => return Ok(refusal(422, "rejected")),
    };
    let scored_at_ms = now_ms();
    let scored = Scored {
        event: Event {
            id: state.id(scored_at_ms),
            key: None,
            payload,
            timestamp_ms: scored_at_ms,
            headers: Vec::new(),
            origin: scoregate::event::Origin::Http,
        },
        outcome: Outcome {
            score: outcome.score,
            decision: outcome.decision,
            payload: outcome.payload,
            route: outcome.route,
        },
        releases: state.releases.clone(),
        scored_at_ms,
    };
    let mut out = Vec::with_capacity(512 + scored.outcome.payload.len());
    record::write_json(&mut out, &scored);
    let mut response = Response::new(Full::new(Bytes::from(out)));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

impl State {
    /// As cheap as an id of this form can be: the bound must not be easy.
    fn id(&self, now_ms: u64) -> String {
        let count = self.served.fetch_add(1, Ordering::Relaxed);
        let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
        let mut random = [0; 10];
        random[..8].copy_from_slice(&mixed);
        uuid::Builder::from_unix_timestamp_millis(now_ms, &random)
            .into_uuid()
            .hyphenated()
            .to_string()
    }
}

fn refusal(status: u16, reason: &str) -> Response<Full<Bytes>> {
    let body = format!("{{\"error\":{}}}", serde_json::Value::from(reason));
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    response
}

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as u64)
}
