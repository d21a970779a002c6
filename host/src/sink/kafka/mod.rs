//! Topics as sinks: at least once, or in transactions together with the place in the source.

mod connect;
mod courier;
mod failure;
mod record;
#[cfg(test)]
mod tests;
mod transactions;

pub use connect::connect;
pub(super) use courier::Courier;
pub(super) use record::Rows;
pub use transactions::{TransactionTopics, Transactions};

use super::error::SinkError;
use crate::{
    config::KafkaTopic,
    event::Scored,
    kafka::{Producer, Use},
};

pub const KIND: &str = "kafka";

/// What librdkafka says of the settings, without a connection.
pub(super) fn check(topic: &KafkaTopic, pipeline: &str) -> Result<(), SinkError> {
    Producer::check(&topic.client, Use::AtLeastOnce)
        .map_err(|error| failure::permanent(pipeline, error.to_string()))
}

/// A topic that takes outcomes at least once.
#[derive(Debug)]
pub struct KafkaSink(Courier);

impl KafkaSink {
    pub(super) fn open(topic: &KafkaTopic, pipeline: &str) -> Result<Self, SinkError> {
        Courier::open(topic, pipeline).map(Self)
    }

    pub(super) async fn write(&self, scored: &[Scored]) -> Result<(), SinkError> {
        self.0.deliver(Rows::Scored(scored)).await
    }

    pub(super) async fn close(self) {
        self.0.close().await;
    }
}
