//! A payload as text, and as one JSON object.

use scoregate_sdk::{Rejection, reject};
use serde::Deserialize;

use crate::rejection;

/// The payload as text of at most `max_bytes`: reading megabytes would only end at the call's deadline.
pub fn text(payload: &[u8], max_bytes: usize) -> Result<&str, Rejection> {
    if payload.len() > max_bytes {
        return Err(reject(format!(
            "payload: must have at most {max_bytes} bytes, has {}",
            payload.len()
        )));
    }
    str::from_utf8(payload).map_err(|error| {
        reject(format!(
            "payload: must be UTF-8, is not from byte {}",
            error.valid_up_to()
        ))
    })
}

/// One JSON object of at most `max_bytes`. The rejection names the field and what would be right.
pub fn object<'a, T: Deserialize<'a>>(payload: &'a [u8], max_bytes: usize) -> Result<T, Rejection> {
    let text = text(payload, max_bytes)?;
    // Serde would also take an array of the fields' values in their order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(reject("payload: must be one JSON object"));
    }
    serde_json::from_str(text).map_err(|error| rejection::explain::<T>(text, &error))
}
