//! The event's key inside its payload: a JSON Pointer (RFC 6901) followed without building what lies beside its way.

use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::limits::EVENT_KEY_MAX_BYTES;

/// A pointer whose form was checked with the configuration.
#[derive(Clone, Debug)]
pub struct KeyPointer(Vec<String>);

impl KeyPointer {
    /// Reads `/card/id`; `~1` stands for a slash and `~0` for a tilde.
    pub fn new(pointer: &str) -> Self {
        let tokens = pointer.split('/').skip(1);
        Self(
            tokens
                .map(|t| t.replace("~1", "/").replace("~0", "~"))
                .collect(),
        )
    }

    /// The text of a string, or a number or boolean as written. None where the payload is not JSON, has nothing there, or
    /// something that is no key: such an event goes by its id.
    pub fn find(&self, payload: &[u8]) -> Option<Bytes> {
        let mut reader = serde_json::Deserializer::from_slice(payload);
        let raw = Step(&self.0).deserialize(&mut reader).ok()??;
        let key = match raw.get().as_bytes().first()? {
            b'"' => Bytes::from(serde_json::from_str::<String>(raw.get()).ok()?),
            b'{' | b'[' | b'n' => return None,
            _ => Bytes::copy_from_slice(raw.get().as_bytes()),
        };
        (!key.is_empty() && key.len() <= EVENT_KEY_MAX_BYTES).then_some(key)
    }
}

/// What is left of the way.
struct Step<'p>(&'p [String]);

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            <&RawValue as serde::Deserialize>::deserialize(reader).map(Some)
        } else {
            reader.deserialize_any(self)
        }
    }
}

impl<'de> Visitor<'de> for Step<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array on the key's way")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(hit) = map.next_key_seed(Is(&self.0[0]))? {
            if hit {
                found = map.next_value_seed(Step(&self.0[1..]))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let wanted: Option<usize> = self.0[0].parse().ok();
        let mut found = None;
        let mut index = 0;
        loop {
            if Some(index) == wanted {
                match seq.next_element_seed(Step(&self.0[1..]))? {
                    Some(value) => found = value,
                    None => return Ok(found),
                }
            } else if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(found);
            }
            index += 1;
        }
    }
}

/// Compares an object's key without keeping it.
struct Is<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object's key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pointer: &str, payload: &str) -> Option<String> {
        let key = KeyPointer::new(pointer).find(payload.as_bytes())?;
        Some(String::from_utf8(key.to_vec()).unwrap())
    }

    #[test]
    fn a_key_is_found_where_the_pointer_says() {
        let event = r#"{"a":{"x":[1,{"id":"c\"7"}]},"card_id":"c-1","n":12.50,"b":true,"a/b":"s","m~n":"t"}"#;
        assert_eq!(find("/card_id", event).as_deref(), Some("c-1"));
        assert_eq!(find("/a/x/1/id", event).as_deref(), Some("c\"7"));
        assert_eq!(find("/a/x/0", event).as_deref(), Some("1"));
        assert_eq!(find("/n", event).as_deref(), Some("12.50"));
        assert_eq!(find("/b", event).as_deref(), Some("true"));
        assert_eq!(find("/a~1b", event).as_deref(), Some("s"));
        assert_eq!(find("/m~0n", event).as_deref(), Some("t"));
    }

    #[test]
    fn an_event_without_a_key_has_none() {
        for (pointer, payload) in [
            ("/card_id", r#"{"card":"c-1"}"#),
            ("/card_id", r#"{"card_id":null}"#),
            ("/card_id", r#"{"card_id":{}}"#),
            ("/card_id", r#"{"card_id":""}"#),
            ("/card_id/x", r#"{"card_id":"c-1"}"#),
            ("/0", r#"{"a":1}"#),
            ("/a", r#"[1,2]"#),
            ("/a", "not json"),
            ("/a", ""),
            ("/a", "{\"a\":\"\u{1}"),
        ] {
            assert_eq!(find(pointer, payload), None, "{pointer} in {payload}");
        }
        assert_eq!(find("/a", &"[".repeat(100_000)), None);
        assert_eq!(
            find("/a", &format!(r#"{{"a":"{}"}}"#, "x".repeat(2_000))),
            None
        );
    }
}
