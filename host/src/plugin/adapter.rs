//! One running copy of an adapter: its own store, memory and limits.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use wasmtime::{Store, component::ResourceAny};

use super::{
    bindings::adapter::{
        AdapterPlugin, AdapterPluginPre, exports::scoregate::plugin::adapter as wit,
    },
    call::{CallError, CallLimits, guarded, malformed, refused},
    describe::Info,
    parts::Parts,
    state::State,
    text::capped,
};
use crate::{
    event::{Event, Outcome},
    limits::PLUGIN_TEXT_MAX_BYTES,
    telemetry::{Call, PluginMetrics},
    tensor::{Contract, Tensor},
};

/// What `preprocess` made of a batch of events.
pub struct Prepared {
    /// One tensor for each feature of the contract; one row for each event that was not rejected, in the events' order.
    pub features: Vec<Tensor>,
    /// Rows of the events that were rejected, ascending, with the reasons.
    pub rejected: Vec<(usize, String)>,
    /// Rows of `features`.
    pub rows: usize,
    pub batch: Batch,
}

/// The adapter's own memory of the events that it prepared. It must go back to the instance that gave it:
/// to [`AdapterInstance::postprocess`], or to [`AdapterInstance::discard`].
#[must_use]
pub struct Batch(ResourceAny);

/// See the module.
pub struct AdapterInstance {
    store: Store<State>,
    plugin: AdapterPlugin,
    contract: Arc<Contract>,
    limits: CallLimits,
    metrics: PluginMetrics,
}

impl AdapterInstance {
    /// Instantiates and configures; the contract is what an earlier instance of the release described, or empty for the first.
    pub(super) fn start(
        pre: &AdapterPluginPre<State>,
        parts: &Parts,
        contract: Arc<Contract>,
    ) -> Result<(Self, Info), CallError> {
        let (store, plugin, info) = parts.start(
            pre.engine(),
            |store| pre.instantiate(store),
            |plugin, store, config| {
                let guest = plugin.scoregate_plugin_plugin();
                let configured = guest.call_configure(store, config)?;
                Ok(configured.map(|info| Info::new(info.name, info.version, info.description)))
            },
        )?;
        let instance = Self {
            store,
            plugin,
            contract,
            limits: parts.call_limits(),
            metrics: parts.metrics.clone(),
        };
        Ok((instance, info))
    }

    /// Asks the plugin for its contract.
    pub(super) fn describe(&mut self, limits: CallLimits) -> Result<Contract, CallError> {
        let guest = self.plugin.scoregate_plugin_adapter();
        guarded(&mut self.store, "describe", limits, |s| {
            guest.call_describe(s)
        })
        .map(Into::into)
    }

    pub(super) fn set_contract(&mut self, contract: Arc<Contract>) {
        self.contract = contract;
    }

    /// Maps events to features.
    ///
    /// # Errors
    /// A fault, after which the instance must not be used again, or the adapter's refusal of the whole call.
    pub fn preprocess(&mut self, events: &[&Event]) -> Result<Prepared, CallError> {
        let headers: Vec<Vec<(&str, &[u8])>> = if self.contract.headers.is_empty() {
            Vec::new()
        } else {
            let names = &self.contract.headers;
            let asked_for = |event| borrowed_headers(event, names);
            events.iter().map(|event| asked_for(event)).collect()
        };
        let events: Vec<wit::Event<'_>> = events
            .iter()
            .enumerate()
            .map(|(row, event)| wit::Event {
                key: event.key.as_deref(),
                payload: &event.payload,
                timestamp_ms: event.timestamp_ms,
                headers: headers.get(row).map_or(&[], Vec::as_slice),
            })
            .collect();
        let start = Instant::now();
        let guest = self.plugin.scoregate_plugin_adapter();
        let prepared = guarded(&mut self.store, "preprocess", self.limits, |s| {
            guest.call_preprocess(s, &events)
        })?
        .map_err(|failure| refused(self.store.data(), "preprocess", failure.into()))?;
        self.metrics
            .call(Call::Preprocess, start.elapsed().as_secs_f64());
        self.check(prepared, events.len())
    }

