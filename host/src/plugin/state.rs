//! What the host keeps for one instance: its limits, and where its log lines go.

use std::{
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use tracing::{debug, error, info, warn};

use super::{bindings, text::capped};
use crate::{
    limits::{LOG_LINES_MAX_PER_S, PLUGIN_TEXT_MAX_BYTES, TABLE_ELEMENTS_MAX_COUNT},
    release::ReleaseName,
    telemetry::PluginMetrics,
};

/// The data of an instance's store.
pub struct State {
    pub release: ReleaseName,
    pub metrics: PluginMetrics,
    /// A call ended in a fault; set wherever one is made.
    pub faulted: AtomicBool,
    memory_max_bytes: usize,
    memory_bytes: usize,
    table_elements: usize,
    /// A growth was refused since the last call began: what follows is a fault of memory.
    pub growth_refused: bool,
    log_window: Instant,
    log_lines: u32,
}

impl State {
    pub fn new(release: ReleaseName, metrics: PluginMetrics, memory_max_bytes: u64) -> Self {
        Self {
            release,
            metrics,
            faulted: AtomicBool::new(false),
            memory_max_bytes: usize::try_from(memory_max_bytes).unwrap_or(usize::MAX),
            memory_bytes: 0,
            table_elements: 0,
            growth_refused: false,
            log_window: Instant::now(),
            log_lines: 0,
        }
    }

    /// Bytes of all memories of the instance.
    pub fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// A plugin must not be able to fill the operator's log: more lines than the limit are dropped, and that is said once a second.
    fn may_log(&mut self) -> bool {
        if self.log_window.elapsed() >= Duration::from_secs(1) {
            if let Some(dropped) = self.log_lines.checked_sub(LOG_LINES_MAX_PER_S)
                && dropped > 0
            {
                warn!(plugin = %self.release, dropped, "log lines over the limit were dropped");
            }
            self.log_window = Instant::now();
            self.log_lines = 0;
        }
        self.log_lines = self.log_lines.saturating_add(1);
        self.log_lines <= LOG_LINES_MAX_PER_S
    }
}

/// Sums all memories and all tables of the store, so that many small ones are no way around the limit.
impl wasmtime::ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let grown = grow(
            &mut self.memory_bytes,
            self.memory_max_bytes,
            current,
            desired,
        );
        self.growth_refused |= !grown;
        Ok(grown)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let grown = grow(
            &mut self.table_elements,
            TABLE_ELEMENTS_MAX_COUNT,
            current,
            desired,
        );
        self.growth_refused |= !grown;
        Ok(grown)
    }
}

/// Adds a growth to the total, unless that would exceed the limit.
fn grow(total: &mut usize, max: usize, current: usize, desired: usize) -> bool {
    let grown = total.saturating_add(desired.saturating_sub(current));
    let granted = grown <= max;
    if granted {
        *total = grown;
    }
    granted
}

macro_rules! log_host {
    ($world:ident) => {
        impl bindings::$world::scoregate::plugin::log::Host for State {
            fn log(
                &mut self,
                level: bindings::$world::scoregate::plugin::log::Level,
                message: String,
            ) {
                use bindings::$world::scoregate::plugin::log::Level;
                if !self.may_log() {
                    return;
                }
                let message = capped(message, PLUGIN_TEXT_MAX_BYTES);
                match level {
                    Level::Debug => debug!(plugin = %self.release, message),
                    Level::Info => info!(plugin = %self.release, message),
                    Level::Warn => warn!(plugin = %self.release, message),
                    Level::Error => error!(plugin = %self.release, message),
                }
            }
        }
    };
}

log_host!(model);
