//! Placeholder.
use std::sync::Arc;

use super::Stop;
use crate::{config, health::Health, pipeline::Pipeline, telemetry::SourceMetrics};

/// Placeholder.
pub struct OutboxSource {}

impl OutboxSource {
    /// Placeholder.
    pub fn new(
        _config: &config::Outbox,
        _pipeline: &str,
        _server: &str,
        _metrics: SourceMetrics,
        _health: Health,
    ) -> Self {
        Self {}
    }

    pub(super) async fn run(self, _pipeline: Arc<Pipeline>, stop: Stop) {
        stop.delivering.cancelled().await;
    }
}
