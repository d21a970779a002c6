//! Dead letters in a topic.

use super::super::{
    error::SinkError,
    kafka::{Courier, Rows},
};
use crate::{config::KafkaTopic, dead_letter::DeadLetter};

/// A topic that takes dead letters at least once.
#[derive(Debug)]
pub struct KafkaDeadLetters(Courier);

impl KafkaDeadLetters {
    pub(super) fn open(topic: &KafkaTopic, pipeline: &str) -> Result<Self, SinkError> {
        Courier::open(topic, pipeline).map(Self)
    }

    pub(super) async fn write(&self, dead: &[DeadLetter]) -> Result<(), SinkError> {
        self.0.deliver(Rows::Dead(dead)).await
    }

    pub(super) async fn close(self) {
        self.0.close().await;
    }
}
