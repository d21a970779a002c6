//! Placeholder.

use super::KafkaFailure;
use crate::{config, health::Health};

/// A consumer as a member of its group: shared by the source that reads and, where delivery is exactly once, the sink that commits its
/// offsets in transactions.
#[derive(Debug)]
pub struct Group {}

impl Group {
    /// Makes the client; nothing is read yet. `server` is this gateway's name.
    pub fn new(
        _source: &config::KafkaSource,
        _server: &str,
        _health: Health,
    ) -> Result<Self, KafkaFailure> {
        Ok(Self {})
    }
}
