//! What a caller says about an event besides its payload: its id, its key, and how long the caller waits.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::problem::Problem;
use crate::limits;

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
static KEY: HeaderName = HeaderName::from_static("scoregate-key");
static DEADLINE_MS: HeaderName = HeaderName::from_static("scoregate-deadline-ms");

/// The longest deadline that a caller may name.
pub(super) const DEADLINE_MAX_MS: u64 = 600_000;

/// A request's headers, read and found right.
#[derive(Debug)]
pub(super) struct Caller {
    /// `Idempotency-Key`.
    pub id: Option<String>,
    /// `Scoregate-Key`.
    pub key: Option<Bytes>,
    /// `Scoregate-Deadline-Ms`, from when the request came.
    pub deadline: Option<Instant>,
}

impl Caller {
    pub(super) fn read(headers: &HeaderMap, came: Instant) -> Result<Self, Problem> {
        let id = match single(headers, &IDEMPOTENCY_KEY, "Idempotency-Key")? {
            Some(value) => Some(id(value)?),
            None => None,
        };
        let key = match single(headers, &KEY, "Scoregate-Key")? {
            Some(value) => Some(key(value)?),
            None => None,
        };
        let deadline = match single(headers, &DEADLINE_MS, "Scoregate-Deadline-Ms")? {
            Some(value) => Some(came + deadline(value)?),
            None => None,
        };
        Ok(Self { id, key, deadline })
    }

    /// When waiting ends: at the caller's deadline, or where there is none after the time that the host grants.
    pub(super) fn patience(&self, from: Instant) -> Instant {
        self.deadline
            .unwrap_or_else(|| from + Duration::from_millis(limits::ANSWER_WAIT_MAX_MS))
    }
}

fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    shown: &str,
) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(Problem::bad_request(format!(
            "the header {shown} was given more than once"
        ))),
    }
}

fn id(value: &HeaderValue) -> Result<String, Problem> {
    let max = limits::EVENT_ID_MAX_BYTES;
    match value.to_str() {
        Ok(text)
            if (1..=max).contains(&text.len())
                && text.bytes().all(|b| (b' '..=b'~').contains(&b)) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(Problem::bad_request(format!(
            "the header Idempotency-Key must be 1 to {max} printable ASCII characters"
        ))),
    }
}

fn key(value: &HeaderValue) -> Result<Bytes, Problem> {
    let max = limits::EVENT_KEY_MAX_BYTES;
    if (1..=max).contains(&value.len()) {
        Ok(Bytes::copy_from_slice(value.as_bytes()))
    } else {
        Err(Problem::bad_request(format!(
            "the header Scoregate-Key must be 1 to {max} bytes"
        )))
    }
}

fn deadline(value: &HeaderValue) -> Result<Duration, Problem> {
    value
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .filter(|ms| (1..=DEADLINE_MAX_MS).contains(ms))
        .map(Duration::from_millis)
        .ok_or_else(|| {
            Problem::bad_request(format!(
                "the header Scoregate-Deadline-Ms must be a whole number from 1 to {DEADLINE_MAX_MS}"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &[u8]) -> Result<Caller, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_bytes(value).unwrap());
        Caller::read(&headers, Instant::now())
    }

    #[test]
    fn headers_that_are_right_are_taken() {
        assert_eq!(
            read("idempotency-key", b"a b~").unwrap().id.as_deref(),
            Some("a b~")
        );
        let key = read("scoregate-key", "é".as_bytes()).unwrap().key.unwrap();
        assert_eq!(key, "é".as_bytes());
        assert!(
            read("scoregate-deadline-ms", b"250")
                .unwrap()
                .deadline
                .is_some()
        );
        assert!(read("other", b"1").unwrap().id.is_none());
    }

    #[test]
    fn headers_that_are_wrong_are_named() {
        let long_id = [b'x'; limits::EVENT_ID_MAX_BYTES + 1];
        let long_key = [b'x'; limits::EVENT_KEY_MAX_BYTES + 1];
        for (name, shown, value) in [
            ("idempotency-key", "Idempotency-Key", &b""[..]),
            ("idempotency-key", "Idempotency-Key", "é".as_bytes()),
            ("idempotency-key", "Idempotency-Key", b"a\tb"),
            ("idempotency-key", "Idempotency-Key", &long_id),
            ("scoregate-key", "Scoregate-Key", b""),
            ("scoregate-key", "Scoregate-Key", &long_key),
            ("scoregate-deadline-ms", "Scoregate-Deadline-Ms", b""),
            ("scoregate-deadline-ms", "Scoregate-Deadline-Ms", b"0"),
            ("scoregate-deadline-ms", "Scoregate-Deadline-Ms", b"-1"),
            ("scoregate-deadline-ms", "Scoregate-Deadline-Ms", b"+5"),
            ("scoregate-deadline-ms", "Scoregate-Deadline-Ms", b"1.5"),
            ("scoregate-deadline-ms", "Scoregate-Deadline-Ms", b"600001"),
            (
                "scoregate-deadline-ms",
                "Scoregate-Deadline-Ms",
                b"99999999999999999999999",
            ),
        ] {
            let problem = read(name, value).unwrap_err();
            assert_eq!(problem.status, 400);
            assert!(problem.message.contains(shown), "{}", problem.message);
        }
    }

    #[test]
    fn a_header_given_twice_is_refused() {
        let mut headers = HeaderMap::new();
        headers.append("scoregate-key", HeaderValue::from_static("a"));
        headers.append("scoregate-key", HeaderValue::from_static("b"));
        let problem = Caller::read(&headers, Instant::now()).unwrap_err();
        assert!(problem.message.contains("more than once"));
    }
}
