//! The metrics of one release in its slot.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor as _},
        histogram::Histogram,
    },
    registry::Registry,
};

use super::Seconds;
use crate::{fault::FaultKind, release::Digest};

/// The calls that a plugin answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Configure,
    Describe,
    Preprocess,
    Infer,
    Postprocess,
}

impl Call {
    const ALL: [Call; 5] = [
        Call::Configure,
        Call::Describe,
        Call::Preprocess,
        Call::Infer,
        Call::Postprocess,
    ];

    /// The contract's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Call::Configure => "configure",
            Call::Describe => "describe",
            Call::Preprocess => "preprocess",
            Call::Infer => "infer",
            Call::Postprocess => "postprocess",
        }
    }

    fn is_on_the_way(self) -> bool {
        matches!(self, Call::Preprocess | Call::Infer | Call::Postprocess)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabel {
    plugin: Arc<str>,
    release: Arc<str>,
    call: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FaultLabel {
    plugin: Arc<str>,
    release: Arc<str>,
    kind: &'static str,
}

pub(super) struct Families {
    calls: Family<CallLabel, Histogram, Seconds>,
    faults: Family<FaultLabel, Counter>,
    tallies: Mutex<Tallies>,
}

/// By slot and release.
type Tallies = HashMap<(Arc<str>, Digest), Arc<Tally>>;

/// What a histogram cannot be asked for: its count and sum.
#[derive(Default)]
struct Tally {
    calls: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Families {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let families = Self {
            calls: Family::new_with_constructor(Seconds),
            faults: Family::default(),
            tallies: Mutex::default(),
        };
        registry.register(
            "plugin_call_seconds",
            "Time of one call of a plugin",
            families.calls.clone(),
        );
        registry.register(
            "plugin_faults",
            "Faults of a plugin, by kind",
            families.faults.clone(),
        );
        families
    }

    pub(super) fn resolve(&self, slot: &str, digest: &Digest) -> PluginMetrics {
        let plugin: Arc<str> = slot.into();
        let release: Arc<str> = digest.to_string().into();
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (Arc::clone(&plugin), *digest);
        if !tallies.contains_key(&key) {
            self.forget_gone(&mut tallies);
        }
        let tally = Arc::clone(tallies.entry(key).or_default());
        PluginMetrics {
            tally,
            calls: Call::ALL.map(|call| {
                self.calls.get_or_create_owned(&CallLabel {
                    plugin: Arc::clone(&plugin),
                    release: Arc::clone(&release),
                    call: call.name(),
                })
            }),
            faults: FaultKind::ALL.map(|kind| {
                self.faults.get_or_create_owned(&FaultLabel {
                    plugin: Arc::clone(&plugin),
                    release: Arc::clone(&release),
                    kind: kind.name(),
                })
            }),
        }
    }
}

impl Families {
    /// Releases come and go: what nobody counts into any more is told no longer.
    fn forget_gone(&self, tallies: &mut Tallies) {
        tallies.retain(|(plugin, digest), tally| {
            let is_held = Arc::strong_count(tally) > 1;
            if !is_held {
                let release: Arc<str> = digest.to_string().into();
                for call in Call::ALL {
                    self.calls.remove(&CallLabel {
                        plugin: Arc::clone(plugin),
                        release: Arc::clone(&release),
                        call: call.name(),
                    });
                }
                for kind in FaultKind::ALL {
                    self.faults.remove(&FaultLabel {
                        plugin: Arc::clone(plugin),
                        release: Arc::clone(&release),
                        kind: kind.name(),
                    });
                }
            }
            is_held
        });
    }
}

/// Handles of one release's metrics; a clone counts into the same.
#[derive(Clone)]
pub struct PluginMetrics {
    /// In the order of [`Call::ALL`], which is that of the discriminants.
    calls: [Histogram; 5],
    /// In the order of [`FaultKind::ALL`], likewise.
    faults: [Counter; 4],
    tally: Arc<Tally>,
}

impl PluginMetrics {
    /// Metrics that nobody is told of.
    pub fn apart() -> Self {
        Self {
            calls: Call::ALL.map(|_| Seconds.new_metric()),
            faults: Default::default(),
            tally: Arc::default(),
        }
    }

    /// One call was answered, well or not.
    pub fn call(&self, call: Call, seconds: f64) {
        self.calls[call as usize].observe(seconds);
        if call.is_on_the_way() {
            self.tally.calls.fetch_add(1, Relaxed);
            self.tally
                .nanoseconds
                .fetch_add((seconds * 1e9) as u64, Relaxed);
        }
    }

    /// One fault.
    pub fn fault(&self, kind: FaultKind) {
        self.faults[kind as usize].inc();
    }

    /// Calls on the way of events: not those that made an instance ready.
    pub fn calls(&self) -> u64 {
        self.tally.calls.load(Relaxed)
    }

    /// The time of those calls together, in seconds.
    pub fn call_seconds(&self) -> f64 {
        self.tally.nanoseconds.load(Relaxed) as f64 / 1e9
    }

    /// Faults of one kind.
    pub fn faults(&self, kind: FaultKind) -> u64 {
        self.faults[kind as usize].get()
    }
}
