//! The streams of a pipeline and the sinks that belong to them: what must commit together is joined here.

use std::{path::Path, sync::Arc};

use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use crate::{
    config::{self, Config},
    health::Health,
    kafka::Group,
    pipeline::{Outlets, Pipeline},
    sink::{
        DeadLetters, ExactPostgres, ExactSink, ExactSqlite, Ledger, Sink, TransactionTopics,
        Transactions,
    },
    source::{FileSource, KafkaSource, OutboxSource, Positions, Source, Stop},
    telemetry::{SourceMetrics, Telemetry},
};

/// A source that is made but does not read yet, and what operators see of it.
pub struct Stream {
    pub pipeline: Arc<str>,
    pub view: StreamView,
    source: Source,
}

/// What operators see of a stream.
#[derive(Clone)]
pub struct StreamView {
    kind: &'static str,
    /// A topic, a table, or a file's path.
    name: String,
    health: Health,
    metrics: SourceMetrics,
}

impl StreamView {
    /// What keeps it from being read, while something does.
    pub fn trouble(&self, pipeline: &str) -> Option<String> {
        let trouble = self.health.trouble()?;
        let Self { kind, name, .. } = self;
        Some(format!(
            "the {kind} source `{name}` of pipeline `{pipeline}`: {trouble}"
        ))
    }

    /// For the operators' status.
    pub fn status(&self) -> Value {
        json!({
            "kind": self.kind,
            "stream": self.name,
            "events": self.metrics.events(),
            "lag": self.metrics.lags(),
            "trouble": self.health.trouble(),
        })
    }
}

/// Begins to read all of them, each into its pipeline.
pub fn start(streams: Vec<Stream>, pipelines: &[Arc<Pipeline>], stop: &Stop) -> TaskTracker {
    let tasks = TaskTracker::new();
    for stream in streams {
        let fed = pipelines.iter().find(|p| *p.name() == *stream.pipeline);
        if let Some(pipeline) = fed {
            tasks.spawn(stream.source.run(pipeline.clone(), stop.clone()));
        }
    }
    tasks
}

/// A pipeline with its streams, for operators.
pub fn status(pipeline: &Pipeline, streams: &[StreamView]) -> Value {
    let mut status = serde_json::to_value(pipeline.status()).unwrap_or_default();
    status["streams"] = streams.iter().map(StreamView::status).collect();
    status
}

/// What the streams of all pipelines share.
pub struct Streams<'c> {
    pub config: &'c Config,
    pub telemetry: &'c Telemetry,
    positions: Option<Arc<Positions>>,
}

impl<'c> Streams<'c> {
    pub fn new(config: &'c Config, telemetry: &'c Telemetry) -> Self {
        Self {
            config,
            telemetry,
            positions: None,
        }
    }

    /// A pipeline's sinks and its streams. What cannot be made is one sentence in `faults`.
    pub async fn of(
        &mut self,
        pipeline: &config::Pipeline,
        last_resort: &Path,
        faults: &mut Vec<String>,
    ) -> (Outlets, Vec<Stream>) {
        let mut joints = self.joints(pipeline, faults);
        let outlets = if pipeline.is_exactly_once() {
            match self.exact(pipeline, &mut joints, faults).await {
                Some(sink) => Outlets::Exact(sink),
                // A fault was told: the gateway does not start, and nothing else is opened for it.
                None => return (Outlets::none(), Vec::new()),
            }
        } else {
            each(pipeline, last_resort, faults).await
        };
        let mut streams = Vec::new();
        for (nth, source) in pipeline.sources.iter().enumerate() {
            let group = joints.groups.iter().find(|joint| joint.nth == nth);
            let made = self.stream(pipeline, source, group, joints.ledger.clone());
            match made.await {
                Ok(stream) => streams.extend(stream),
                Err(fault) => faults.push(format!("pipeline `{}`: {fault}", pipeline.name)),
            }
        }
        (outlets, streams)
    }

    /// The consumers of a pipeline's topics.
    fn joints(&self, pipeline: &config::Pipeline, faults: &mut Vec<String>) -> Joints {
        let mut groups = Vec::new();
        for (nth, source) in pipeline.sources.iter().enumerate() {
            let config::Source::Kafka(kafka) = source else {
                continue;
            };
            let health = Health::default();
            match Group::new(kafka, &self.config.server.name, health.clone()) {
                Ok(group) => groups.push(Joint {
                    nth,
                    group: Arc::new(group),
                    health,
                }),
                Err(error) => faults.push(format!("pipeline `{}`: {error}", pipeline.name)),
            }
        }
        Joints {
            groups,
            ledger: None,
        }
    }

