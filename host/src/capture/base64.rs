//! Bytes as Base64 in a capsule's JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    decoded(&String::deserialize(deserializer)?)
}

fn decoded<E: Error>(text: &str) -> Result<Bytes, E> {
    let bytes = STANDARD.decode(text);
    let bytes = bytes.map_err(|error| E::custom(format!("bytes are no Base64: {error}")))?;
    Ok(bytes.into())
}

/// Bytes that may be absent, which is not the same as empty.
pub mod option {
    use super::*;

    pub fn serialize<S: Serializer>(
        bytes: &Option<Bytes>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => super::serialize(bytes, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Bytes>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.as_deref().map(decoded).transpose()
    }
}
