//! Topics that a command makes for itself.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    types::RDKafkaErrorCode,
};

use super::{KafkaFailure, Reasons, client};
use crate::config::KafkaClient;

/// How long brokers may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Makes these topics, with so many partitions each and as many replicas as the brokers make by default. One that is there already is
/// left as it is.
///
/// # Errors
/// No broker answers within 10 s, or one refuses.
pub async fn make(
    brokers: &KafkaClient,
    name: &str,
    topics: &[(String, i32)],
) -> Result<(), KafkaFailure> {
    let settings: ClientConfig = client::settings(brokers, name, &[], &[]);
    let reasons = Reasons::default();
    let admin: AdminClient<Reasons> = settings
        .create_with_context(reasons.clone())
        .map_err(|error| client::not_made(brokers, &error))?;
    let failed = |cause: String| {
        let topics: Vec<_> = topics.iter().map(|(topic, _)| topic.as_str()).collect();
        KafkaFailure(reasons.explain(format!(
            "the topics {} cannot be made at {}: {cause}",
            topics.join(", "),
            brokers.brokers
        )))
    };
    let new: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|(topic, partitions)| NewTopic::new(topic, *partitions, TopicReplication::Fixed(-1)))
        .collect();
    let options = AdminOptions::new()
        .request_timeout(Some(ANSWER_MAX))
        .operation_timeout(Some(ANSWER_MAX));
    let made = admin.create_topics(&new, &options).await;
    for result in made.map_err(|error| failed(client::cause(&error)))? {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(failed(format!("{topic}: {code}"))),
        }
    }
    Ok(())
}
