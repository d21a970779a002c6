//! A topic, read as a member of a consumer group. A thread polls librdkafka, since payloads are borrowed from its buffers until they were scored, and
//! hands records to the pipeline; what the pipeline has no room for stays with the broker.

mod claims;
mod partitions;
mod reader;
mod record;
mod standstill;
mod upkeep;
mod watch;

use std::{sync::Arc, thread, time::Duration};

use tokio::{runtime::Handle, sync::oneshot, time};

use super::Stop;
use crate::{
    config,
    health::Health,
    kafka::Group,
    lane::{Stream, StreamKind},
    pipeline::Pipeline,
    sink::Ledger,
    telemetry::SourceMetrics,
};

use reader::Reader;

/// Between two starts of a polling thread, of which the first met a bug.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Clone)]
pub struct KafkaSource {
    stream: Arc<Stream>,
    guarantee: config::Guarantee,
    group: Arc<Group>,
    ledger: Option<Arc<Ledger>>,
    metrics: SourceMetrics,
    health: Health,
}

impl KafkaSource {
    /// A source that does not read yet. With a `ledger`, a database says where to read on.
    pub fn new(
        config: &config::KafkaSource,
        group: Arc<Group>,
        ledger: Option<Arc<Ledger>>,
        metrics: SourceMetrics,
        health: Health,
    ) -> Self {
        if ledger.is_some() {
            group.commit_for_show();
        }
        let stream = Stream {
            kind: StreamKind::Kafka,
            name: config.topic.clone(),
            group: config.group.clone(),
        };
        Self {
            stream: stream.into(),
            guarantee: config.delivery,
            group,
            ledger,
            metrics,
            health,
        }
    }

    pub(super) async fn run(self, pipeline: Arc<Pipeline>, stop: Stop) {
        while !self.clone().poll(pipeline.clone(), stop.clone()).await {
            self.health
                .fails("the thread that polls ended unexpectedly and is started again");
            time::sleep(RESTART_AFTER).await;
            if let Err(error) = self.group.rebuild() {
                tracing::error!(topic = self.stream.name, "{error}");
            }
        }
    }

    /// On a thread of its own. `false` where that did not come to its end.
    async fn poll(self, pipeline: Arc<Pipeline>, stop: Stop) -> bool {
        let (done, ended) = oneshot::channel();
        let runtime = Handle::current();
        let topic = self.stream.name.clone();
        let thread = thread::Builder::new().name(format!("kafka-{topic}"));
        let spawned = thread.spawn(move || {
            Reader::new(self, pipeline, runtime).run(&stop);
            done.send(()).ok();
        });
        if let Err(error) = spawned {
            tracing::error!(topic, "no thread to poll with: {error}");
        }
        ended.await.is_ok()
    }
}
