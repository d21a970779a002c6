//! Every error that a caller reads: a status and one sentence, `{"error":"…"}`.
//!
//! A request that is wrong gets a 4xx; a 5xx means that the same request may be right another time, that a plugin failed, or that a
//! sink can never take the outcome.
//! Nothing of the host's internals is in either: those go to the log.

use std::borrow::Cow;

use hyper::{
    Response, StatusCode,
    header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
};

use super::body::Body;
use crate::event::Refusal;

/// The longest part of a request that an error repeats.
const ECHO_MAX_CHARS: usize = 64;

/// Why a request is not answered as it asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub status: StatusCode,
    /// One sentence.
    pub message: Cow<'static, str>,
    retry_after_s: Option<u32>,
    allow: Option<&'static str>,
    /// The rest of the request is not worth reading.
    close: bool,
}

impl Problem {
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            message: message.into(),
            retry_after_s: None,
            allow: None,
            close: false,
        }
    }

    /// 400: the request cannot be read.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 404.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 405, with the methods that are allowed.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                format!("this path takes {allow} only"),
            )
        }
    }

    /// 413.
    pub fn too_large(body_max_bytes: u64) -> Self {
        Self {
            close: true,
            ..Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the request's body is over the limit of {body_max_bytes} bytes"),
            )
        }
    }

    /// 408: the client took too long to send its body.
    pub fn slow_body() -> Self {
        Self {
            close: true,
            ..Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "the request's body did not arrive in time",
            )
        }
    }

    /// Says when another try is worth it.
    pub(super) fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after_s: Some(seconds),
            ..self
        }
    }

    /// The answer to the caller.
    pub fn response(&self) -> Response<Body> {
        let mut body = Vec::with_capacity(self.message.len() + 16);
        self.write_json(&mut body, None);
        let mut response = Response::new(Body::whole(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        self.mark(headers);
        response
    }

    /// `{"error":"…"}`, or `{"error":"…","row":3}` for a row of many.
    pub fn write_json(&self, out: &mut Vec<u8>, row: Option<usize>) {
        out.extend_from_slice(b"{\"error\":");
        write_json_string(out, &self.message);
        if let Some(row) = row {
            out.extend_from_slice(b",\"row\":");
            out.extend_from_slice(row.to_string().as_bytes());
        }
        out.push(b'}');
    }

    fn mark(&self, headers: &mut HeaderMap) {
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::Rejected(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, message),
            Refusal::InvalidInput(_) => Self::bad_request(message),
            Refusal::Fault(_) | Refusal::Undeliverable(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
            }
            Refusal::Unavailable { retry_after_s, .. } => Self {
                retry_after_s: Some(retry_after_s),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
            },
            Refusal::DeadlinePassed => Self::new(StatusCode::GATEWAY_TIMEOUT, message),
        }
    }
}

/// `application/json`.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A JSON string, quoted and escaped.
pub fn write_json_string(out: &mut Vec<u8>, text: &str) {
    // Writing to a vector does not fail.
    serde_json::to_writer(out, text).unwrap_or_default();
}

/// A part of the request for an error to repeat: cut where it is long, without what a terminal would obey.
pub fn echo(text: &str) -> String {
    let mut chars = text.chars();
    let mut echo: String = chars
        .by_ref()
        .take(ECHO_MAX_CHARS)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if chars.next().is_some() {
        echo.push('…');
    }
    echo
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fault::{Fault, FaultKind},
        release::{Digest, ReleaseName},
    };

    #[test]
    fn every_refusal_has_its_status() {
        let fault = Fault {
            plugin: ReleaseName::new("fraud", Digest::of(b"x")),
            kind: FaultKind::Trap,
            detail: "infer trapped".into(),
        };
        let busy = Refusal::Unavailable {
            reason: "the queue is full".into(),
            retry_after_s: 2,
        };
        for (refusal, status) in [
            (Refusal::Rejected("no".into()), 422),
            (Refusal::InvalidInput("no".into()), 400),
            (Refusal::Fault(fault), 500),
            (busy, 503),
            (Refusal::Undeliverable("no".into()), 500),
            (Refusal::DeadlinePassed, 504),
        ] {
            let response = Problem::from(refusal).response();
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
            assert_eq!(
                response.headers().get(RETRY_AFTER).map(|v| v.as_bytes()),
                (status == 503).then_some(&b"2"[..])
            );
        }
    }

    #[test]
    fn an_error_is_json_whatever_it_repeats() {
        let problem = Problem::not_found(format!("no `{}`", echo("a\"\\\u{1b}\n")));
        let mut out = Vec::new();
        problem.write_json(&mut out, Some(3));
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["row"], 3);
        assert_eq!(value["error"], "no `a\"\\\u{fffd}\u{fffd}`");
        assert_eq!(echo(&"x".repeat(1000)).chars().count(), ECHO_MAX_CHARS + 1);
    }
}
