//! One call of a plugin: within its deadline and its limits, and whatever goes wrong is given its kind.

use std::sync::atomic::Ordering;

use wasmtime::{Store, Trap};

use super::{failure::Failure, state::State, text::capped, ticker};
use crate::{
    fault::{Fault, FaultKind},
    limits::PLUGIN_TEXT_MAX_BYTES,
};

/// Why a call has no result.
#[derive(Debug)]
pub enum CallError {
    /// The plugin's fault: its instance must not be used again.
    Fault(Fault),
    /// The plugin refuses the call's input, and stays usable.
    InvalidInput(String),
    /// The host has no room for an instance at the moment.
    NoRoom,
}

/// What one call may use.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    pub deadline_ms: u64,
    /// A call that takes longer than this was only tried, if this is less than the deadline.
    pub hurry_ms: Option<u64>,
    /// Bytes that the answer may take in the host.
    pub result_max_bytes: u64,
}

impl CallLimits {
    fn hurry_ms(&self) -> Option<u64> {
        self.hurry_ms
            .filter(|hurry_ms| *hurry_ms < self.deadline_ms)
    }
}

/// Runs `call` on the store within the limits.
pub fn guarded<R>(
    store: &mut Store<State>,
    name: &'static str,
    limits: CallLimits,
    call: impl FnOnce(&mut Store<State>) -> wasmtime::Result<R>,
) -> Result<R, CallError> {
    store.set_epoch_deadline(ticker::ticks(
        limits.hurry_ms().unwrap_or(limits.deadline_ms),
    ));
    store.set_hostcall_fuel(usize::try_from(limits.result_max_bytes).unwrap_or(usize::MAX));
    store.data_mut().growth_refused = false;
    call(store).map_err(|error| classify(store.data(), name, limits, &error))
}

/// A fault found by the host in an answer that came in time.
pub fn malformed(state: &State, detail: impl Into<String>) -> CallError {
    fault(state, FaultKind::Malformed, detail.into())
}

/// A plugin's refusal of a whole call. An internal failure is no better than a trap: what the instance holds cannot be trusted.
pub fn refused(state: &State, name: &'static str, failure: Failure) -> CallError {
    match failure {
        Failure::InvalidInput(reason) => {
            CallError::InvalidInput(capped(reason, PLUGIN_TEXT_MAX_BYTES))
        }
        Failure::Internal(reason) => fault(
            state,
            FaultKind::Trap,
            format!(
                "{name} reports an internal failure: {}",
                capped(reason, PLUGIN_TEXT_MAX_BYTES)
            ),
        ),
    }
}

/// Where every fault of a plugin is made, so that none goes uncounted.
fn fault(state: &State, kind: FaultKind, detail: String) -> CallError {
    state.metrics.fault(kind);
    ended(state, kind, detail)
}

fn ended(state: &State, kind: FaultKind, detail: String) -> CallError {
    state.faulted.store(true, Ordering::Relaxed);
    CallError::Fault(Fault {
        plugin: state.release.clone(),
        kind,
        detail,
    })
}

fn classify(
    state: &State,
    name: &'static str,
    limits: CallLimits,
    error: &wasmtime::Error,
) -> CallError {
    if error.is::<wasmtime::PoolConcurrencyLimitError>() {
        return CallError::NoRoom;
    }
    let (kind, detail) = match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) if let Some(hurry_ms) = limits.hurry_ms() => {
            let detail = format!("{name} was tried for {hurry_ms} ms");
            // It proves nothing, but its instance stands in the midst of a call.
            return ended(state, FaultKind::Deadline, detail);
        }
        Some(Trap::Interrupt) => (
            FaultKind::Deadline,
            format!("{name} ran longer than {} ms", limits.deadline_ms),
        ),
        _ if state.growth_refused => (
            FaultKind::Memory,
            format!("{name} asked for more memory than its limit"),
        ),
        Some(trap) => (
            FaultKind::Trap,
            format!("{name} stopped: {}", trap_text(trap)),
        ),
        // Neither a trap nor the host's want of room: the answer could not be read.
        None => {
            let text = error.root_cause().to_string();
            if text.contains("fuel") {
                (
                    FaultKind::Memory,
                    format!(
                        "{name} answered with more than {} bytes",
                        limits.result_max_bytes
                    ),
                )
            } else {
                (
                    FaultKind::Malformed,
                    format!("{name} answered with what cannot be read: {text}"),
                )
            }
        }
    };
    fault(state, kind, detail)
}

/// The engine's words without its prefix.
fn trap_text(trap: &Trap) -> String {
    let text = trap.to_string();
    text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned()
}
