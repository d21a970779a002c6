//! From configured names to loaded parts. Whatever is wrong is one sentence in `faults`, and loading goes on, so that one run tells all.

use std::{path::Path, sync::Arc};

use tracing::info;

use super::{
    StartError,
    streams::{Stream, Streams},
};
use crate::{
    config::{self, Config},
    file::{self, ReadError},
    limits::{BATCH_MAX_EVENTS, COMPONENT_MAX_BYTES, QUEUE_MAX_EVENTS},
    pipeline::{Delivery, Generation, ModelQueue, Pipeline},
    plugin::{Cache, CheckError, Engine, Kind, LoadError, Release, Settings, Slot},
    sink::{DeadLetters, Sink},
    source,
    store::{Action, Actor, Change, NewRelease, SlotChange, SlotState, Store},
    telemetry::Telemetry,
};

/// What keeps a configuration's plugins and pipelines from serving, found without serving or writing anything.
pub async fn check(config: &Config) -> Result<Vec<String>, StartError> {
    let (engine, telemetry) = (Arc::new(Engine::new()?), Telemetry::new());
    let mut faults = Vec::new();
    let loaded = slots(config, &engine, None, &telemetry, &mut faults).await;
    let slots = activate(loaded, None).await?;
    for pipeline in &config.pipelines {
        if let Err(Some(text)) = generation(pipeline, &slots) {
            faults.push(format!("pipeline `{}`: {text}", pipeline.name));
        }
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

/// A slot, and what its file holds if that is a plugin.
type LoadedSlot = (Arc<Slot>, Option<(Release, Vec<u8>)>);

/// Loads every slot's file, side by side: compiling takes most of the time.
pub async fn slots(
    config: &Config,
    engine: &Arc<Engine>,
    cache: Option<Cache>,
    telemetry: &Arc<Telemetry>,
    faults: &mut Vec<String>,
) -> Vec<LoadedSlot> {
    let cache = Arc::new(cache);
    let mut loading = Vec::new();
    for plugin in &config.plugins {
        let slot = Arc::new(Slot::new(settings(plugin)));
        let (engine, telemetry, cache) = (engine.clone(), telemetry.clone(), cache.clone());
        let (file, settings) = (plugin.file.clone(), slot.settings.clone());
        let task = tokio::task::spawn_blocking(move || {
            load(
                &file,
                settings,
                &engine,
                cache.as_ref().as_ref(),
                &telemetry,
            )
        });
        loading.push((slot, task));
    }
    let mut loaded = Vec::new();
    for (slot, task) in loading {
        let result = task.await;
        let result = result.unwrap_or_else(|_| Err("loading it ended by a panic".to_owned()));
        let told =
            result.map_err(|fault| faults.push(format!("plugin `{}`: {fault}", slot.name())));
        loaded.push((slot, told.ok()));
    }
    loaded
}

/// Makes what was loaded active, after the store has it.
pub async fn activate(
    loaded: Vec<LoadedSlot>,
    store: Option<&Store>,
) -> Result<Vec<Arc<Slot>>, StartError> {
    let mut slots = Vec::new();
    for (slot, release) in loaded {
        if let Some((release, component)) = release {
            if let Some(store) = store {
                record(store, &release, &component).await?;
            }
            slot.activate(release);
        }
        slots.push(slot);
    }
    Ok(slots)
}

/// Keeps a release and records that it serves its slot. What is recorded already costs no line.
async fn record(store: &Store, release: &Release, component: &[u8]) -> Result<(), StartError> {
    let parts = release.parts();
    let slot = &*parts.name.slot;
    let new = NewRelease {
        slot,
        digest: parts.name.digest,
        kind: &release.kind().to_string(),
        name: &parts.info.name,
        version: &parts.info.version,
        component,
    };
    store.keep(&new).await?;
    let slots = store.slots().await?;
    let recorded = slots.into_iter().find(|record| record.slot == slot);
    let before = recorded.as_ref().map(|record| record.state.active);
    if before == Some(new.digest) {
        return Ok(());
    }
    let state = SlotState {
        active: new.digest,
        previous: before,
        rollout: None,
    };
    let change = SlotChange {
        slot: slot.to_owned(),
        expected: recorded.map(|record| record.revision),
        state,
    };
    let who = Actor {
        name: "start".to_owned(),
        from: "its configured file".to_owned(),
    };
    let action = match before {
        None => Action::First,
        Some(_) => Action::Replace,
    };
    let change = Change {
        who,
        action,
        slots: vec![change],
        detail: serde_json::json!({}),
    };
    store.change(change).await?;
    Ok(())
}

fn settings(plugin: &config::Plugin) -> Settings {
    Settings {
        slot: plugin.name.clone(),
        config_json: plugin.config_json.clone(),
        memory_max_bytes: plugin.memory_max_bytes,
        call_deadline_ms: plugin.call_deadline_ms,
        result_max_bytes: plugin.result_max_bytes,
    }
}

fn load(
    file: &Path,
    settings: Settings,
    engine: &Engine,
    cache: Option<&Cache>,
    telemetry: &Telemetry,
) -> Result<(Release, Vec<u8>), String> {
    let start = std::time::Instant::now();
    let in_file = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let component = read_component(file).map_err(|error| in_file(&error))?;
    let release = Release::load(engine, cache, telemetry, settings, &component)
        .map_err(|error| in_file(&error))?;
    let parts = release.parts();
    info!(
        plugin = %parts.name,
        kind = %release.kind(),
        cached = parts.cached,
        ms = start.elapsed().as_millis() as u64,
        "loaded"
    );
    Ok((release, component))
}

/// Reads a component's file, but never more of it than a component may have.
pub fn read_component(file: &Path) -> Result<Vec<u8>, LoadError> {
    file::read(file, COMPONENT_MAX_BYTES).map_err(|error| match error {
        ReadError::TooLarge { bytes, .. } => CheckError::TooLarge { bytes }.into(),
        error => LoadError::Unreadable(error),
    })
}

/// What serves: pipelines, the tasks that deliver for them, and the streams that feed them.
#[derive(Default)]
pub struct Loaded {
    pub pipelines: Vec<Arc<Pipeline>>,
    pub deliveries: Vec<Delivery>,
    pub streams: Vec<Stream>,
}

/// Joins slots to pipelines, opens their sinks and makes their streams.
pub async fn pipelines(
    config: &Config,
    slots: &[Arc<Slot>],
    telemetry: &Telemetry,
    faults: &mut Vec<String>,
) -> Loaded {
    let mut loaded = Loaded::default();
    let mut streams = Streams::new(config, telemetry);
    for pipeline in &config.pipelines {
        let generation = match generation(pipeline, slots) {
            Ok(generation) => generation,
            Err(None) => continue,
            Err(Some(text)) => {
                faults.push(format!("pipeline `{}`: {text}", pipeline.name));
                continue;
            }
        };
        let last_resort = format!("dead-letters-{}.ndjson", pipeline.name);
        let last_resort = config.store.path.join(last_resort);
        let (outlets, fed_by) = streams.of(pipeline, &last_resort, faults).await;
        let metrics = telemetry.pipeline(&pipeline.name);
        let (made, delivery) = Pipeline::new(pipeline, generation, outlets, metrics, last_resort);
        loaded.pipelines.push(Arc::new(made));
        loaded.deliveries.extend(delivery);
        loaded.streams.extend(fed_by);
    }
    loaded
}

/// The pair of a pipeline. `Err(None)` where a slot did not load: that was told already.
fn generation(
    pipeline: &config::Pipeline,
    slots: &[Arc<Slot>],
) -> Result<Generation, Option<String>> {
    let active = |name: &str| {
        let slot = slots.iter().find(|slot| slot.name() == name);
        slot.and_then(|slot| slot.active()).ok_or(None)
    };
    let (adapter, model) = (active(&pipeline.adapter)?, active(&pipeline.model)?);
    match (adapter, model) {
        (Release::Adapter(adapter), Release::Model(model)) => {
            Generation::new(adapter, model).map_err(|misfit| Some(misfit.to_string()))
        }
        (adapter, model) => {
            let mut wrong = Vec::new();
            if adapter.kind() != Kind::Adapter {
                wrong.push(format!(
                    "its `adapter` is the plugin `{}`, which is a model",
                    pipeline.adapter
                ));
            }
            if model.kind() != Kind::Model {
                wrong.push(format!(
                    "its `model` is the plugin `{}`, which is an adapter",
                    pipeline.model
                ));
            }
            Err(Some(wrong.join("; ")))
        }
    }
}

/// A queue of its own for each model slot, in a pipeline or not.
pub fn models(slots: &[Arc<Slot>]) -> Vec<Arc<ModelQueue>> {
    let active = slots.iter().filter_map(|slot| Some((slot, slot.active()?)));
    active
        .filter_map(|(slot, release)| match release {
            Release::Model(model) => Some(Arc::new(ModelQueue::new(
                slot.name(),
                model,
                QUEUE_MAX_EVENTS,
                BATCH_MAX_EVENTS,
            ))),
            Release::Adapter(_) => None,
        })
        .collect()
}
