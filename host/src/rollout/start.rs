//! What serves at a start: what the record says. A slot that it does not know is given its configured file.

use std::path::PathBuf;

use serde_json::json;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use super::{Held, Holding, Loader, loader::Loaded, next, read_component, serve::serving};
use crate::{
    config::{self, Config},
    plugin::{Release, Settings},
    release::Digest,
    store::{
        Action, Actor, Change, ChangeError, NewRelease, Revision, SlotChange, SlotRecord,
        SlotState, Store, StoreError,
    },
};

/// Gateways that begin with one store at once find out about each other, and the later one looks again.
const TRIES_MAX: usize = 4;

/// A slot's part of a start.
enum Begun {
    /// As the record has it.
    Recorded(Box<Held>),
    /// From its file.
    First(Box<First>),
}

/// A slot that serves its configured file.
struct First {
    loaded: Loaded,
    /// What the operator who asked for the file goes back from.
    over: Option<SlotRecord>,
}

impl First {
    fn state(&self) -> SlotState {
        let active = self.loaded.release.parts().name.digest;
        match &self.over {
            Some(record) => next::replaced(&record.state, active, Vec::new()),
            None => SlotState {
                active,
                previous: None,
                pair: Vec::new(),
                rollout: None,
            },
        }
    }
}

/// What is held of every slot, and a sentence for each that cannot serve. What is new is recorded where there is no such sentence. Slots of
/// `from_file` are given their configured files again, whatever the record says.
pub async fn hold(
    config: &Config,
    from_file: &[String],
    store: &Store,
    loader: &Loader,
) -> Result<(Holding, Vec<String>), StoreError> {
    for _ in 0..TRIES_MAX {
        let records = store.slots().await?;
        let mut faults = Vec::new();
        let begun = all(
            config,
            from_file,
            Some((store, &records)),
            loader,
            &mut faults,
        )
        .await;
        let (mut holding, first) = holding(begun);
        faults.extend(misfits(config, &holding));
        if first.is_empty() || !faults.is_empty() {
            return Ok((holding, faults));
        }
        match record(store, &config.server.name, &first).await {
            Ok(revision) => {
                for (slot, _) in &first {
                    if let Some(held) = holding.get_mut(slot) {
                        held.revision = revision;
                    }
                }
                return Ok((holding, faults));
            }
            Err(ChangeError::Store(error)) => return Err(error),
            Err(ChangeError::Conflict { slot, .. }) => {
                info!(slot, "another gateway has given the slot its first release");
            }
        }
    }
    Err(StoreError::Unavailable(
        "the slots' first releases changed with every look at them".to_owned(),
    ))
}

/// What keeps the configured files from serving, found without a store.
pub async fn check(config: &Config, loader: &Loader) -> Vec<String> {
    let mut faults = Vec::new();
    let begun = all(config, &[], None, loader, &mut faults).await;
    let (holding, _) = holding(begun);
    faults.extend(misfits(config, &holding));
    faults
}

/// What a slot asks of its releases.
pub fn settings(plugin: &config::Plugin) -> Settings {
    Settings {
        slot: plugin.name.clone(),
        config_json: plugin.config_json.clone(),
        memory_max_bytes: plugin.memory_max_bytes,
        call_deadline_ms: plugin.call_deadline_ms,
        result_max_bytes: plugin.result_max_bytes,
    }
}

/// All slots side by side: compiling takes most of the time.
async fn all(
    config: &Config,
    from_file: &[String],
    recorded: Option<(&Store, &[SlotRecord])>,
    loader: &Loader,
    faults: &mut Vec<String>,
) -> Vec<(String, Begun)> {
    let mut loading = Vec::new();
    for plugin in &config.plugins {
        let record = recorded.and_then(|(store, records)| {
            let record = records.iter().find(|record| record.slot == plugin.name);
            Some((store.clone(), record?.clone()))
        });
        let file_first = from_file.contains(&plugin.name);
        let task = begin(plugin, record, file_first, loader.clone());
        loading.push((plugin.name.clone(), task));
    }
    let mut begun = Vec::new();
    for (slot, task) in loading {
        let result = task.await;
        match result.unwrap_or_else(|_| Err("loading it ended by a panic".to_owned())) {
            Ok(begins) => begun.push((slot, begins)),
            Err(fault) => faults.push(format!("plugin `{slot}`: {fault}")),
        }
    }
    begun
}

