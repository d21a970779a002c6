//! A score, exactly.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Its bits; the number beside them is for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    bits: u64,
}

impl Score {
    pub fn of(score: f64) -> Self {
        let bits = score.to_bits();
        Self { bits }
    }

    pub fn value(self) -> f64 {
        f64::from_bits(self.bits)
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    /// Null where JSON has no number for it.
    value: Option<f64>,
    bits: String,
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            value: Some(self.value()).filter(|value| value.is_finite()),
            bits: format!("{:016x}", self.bits),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { bits, .. } = Written::deserialize(deserializer)?;
        let is_whole = bits.len() == 16 && bits.bytes().all(|b| b.is_ascii_hexdigit());
        let read = is_whole.then(|| u64::from_str_radix(&bits, 16).ok());
        let wrong = || D::Error::custom("a score's `bits` are 16 hexadecimal digits");
        read.flatten().map(|bits| Self { bits }).ok_or_else(wrong)
    }
}
