//! Against librdkafka's own broker of make-believe, which makes errors on demand but keeps neither a transaction's offsets nor its silence;
//! the promises on a real one are tests of their own.

use std::time::Duration;

use rdkafka::{
    mocking::MockCluster,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};

use super::*;
use crate::{
    config::{Guarantee, KafkaClient, KafkaSource},
    health::Health,
    sink::testing::batch,
};

/// Errors of brokers at every step: each is survived by the next tries.
#[tokio::test(flavor = "multi_thread")]
async fn brokers_errors_are_survived() {
    use RDKafkaApiKey::{AddPartitionsToTxn, EndTxn, FindCoordinator, InitProducerId, Produce};
    use RDKafkaRespErr::{
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE as AWAY,
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH as FENCED,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED as FORBIDDEN,
    };
    let cluster = MockCluster::new(1).expect("a cluster");
    let client = KafkaClient {
        brokers: cluster.bootstrap_servers(),
        librdkafka: Vec::new(),
    };
    let topic = |topic: &str| {
        cluster.create_topic(topic, 1, 1).expect("a topic");
        KafkaTopic {
            client: client.clone(),
            topic: topic.into(),
        }
    };
    let (source, outcomes, dead) = (topic("payments"), topic("decisions"), topic("dead"));
    let source = KafkaSource {
        client: client.clone(),
        topic: source.topic,
        group: "fraud".into(),
        delivery: Guarantee::ExactlyOnce,
    };
    let group = Arc::new(Group::new(&source, "gw-1", Health::default()).unwrap());
    let topics = TransactionTopics {
        outcomes: vec![&outcomes],
        dead: &dead,
    };
    let sink = Transactions::open(&topics, group, "p", "gw-1").unwrap();
    for (step, error) in [
        (FindCoordinator, AWAY),
        (InitProducerId, AWAY),
        (AddPartitionsToTxn, AWAY),
        (Produce, FORBIDDEN),
        (Produce, FENCED),
        (EndTxn, AWAY),
        (EndTxn, FENCED),
    ] {
        cluster.request_errors(step, &[error]);
        let rows = batch((0..3).map(|nth| format!("{step:?}-{error:?}-{nth}")));
        let mut tries = 0;
        while let Err(error) = sink.write(&rows, &[]).await {
            tries += 1;
            assert!(error.is_temporary() && tries < 20, "{step:?}: {error}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        cluster.clear_request_errors(step);
    }
    sink.close().await;
}
