//! Placeholder.
use std::sync::Arc;

use super::Stop;
use crate::pipeline::Pipeline;

/// Placeholder.
pub struct KafkaSource {}

impl KafkaSource {
    pub(super) async fn run(self, _pipeline: Arc<Pipeline>, stop: Stop) {
        stop.delivering.cancelled().await;
    }
}
