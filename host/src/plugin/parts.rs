//! What releases of both kinds have, and how an instance of either kind starts.

use std::time::Instant;

use wasmtime::Store;

use super::{
    call::{CallError, CallLimits, guarded},
    describe::Info,
    state::State,
    steps::StepsMs,
};
use crate::{
    limits::LOAD_DEADLINE_MS,
    release::ReleaseName,
    telemetry::{Call, PluginMetrics},
};

/// What a slot asks of its releases.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The slot's name.
    pub slot: String,
    /// What `configure` is given.
    pub config_json: String,
    pub memory_max_bytes: u64,
    pub call_deadline_ms: u64,
    pub result_max_bytes: u64,
}

/// See the module.
pub struct Parts {
    pub name: ReleaseName,
    pub info: Info,
    pub settings: Settings,
    /// What the component imports, all of it allowed.
    pub imports: Vec<String>,
    pub size_bytes: u64,
    /// The compiled code came from the cache.
    pub cached: bool,
    /// Golden cases that it carries, all of which hold.
    pub golden_cases: usize,
    /// Its way in: `check`, `compile` (short where the code is cached), `instance`, `describe`, `golden`.
    pub steps_ms: StepsMs,
    pub metrics: PluginMetrics,
}

impl Parts {
    /// Makes a store of its own, instantiates the plugin in it and configures it. The two steps differ in their types alone
    /// between the worlds.
    pub(super) fn start<P>(
        &self,
        engine: &wasmtime::Engine,
        instantiate: impl FnOnce(&mut Store<State>) -> wasmtime::Result<P>,
        configure: impl FnOnce(&P, &mut Store<State>, &str) -> wasmtime::Result<Result<Info, String>>,
    ) -> Result<(Store<State>, P, Info), CallError> {
        let state = State::new(
            self.name.clone(),
            self.metrics.clone(),
            self.settings.memory_max_bytes,
        );
        let mut store = Store::new(engine, state);
        store.limiter(|state| state);
        let limits = self.load_limits();
        let plugin = guarded(&mut store, "instantiation", limits, instantiate)?;
        let start = Instant::now();
        let info = guarded(&mut store, "configure", limits, |store| {
            configure(&plugin, store, &self.settings.config_json)
        })?;
        self.metrics
            .call(Call::Configure, start.elapsed().as_secs_f64());
        Ok((store, plugin, info.map_err(CallError::InvalidInput)?))
    }

    /// What instances for golden cases are made of: with the cases' `config`, in no hurry, and not counted among the slot's calls.
    pub(super) fn for_golden(&self, config_json: &str) -> Self {
        let settings = Settings {
            config_json: config_json.to_owned(),
            call_deadline_ms: LOAD_DEADLINE_MS.max(self.settings.call_deadline_ms),
            ..self.settings.clone()
        };
        Self {
            name: self.name.clone(),
            info: self.info.clone(),
            imports: self.imports.clone(),
            size_bytes: self.size_bytes,
            cached: self.cached,
            golden_cases: self.golden_cases,
            steps_ms: Vec::new(),
            metrics: PluginMetrics::apart(),
            settings,
        }
    }

    pub(super) fn call_limits(&self) -> CallLimits {
        CallLimits {
            deadline_ms: self.settings.call_deadline_ms,
            hurry_ms: None,
            result_max_bytes: self.settings.result_max_bytes,
        }
    }

    /// Starting an instance is never on the way of an event that could wait no longer, and may build tables.
    pub(super) fn load_limits(&self) -> CallLimits {
        CallLimits {
            deadline_ms: LOAD_DEADLINE_MS.max(self.settings.call_deadline_ms),
            hurry_ms: None,
            result_max_bytes: self.settings.result_max_bytes,
        }
    }
}
