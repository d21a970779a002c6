//! Whether a topic can be written to, asked of its brokers.

use std::time::Duration;

use super::failure;
use crate::{
    config::KafkaTopic,
    kafka::{Producer, Use},
    sink::error::SinkError,
};

/// How long brokers may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Asks the brokers for the topic: an error says in words what is wrong with either.
pub async fn connect(topic: &KafkaTopic, pipeline: &str) -> Result<(), SinkError> {
    let KafkaTopic { client, topic } = topic.clone();
    let name = pipeline.to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        match Producer::new(&client, &name, Use::AtLeastOnce) {
            Ok(producer) => producer.trouble(&topic, ANSWER_MAX),
            Err(error) => Some(error.to_string()),
        }
    });
    match asked.await {
        Ok(None) => Ok(()),
        Ok(Some(trouble)) => Err(failure::temporary(pipeline, trouble)),
        Err(_) => Err(failure::temporary(
            pipeline,
            "the question to the brokers was not asked: the gateway ends",
        )),
    }
}
