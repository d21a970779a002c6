//! The metrics of a pipeline's capsules.

use std::sync::Arc;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CapsuleLabel {
    pipeline: Arc<str>,
    result: &'static str,
}

pub(super) struct Families {
    capsules: Family<CapsuleLabel, Counter>,
}

impl Families {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let capsules = Family::default();
        registry.register(
            "capsules",
            "Events that were to be kept in a capsule, by what became of that",
            Family::clone(&capsules),
        );
        Self { capsules }
    }

    pub(super) fn resolve(&self, pipeline: &str) -> CaptureMetrics {
        let pipeline: Arc<str> = pipeline.into();
        let counter = |result| {
            let pipeline = pipeline.clone();
            let label = CapsuleLabel { pipeline, result };
            self.capsules.get_or_create_owned(&label)
        };
        CaptureMetrics {
            written: counter("written"),
            dropped: counter("dropped"),
            failed: counter("failed"),
        }
    }
}

/// Handles of one pipeline's capsules; a clone counts into the same.
#[derive(Clone)]
pub struct CaptureMetrics {
    /// They are files.
    pub written: Counter,
    /// There was no room for them: too many came at once, or one was too large.
    pub dropped: Counter,
    /// The folder did not take them.
    pub failed: Counter,
}
