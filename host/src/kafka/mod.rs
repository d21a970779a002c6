//! What the Kafka source and sink share: how a cluster is reached, and membership in a consumer group.

pub mod client;
mod group;
mod member;
mod producer;
mod reader;
mod reasons;
mod resend;
pub mod topics;
mod view;

pub use group::Group;
pub use member::{Change, Consumer};
pub use producer::{Call, Failed, Producer, Record, Trouble, Unsent, Use};
pub use reader::{Kept, TopicReader};
pub use reasons::Reasons;
pub use resend::{Resender, Resent};
pub use view::{PartitionView, View};

use thiserror::Error;

/// Why a client of a Kafka cluster cannot be made or used. For operators: it names brokers and causes, no secrets.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct KafkaFailure(pub String);