fn begin(
    plugin: &config::Plugin,
    record: Option<(Store, SlotRecord)>,
    file_first: bool,
    loader: Loader,
) -> JoinHandle<Result<Begun, String>> {
    let (settings, file) = (settings(plugin), plugin.file.clone());
    let is_watched = plugin.watch;
    tokio::spawn(async move {
        let (store, record) = match record {
            Some(record) if !file_first => record,
            over => {
                let loaded = loader.load_file(settings, &file).await;
                let loaded = loaded.map_err(|error| format!("{}: {error}", file.display()))?;
                let over = over.map(|(_, record)| record);
                return Ok(Begun::First(Box::new(First { loaded, over })));
            }
        };
        let (active, slot) = (record.state.active, record.slot.clone());
        let held = of_record(record, settings, &store, &loader).await?;
        if !is_watched {
            tell_of_another(slot, active, file);
        }
        Ok(Begun::Recorded(Box::new(held)))
    })
}

async fn of_record(
    record: SlotRecord,
    settings: Settings,
    store: &Store,
    loader: &Loader,
) -> Result<Held, String> {
    let SlotRecord {
        revision, state, ..
    } = record;
    let must = |role: &'static str, digest| {
        let loading = of_store(digest, settings.clone(), store, loader);
        let slot = &settings.slot;
        async move {
            loading.await.map_err(|error| {
                format!(
                    "its {role} release {digest}, which revision {revision} of the store names, cannot be loaded: {error}; correct that, or start with `scoregate serve --from-file {slot}` to serve the configured file instead"
                )
            })
        }
    };
    let active = must("active", state.active).await?;
    let candidate = match &state.rollout {
        Some(rollout) => Some(must("candidate", rollout.candidate).await?),
        None => None,
    };
    let previous = match state.previous {
        None => None,
        Some(digest) => match of_store(digest, settings.clone(), store, loader).await {
            Ok(release) => Some(release),
            Err(error) => {
                warn!(plugin = settings.slot, release = %digest, error, "the release before cannot be loaded: a rollback would fail");
                None
            }
        },
    };
    Ok(Held {
        revision,
        state,
        active,
        previous,
        candidate,
    })
}

async fn of_store(
    digest: Digest,
    settings: Settings,
    store: &Store,
    loader: &Loader,
) -> Result<Release, String> {
    let component = store.component(&digest).await;
    let component = component
        .map_err(|error| error.to_string())?
        .ok_or_else(|| "the store has no such release".to_owned())?;
    let loaded = loader.load_as(Some(digest), settings, component).await;
    Ok(loaded.map_err(|error| error.to_string())?.release)
}

/// Says once how the configured file would be deployed, where it is another one than what serves.
fn tell_of_another(slot: String, active: Digest, file: PathBuf) {
    tokio::task::spawn_blocking(move || {
        let Ok(component) = read_component(&file) else {
            return;
        };
        if Digest::of(&component) != active {
            let deploy = format!("scoregate deploy {} --plugin {slot}", file.display());
            warn!(plugin = slot, %active, deploy, "the configured file is another release than the one that serves");
        }
    });
}

/// Held as if what comes from files were recorded, and what of it is not.
fn holding(begun: Vec<(String, Begun)>) -> (Holding, Vec<(String, First)>) {
    let (mut holding, mut first) = (Holding::new(), Vec::new());
    for (slot, begun) in begun {
        match begun {
            Begun::Recorded(held) => {
                holding.insert(slot, *held);
            }
            Begun::First(of_file) => {
                let held = Held {
                    revision: 0,
                    state: of_file.state(),
                    active: of_file.loaded.release.clone(),
                    previous: None,
                    candidate: None,
                };
                holding.insert(slot.clone(), held);
                first.push((slot, *of_file));
            }
        }
    }
    (holding, first)
}

/// Pairs that do not serve together. Where a slot did not load, that was told already.
fn misfits(config: &Config, holding: &Holding) -> Vec<String> {
    let pipelines = config.pipelines.iter();
    let misfits = pipelines.filter_map(|pipeline| {
        let adapter = holding.get(&pipeline.adapter)?;
        let model = holding.get(&pipeline.model)?;
        let misfit = serving(adapter, model, None).err()?;
        Some(format!("pipeline `{}`: {}", pipeline.name, misfit.text))
    });
    misfits.collect()
}

/// First releases are one change: all of them serve from now on, or none.
async fn record(
    store: &Store,
    gateway: &str,
    first: &[(String, First)],
) -> Result<Revision, ChangeError> {
    let mut slots = Vec::new();
    for (slot, first) in first {
        let Loaded { release, component } = &first.loaded;
        let (parts, kind) = (release.parts(), release.kind().to_string());
        let release = NewRelease {
            slot,
            digest: parts.name.digest,
            kind: &kind,
            name: &parts.info.name,
            version: &parts.info.version,
            component,
        };
        store.keep(&release).await?;
        slots.push(SlotChange {
            slot: slot.clone(),
            expected: first.over.as_ref().map(|record| record.revision),
            state: first.state(),
        });
    }
    let who = Actor {
        name: "start".to_owned(),
        from: format!("gateway {gateway}"),
    };
    let change = Change {
        who,
        action: Action::First,
        slots,
        beside: Vec::new(),
        detail: json!({}),
    };
    store.change(change).await
}