    /// The sink that takes all or nothing; where there is none, `faults` has grown.
    async fn exact(
        &self,
        pipeline: &config::Pipeline,
        joints: &mut Joints,
        faults: &mut Vec<String>,
    ) -> Option<ExactSink> {
        let server = &self.config.server.name;
        let made = match (&pipeline.sinks[..], pipeline.dead_letter.as_ref()) {
            (
                [config::Sink::Postgres(table)],
                Some(config::DeadLetter::Postgres(config::PostgresTable { table: dead, .. })),
            ) => ExactPostgres::open(table, dead, &pipeline.name)
                .await
                .map(|sink| {
                    joints.ledger = Some(Arc::new(Ledger::Postgres(sink.ledger(server))));
                    ExactSink::Postgres(sink)
                }),
            (
                [config::Sink::Sqlite { path, table }],
                Some(config::DeadLetter::Sqlite { table: dead, .. }),
            ) => ExactSqlite::open(path, table, dead, &pipeline.name)
                .await
                .map(|sink| {
                    joints.ledger = Some(Arc::new(Ledger::Sqlite(sink.ledger(server))));
                    ExactSink::Sqlite(sink)
                }),
            (sinks, Some(config::DeadLetter::Kafka(dead))) => {
                let outcomes = sinks.iter().filter_map(|sink| match sink {
                    config::Sink::Kafka(topic) => Some(topic),
                    _ => None,
                });
                let topics = TransactionTopics {
                    outcomes: outcomes.collect(),
                    dead,
                };
                // Where there is none, that was told already.
                let group = joints.groups.first()?.group.clone();
                Transactions::open(&topics, group, &pipeline.name, server).map(ExactSink::Kafka)
            }
            // It would be read at least once instead.
            _ => {
                faults.push(format!(
                    "pipeline `{}`: its sinks and its dead letters cannot commit together, so it cannot be delivered exactly once",
                    pipeline.name
                ));
                return None;
            }
        };
        made.map_err(|error| faults.push(error.to_string())).ok()
    }

    async fn stream(
        &mut self,
        pipeline: &config::Pipeline,
        source: &config::Source,
        joint: Option<&Joint>,
        ledger: Option<Arc<Ledger>>,
    ) -> Result<Option<Stream>, String> {
        let metrics = |kind, name: &str| self.telemetry.source(&pipeline.name, kind, name);
        let server = &self.config.server.name;
        let (view, source) = match source {
            config::Source::Http => return Ok(None),
            config::Source::Kafka(kafka) => {
                // Where there is none, that was told already.
                let Some(joint) = joint else { return Ok(None) };
                let view = StreamView {
                    kind: source.kind(),
                    metrics: metrics(source.kind(), &kafka.topic),
                    name: kafka.topic.clone(),
                    health: joint.health.clone(),
                };
                let (group, metrics) = (joint.group.clone(), view.metrics.clone());
                let health = view.health.clone();
                let source = KafkaSource::new(kafka, group, ledger, metrics, health);
                (view, Source::Kafka(source))
            }
            config::Source::Postgres(outbox) => {
                let view = StreamView {
                    kind: source.kind(),
                    metrics: metrics(source.kind(), &outbox.table),
                    name: outbox.table.clone(),
                    health: Health::default(),
                };
                let (metrics, health) = (view.metrics.clone(), view.health.clone());
                let source = OutboxSource::new(outbox, &pipeline.name, server, metrics, health);
                (view, Source::Outbox(source))
            }
            config::Source::File { path, from } => {
                let name = path.display().to_string();
                let view = StreamView {
                    kind: source.kind(),
                    metrics: metrics(source.kind(), &name),
                    name,
                    health: Health::default(),
                };
                let (metrics, health) = (view.metrics.clone(), view.health.clone());
                let positions = self.positions().await?;
                let source =
                    FileSource::new(path, *from, positions, &pipeline.name, metrics, health);
                (view, Source::File(source))
            }
        };
        Ok(Some(Stream {
            pipeline: pipeline.name.as_str().into(),
            view,
            source,
        }))
    }

    /// One for all files of the gateway.
    async fn positions(&mut self) -> Result<Arc<Positions>, String> {
        if let Some(positions) = &self.positions {
            return Ok(positions.clone());
        }
        let positions = Positions::open(&self.config.store.path).await;
        let positions = Arc::new(positions.map_err(|error| error.to_string())?);
        self.positions = Some(positions.clone());
        Ok(positions)
    }
}

/// What sources and sinks of one pipeline have in common.
struct Joints {
    groups: Vec<Joint>,
    ledger: Option<Arc<Ledger>>,
}

struct Joint {
    /// Its source's place in the pipeline.
    nth: usize,
    group: Arc<Group>,
    health: Health,
}

/// Sinks that are written one after the other.
async fn each(
    pipeline: &config::Pipeline,
    last_resort: &Path,
    faults: &mut Vec<String>,
) -> Outlets {
    let mut sinks = Vec::new();
    for sink in &pipeline.sinks {
        match Sink::open(sink, &pipeline.name).await {
            Ok(sink) => sinks.push(sink),
            // It names the pipeline itself.
            Err(error) => faults.push(error.to_string()),
        }
    }
    let dead_letters = match &pipeline.dead_letter {
        None => None,
        Some(config) => DeadLetters::open(config, &pipeline.name, last_resort)
            .await
            .map_err(|error| faults.push(error.to_string()))
            .ok(),
    };
    Outlets::Each {
        sinks,
        dead_letters,
    }
}
