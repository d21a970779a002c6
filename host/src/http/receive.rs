//! Reading a request's body within its limits of size and time, and leaving one unread.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;

use super::{bodies::Bodies, problem::Problem};
use crate::limits::SMALL_BODY_MAX_BYTES;

/// How long, and how much, of a body that nobody wants is read. A socket closed over unread bytes is reset, and the client
/// would lose the answer with it.
const LINGER_MAX: Duration = Duration::from_secs(5);
const LINGER_MAX_BYTES: u64 = 256 << 20;

/// The whole body, if it is within its limit, there is room for it, and it arrives within `max`.
pub async fn receive(mut body: Incoming, bodies: &Bodies, max: Duration) -> Result<Bytes, Problem> {
    let read = timeout(max, read(&mut body, bodies)).await;
    match read {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(problem)) => {
            linger(body);
            Err(problem)
        }
        Err(_) => Err(Problem::slow_body()),
    }
}

async fn read(body: &mut Incoming, bodies: &Bodies) -> Result<Bytes, Problem> {
    let max_bytes = bodies.each_max_bytes;
    // What Content-Length promises; a body that promises nothing is counted, and gets room for the most once it is not small.
    let promised = body.size_hint().lower();
    if promised > max_bytes {
        return Err(Problem::too_large(max_bytes));
    }
    let mut room = bodies.room_for(promised)?;
    let mut room_bytes = promised.max(SMALL_BODY_MAX_BYTES);
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            tracing::debug!(%error, "a request's body broke off");
            Problem::bad_request("the request's body broke off or is not framed as its head says")
        })?;
        // Trailers carry nothing that we read.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let length = (first.len() + all.len() + data.len()) as u64;
        if length > max_bytes {
            return Err(Problem::too_large(max_bytes));
        }
        if length > room_bytes {
            room = bodies.room_for(max_bytes)?;
            room_bytes = max_bytes;
        }
        if first.is_empty() && all.is_empty() {
            // The body of nearly every event comes in one piece, which is handed on without a copy.
            first = data;
            continue;
        }
        if all.is_empty() {
            all.reserve(length.max(promised) as usize);
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&data);
    }
    Ok(room.hold(if all.is_empty() { first } else { all.freeze() }))
}

/// Reads on, within limits, what nobody wants, while the answer goes out.
pub fn linger(mut body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    tokio::spawn(timeout(LINGER_MAX, async move {
        let mut left = LINGER_MAX_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, |data| data.len() as u64);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    }));
}
