//! A whole topic as a reader of committed records sees it, from its beginning to what is its end now.

use std::time::{Duration, Instant};

use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
};

use super::{KafkaFailure, Reasons, client};
use crate::config::KafkaClient;

/// A broker that is silent for so long has gone.
const SILENT_MAX: Duration = Duration::from_secs(10);

/// Calls `each` with every record's value, partition by partition in its order. It blocks.
///
/// # Errors
/// No broker answers, or the topic does not exist.
pub fn read_committed(
    brokers: &KafkaClient,
    topic: &str,
    mut each: impl FnMut(&[u8]),
) -> Result<(), KafkaFailure> {
    let fixed = [
        ("group.id", "scoregate.reader"),
        ("enable.auto.commit", "false"),
        ("isolation.level", "read_committed"),
        ("enable.partition.eof", "true"),
    ];
    let reasons = Reasons::default();
    let consumer: BaseConsumer<Reasons> =
        client::settings(brokers, "scoregate.reader", &[], &fixed)
            .create_with_context(reasons.clone())
            .map_err(|error| client::not_made(brokers, &error))?;
    let failed = |error: &KafkaError| {
        let cause = client::cause(error);
        let at = &brokers.brokers;
        KafkaFailure(reasons.explain(format!("topic `{topic}` at {at} cannot be read: {cause}")))
    };
    let metadata = consumer
        .fetch_metadata(Some(topic), SILENT_MAX)
        .map_err(|error| failed(&error))?;
    let mut list = TopicPartitionList::new();
    for partition in metadata
        .topics()
        .iter()
        .flat_map(|topic| topic.partitions())
    {
        list.add_partition_offset(topic, partition.id(), Offset::Beginning)
            .map_err(|error| failed(&error))?;
    }
    let mut open = list.count();
    consumer.assign(&list).map_err(|error| failed(&error))?;
    let mut heard = Instant::now();
    while open > 0 {
        match consumer.poll(Duration::from_millis(100)) {
            None if heard.elapsed() > SILENT_MAX => {
                return Err(failed(&KafkaError::NoMessageReceived));
            }
            None => continue,
            Some(Ok(record)) => each(record.payload().unwrap_or_default()),
            Some(Err(KafkaError::PartitionEOF(_))) => open -= 1,
            Some(Err(error)) => return Err(failed(&error)),
        }
        heard = Instant::now();
    }
    Ok(())
}
