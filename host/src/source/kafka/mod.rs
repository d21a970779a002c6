//! Placeholder.
use std::sync::Arc;

use super::Stop;
use crate::{
    config, health::Health, kafka::Group, pipeline::Pipeline, sink::Ledger,
    telemetry::SourceMetrics,
};

/// Placeholder.
pub struct KafkaSource {}

impl KafkaSource {
    /// Placeholder.
    pub fn new(
        _config: &config::KafkaSource,
        _group: Arc<Group>,
        _ledger: Option<Arc<Ledger>>,
        _metrics: SourceMetrics,
        _health: Health,
    ) -> Self {
        Self {}
    }

    pub(super) async fn run(self, _pipeline: Arc<Pipeline>, stop: Stop) {
        stop.delivering.cancelled().await;
    }
}