    /// Turns the batch's scores into outcomes: one for each row, in order.
    ///
    /// # Errors
    /// As [`Self::preprocess`].
    pub fn postprocess(
        &mut self,
        batch: Batch,
        scores: &[&Tensor],
        rows: usize,
    ) -> Result<Vec<Result<Outcome, String>>, CallError> {
        let scores: Vec<_> = scores.iter().map(|&tensor| tensor.into()).collect();
        let start = Instant::now();
        let guest = self.plugin.scoregate_plugin_adapter();
        let outcomes = guarded(&mut self.store, "postprocess", self.limits, |s| {
            guest.call_postprocess(s, batch.0, &scores)
        })?
        .map_err(|failure| refused(self.store.data(), "postprocess", failure.into()))?;
        self.metrics
            .call(Call::Postprocess, start.elapsed().as_secs_f64());
        if outcomes.len() != rows {
            return Err(self.malformed(format!(
                "postprocess answered with {} outcomes for {rows} rows",
                outcomes.len()
            )));
        }
        outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Ok(outcome) => self.outcome(outcome).map(Ok),
                Err(reason) => Ok(Err(capped(reason, PLUGIN_TEXT_MAX_BYTES))),
            })
            .collect()
    }

    /// Gives a batch back that nothing is made of.
    pub fn discard(&mut self, batch: Batch) -> Result<(), CallError> {
        guarded(
            &mut self.store,
            "the batch's destructor",
            self.limits,
            |s| batch.0.resource_drop(s),
        )
    }

    /// From here on calls may take no longer than so many milliseconds, if that is less than their deadline. What takes longer is not held
    /// against the plugin: it is to be tried again without hurry.
    pub fn hurry(&mut self, call_max_ms: Option<u64>) {
        self.limits.hurry_ms = call_max_ms;
    }

    /// Whether a call of it ever ended in a fault: it must not be used again.
    pub fn has_faulted(&self) -> bool {
        self.store.data().faulted.load(Ordering::Relaxed)
    }

    /// Bytes of the instance's memories.
    pub fn memory_bytes(&self) -> usize {
        self.store.data().memory_bytes()
    }

    /// Holds what came back against the contract: nothing of it is used before.
    fn check(&self, prepared: wit::Prepared, events: usize) -> Result<Prepared, CallError> {
        let mut rejected = Vec::with_capacity(prepared.rejected.len());
        let mut next = 0;
        for rejection in prepared.rejected {
            let row = rejection.row as usize;
            if row < next || row >= events {
                return Err(self.malformed(format!(
                    "preprocess rejected row {row} of {events} events; rows must ascend and exist"
                )));
            }
            next = row + 1;
            rejected.push((row, capped(rejection.reason, PLUGIN_TEXT_MAX_BYTES)));
        }
        let rows = events - rejected.len();
        let specs = &self.contract.features;
        if prepared.features.len() != specs.len() {
            return Err(self.malformed(format!(
                "preprocess answered with {} tensors; its contract has {}",
                prepared.features.len(),
                specs.len()
            )));
        }
        let mut features = Vec::with_capacity(specs.len());
        for (tensor, spec) in std::iter::zip(prepared.features, specs) {
            let tensor = Tensor::from(tensor);
            tensor
                .check(spec)
                .map_err(|mismatch| self.malformed(format!("preprocess: {mismatch}")))?;
            if tensor.rows() != rows as u64 {
                return Err(self.malformed(format!(
                    "preprocess answered with {} rows of `{}` for {rows} events that it did not reject",
                    tensor.rows(),
                    spec.name
                )));
            }
            features.push(tensor);
        }
        Ok(Prepared {
            features,
            rejected,
            rows,
            batch: Batch(prepared.batch),
        })
    }

    fn outcome(&self, outcome: wit::Outcome) -> Result<Outcome, CallError> {
        for (word, text) in [("decision", &outcome.decision), ("route", &outcome.route)] {
            if let Some(text) = text
                && text.len() > PLUGIN_TEXT_MAX_BYTES
            {
                return Err(self.malformed(format!(
                    "postprocess answered with a {word} of {} bytes; the limit is {PLUGIN_TEXT_MAX_BYTES}",
                    text.len()
                )));
            }
        }
        Ok(Outcome {
            score: outcome.score,
            decision: outcome.decision,
            payload: outcome.payload,
            route: outcome.route,
        })
    }

    fn malformed(&self, detail: String) -> CallError {
        malformed(self.store.data(), detail)
    }
}

/// Those that the contract names; it names them in lower case.
fn borrowed_headers<'e>(event: &'e Event, names: &'e [String]) -> Vec<(&'e str, &'e [u8])> {
    let headers = event.headers.iter();
    headers
        .filter_map(|header| {
            let name = names
                .iter()
                .find(|name| name.eq_ignore_ascii_case(&header.name))?;
            Some((name.as_str(), header.value.as_deref().unwrap_or_default()))
        })
        .collect()
}
