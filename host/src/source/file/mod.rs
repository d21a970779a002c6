//! Placeholder.
use std::sync::Arc;

use super::Stop;
use crate::pipeline::Pipeline;

/// Placeholder.
pub struct FileSource {}

impl FileSource {
    pub(super) async fn run(self, _pipeline: Arc<Pipeline>, stop: Stop) {
        stop.delivering.cancelled().await;
    }
}

/// Placeholder.
pub struct Positions {}
