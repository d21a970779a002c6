//! Rollouts: how another release takes over a slot, and what becomes of it.
//!
//! The store's record is the truth. Every change is made in the same order: what can fail is prepared (releases loaded, pairs joined), the
//! store records it, and then pointers are swapped, which cannot fail. Whoever dies between the last two serves at its next start what was
//! recorded; gateways that share a store follow each other's changes.

mod begin;
mod change;
mod end;
mod follow;
mod guard;
mod held;
mod loader;
mod next;
mod order;
mod serve;
mod shelf;
mod start;
mod status;
mod watch;
mod way_in;
mod withdrawn;

use std::{collections::BTreeMap, future::Future, path::PathBuf, pin::Pin, sync::Arc};

use arc_swap::ArcSwap;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub use held::{Held, Holding};
pub use loader::{Loader, read_component};
pub use order::{Done, Order, PipelineFit, Refused, Report, StrategyOrder};
pub use serve::{models, serving};
pub use start::{check, hold, settings};

use crate::{
    config::Guard,
    health::Health,
    pipeline::{ModelQueue, Pipeline},
    plugin::Settings,
    store::{Action, Actor, AuditLine, ReleaseRecord, Store, StoreError},
};
use shelf::Shelf;
use withdrawn::Withdrawn;

/// Changes what serves, one change at a time. A clone is the same.
#[derive(Clone)]
pub struct Rollouts {
    inner: Arc<Inner>,
}

struct Inner {
    /// This gateway's name.
    gateway: String,
    store: Store,
    loader: Loader,
    slots: BTreeMap<String, Place>,
    pipelines: Vec<Joint>,
    models: Vec<Arc<ModelQueue>>,
    holding: ArcSwap<Holding>,
    shelf: Shelf,
    withdrawn: Withdrawn,
    changing: tokio::sync::Mutex<()>,
    /// Of following the record.
    health: Health,
}

/// A slot as the configuration has it.
pub struct Place {
    pub settings: Settings,
    pub file: PathBuf,
    pub guard: Guard,
    pub watch: bool,
}

/// A pipeline and the slots that it joins.
pub struct Joint {
    pub pipeline: Arc<Pipeline>,
    pub adapter: String,
    pub model: String,
}

impl Joint {
    fn uses(&self, slot: &str) -> bool {
        self.adapter == slot || self.model == slot
    }
}

/// What rollouts need of a gateway.
pub struct Parts {
    pub gateway: String,
    pub store: Store,
    pub loader: Loader,
    pub slots: BTreeMap<String, Place>,
    pub pipelines: Vec<Joint>,
    pub models: Vec<Arc<ModelQueue>>,
    /// What pipelines and models were made to serve.
    pub holding: Holding,
}

impl Rollouts {
    pub fn new(parts: Parts) -> Self {
        let inner = Inner {
            gateway: parts.gateway,
            store: parts.store,
            loader: parts.loader,
            slots: parts.slots,
            pipelines: parts.pipelines,
            models: parts.models,
            holding: ArcSwap::from_pointee(parts.holding),
            shelf: Shelf::default(),
            withdrawn: Withdrawn::default(),
            changing: tokio::sync::Mutex::default(),
            health: Health::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The releases that the store has for a slot, newest first.
    pub async fn releases(&self, slot: &str) -> Result<Vec<ReleaseRecord>, Refused> {
        self.place(slot)?;
        let releases = self.inner.store.releases(slot).await;
        releases.map_err(unavailable)
    }

    /// Lines of the audit, newest first: at most `count`, older than `before` where that is given.
    pub async fn audit(&self, before: Option<u64>, count: u32) -> Result<Vec<AuditLine>, Refused> {
        let lines = self.inner.store.audit_lines(before, count).await;
        lines.map_err(unavailable)
    }

    /// Writes into the audit that somebody was not let in, or what was refused.
    pub async fn note_refused(&self, who: &Actor, detail: Value) {
        self.note(who, Action::Refuse, detail).await;
    }

    /// A pipeline takes nothing more until it is resumed.
    pub async fn pause(&self, pipeline: &str, who: &Actor) -> Result<(), Refused> {
        self.joint(pipeline)?.pipeline.pause();
        self.note(who, Action::Pause, json!({ "pipeline": pipeline }))
            .await;
        Ok(())
    }

    /// A paused pipeline goes on.
    pub async fn resume(&self, pipeline: &str, who: &Actor) -> Result<(), Refused> {
        self.joint(pipeline)?.pipeline.resume();
        self.note(who, Action::Resume, json!({ "pipeline": pipeline }))
            .await;
        Ok(())
    }

    /// What goes on by itself until `stop`: following the record, judging trials, watching files. The caller runs it.
    pub fn tasks(&self, stop: &CancellationToken) -> [Pin<Box<dyn Future<Output = ()> + Send>>; 3] {
        let (this, stop) = (self.clone(), stop.clone());
        [
            Box::pin(this.clone().follow(stop.clone())),
            Box::pin(this.clone().guard(stop.clone())),
            Box::pin(this.watch(stop)),
        ]
    }

    /// A line of the audit about what is done already: where it cannot be written, the log has it.
    async fn note(&self, who: &Actor, action: Action, detail: Value) {
        let line = AuditLine::new(who, action, json!({}), detail);
        if let Err(error) = self.inner.store.audit(line).await {
            tracing::error!(?action, who = who.name, %error, "the audit could not be written");
        }
    }

    fn place(&self, slot: &str) -> Result<&Place, Refused> {
        let place = self.inner.slots.get(slot);
        place.ok_or_else(|| Refused::NotFound(format!("no plugin `{slot}`")))
    }

    fn joint(&self, pipeline: &str) -> Result<&Joint, Refused> {
        let mut joints = self.inner.pipelines.iter();
        let joint = joints.find(|joint| joint.pipeline.name() == pipeline);
        joint.ok_or_else(|| Refused::NotFound(format!("no pipeline `{pipeline}`")))
    }

    /// A gateway's own part as an actor.
    fn own(&self, name: &str) -> Actor {
        Actor {
            name: name.to_owned(),
            from: format!("gateway {}", self.inner.gateway),
        }
    }
}

#[cfg(test)]
impl Rollouts {
    /// With no slot, and a store that goes with the test.
    pub(crate) async fn empty() -> Self {
        use crate::{plugin::Engine, telemetry::Telemetry};
        let dir = tempfile::tempdir().unwrap();
        let config = crate::config::Config::parse(
            "[plugins.p]\nfile = 'p.wasm'",
            dir.path(),
            "gateway.toml",
            |_| None,
        );
        let store = Store::open(&config.unwrap().store, "test").await;
        let engine = Arc::new(Engine::new().unwrap());
        Self::new(Parts {
            gateway: "test".to_owned(),
            store: store.unwrap(),
            loader: Loader::new(engine, None, Telemetry::new()),
            slots: BTreeMap::new(),
            pipelines: Vec::new(),
            models: Vec::new(),
            holding: Holding::new(),
        })
    }
}

fn unavailable(error: StoreError) -> Refused {
    Refused::Unavailable(error.to_string())
}
