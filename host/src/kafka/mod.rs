//! What the Kafka source and sink share: how a cluster is reached, and membership in a consumer group.

mod group;

pub use group::Group;

use thiserror::Error;

/// Why a client of a Kafka cluster cannot be made or used. For operators: it names brokers and causes, no secrets.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct KafkaFailure(pub String);
