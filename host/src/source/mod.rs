//! Streams that feed pipelines. Each reads ahead no further than its pipeline has room, and is acknowledged by what was dealt with.

mod file;
mod kafka;
mod outbox;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use file::{FileSource, Positions};
pub use kafka::KafkaSource;
pub use outbox::{OutboxSource, Returned};

use crate::{config, kafka::Group, pipeline::Pipeline};

/// One stream of one pipeline.
pub enum Source {
    Kafka(KafkaSource),
    Outbox(OutboxSource),
    File(FileSource),
}

/// When a source ends, in two steps.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Nothing more is read; what was read is on its way through the pipeline.
    pub reading: CancellationToken,
    /// All that will ever be delivered was: what it was told of is acknowledged, and it leaves.
    pub delivering: CancellationToken,
}

/// What can be said of a source without opening anything: one sentence.
pub fn check(config: &config::Source, server: &str) -> Result<(), String> {
    match config {
        config::Source::Http | config::Source::File { .. } => Ok(()),
        config::Source::Kafka(kafka) => {
            Group::check(kafka, server).map_err(|error| error.to_string())
        }
        config::Source::Postgres(outbox) => OutboxSource::check(outbox),
    }
}

impl Source {
    /// Reads, and acknowledges what was dealt with, until it is stopped. It never gives up: a server that is away is waited for.
    pub async fn run(self, pipeline: Arc<Pipeline>, stop: Stop) {
        match self {
            Source::Kafka(source) => source.run(pipeline, stop).await,
            Source::Outbox(source) => source.run(pipeline, stop).await,
            Source::File(source) => source.run(pipeline, stop).await,
        }
    }
}
