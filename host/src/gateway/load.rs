//! From configured names to loaded parts. Whatever is wrong is one sentence in `faults`, and loading goes on, so that one run tells all.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    StartError,
    streams::{Stream, Streams},
};
use crate::{
    capture::{self, Capture},
    config::{self, Config},
    http::tls,
    limits::{BATCH_MAX_EVENTS, QUEUE_MAX_EVENTS},
    pipeline::{Delivery, ModelQueue, Pipeline, Serving},
    plugin::Engine,
    rollout::{self, Holding, Joint, Loader, Place},
    sink::{DeadLetters, Sink},
    source,
    telemetry::Telemetry,
};

/// What keeps a configuration's plugins and pipelines from serving, found without serving or writing anything.
pub async fn check(config: &Config) -> Result<Vec<String>, StartError> {
    let (engine, telemetry) = (Arc::new(Engine::new()?), Telemetry::new());
    let loader = Loader::new(engine, None, telemetry);
    let mut faults = rollout::check(config, &loader).await;
    let tls = config.server.tls.iter();
    faults.extend(tls.filter_map(|files| Some(tls::check(files).err()?.to_string())));
    for pipeline in &config.pipelines {
        let name = &pipeline.name;
        let sources = pipeline.sources.iter();
        faults.extend(
            sources
                .filter_map(|source| source::check(source, &config.server.name).err())
                .map(|fault| format!("pipeline `{name}`: {fault}")),
        );
        let dead_letter = pipeline.dead_letter.iter();
        faults.extend(
            dead_letter
                .filter_map(|dead| DeadLetters::check(dead, name).err())
                .map(|error| error.to_string()),
        );
        let sinks = pipeline.sinks.iter();
        faults.extend(
            sinks
                .filter_map(|sink| Sink::check(sink, &pipeline.name).err())
                .map(|error| error.to_string()),
        );
    }
    Ok(faults)
}

/// Slots as the configuration has them.
pub fn places(config: &Config) -> BTreeMap<String, Place> {
    let places = config.plugins.iter().map(|plugin| {
        let place = Place {
            settings: rollout::settings(plugin),
            file: plugin.file.clone(),
            guard: plugin.guard,
            watch: plugin.watch,
        };
        (plugin.name.clone(), place)
    });
    places.collect()
}

/// Pipelines with the slots that they join.
pub fn joints(config: &Config, pipelines: &[Arc<Pipeline>]) -> Vec<Joint> {
    let joints = pipelines.iter().filter_map(|pipeline| {
        let mut configured = config.pipelines.iter();
        let configured = configured.find(|config| config.name == pipeline.name())?;
        Some(Joint {
            pipeline: pipeline.clone(),
            adapter: configured.adapter.clone(),
            model: configured.model.clone(),
        })
    });
    joints.collect()
}

/// What serves: pipelines, the tasks that deliver for them, and the streams that feed them.
#[derive(Default)]
pub struct Loaded {
    pub pipelines: Vec<Arc<Pipeline>>,
    pub deliveries: Vec<Delivery>,
    pub capsules: Vec<capture::Writer>,
    pub streams: Vec<Stream>,
}

/// Joins slots to pipelines, opens their sinks and makes their streams.
pub async fn pipelines(
    config: &Config,
    holding: &Holding,
    telemetry: &Telemetry,
    faults: &mut Vec<String>,
) -> Loaded {
    let mut loaded = Loaded::default();
    let mut streams = Streams::new(config, telemetry);
    let room = capture::Room::default();
    for pipeline in &config.pipelines {
        // Where there is none, that was told already.
        let Some(serving) = serving(pipeline, holding) else {
            continue;
        };
        let last_resort = format!("dead-letters-{}.ndjson", pipeline.name);
        let last_resort = config.store.path.join(last_resort);
        let (outlets, fed_by) = streams.of(pipeline, &last_resort, faults).await;
        let metrics = telemetry.pipeline(&pipeline.name);
        let (capture, capsules) = capture(config, pipeline, &room, telemetry).unzip();
        let (made, delivery) =
            Pipeline::new(pipeline, serving, outlets, metrics, last_resort, capture);
        loaded.pipelines.push(Arc::new(made));
        loaded.capsules.extend(capsules);
        loaded.deliveries.extend(delivery);
        loaded.streams.extend(fed_by);
    }
    loaded
}

/// Where a pipeline keeps events to be replayed, if it does.
fn capture(
    config: &Config,
    pipeline: &config::Pipeline,
    room: &capture::Room,
    telemetry: &Telemetry,
) -> Option<(Capture, capture::Writer)> {
    let kept = pipeline.capture.as_ref()?;
    let place = capture::Place {
        gateway: &config.server.name,
        pipeline: &pipeline.name,
        store: &config.store.path,
    };
    let metrics = telemetry.capture(&pipeline.name);
    Some(Capture::new(kept, &place, room.clone(), metrics))
}

fn serving(pipeline: &config::Pipeline, holding: &Holding) -> Option<Serving> {
    let adapter = holding.get(&pipeline.adapter)?;
    let model = holding.get(&pipeline.model)?;
    rollout::serving(adapter, model, None).ok()
}

/// A queue of its own for each model slot, in a pipeline or not.
pub fn models(holding: &Holding) -> Vec<Arc<ModelQueue>> {
    let queues = holding.iter().filter_map(|(slot, held)| {
        let models = rollout::models(held)?;
        let active = models.active.clone();
        let queue = ModelQueue::new(slot, active, QUEUE_MAX_EVENTS, BATCH_MAX_EVENTS);
        queue.serve(models);
        Some(Arc::new(queue))
    });
    queues.collect()
}
