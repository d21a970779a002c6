//! One running copy of a model: its own store, memory and limits.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use wasmtime::Store;

use super::{
    bindings::model::{ModelPlugin, ModelPluginPre},
    call::{CallError, CallLimits, guarded, malformed, refused},
    describe::Info,
    parts::Parts,
    state::State,
};
use crate::{
    telemetry::{Call, PluginMetrics},
    tensor::{Signature, Tensor},
};

/// See the module.
pub struct ModelInstance {
    store: Store<State>,
    plugin: ModelPlugin,
    signature: Arc<Signature>,
    limits: CallLimits,
    metrics: PluginMetrics,
}

impl ModelInstance {
    /// Instantiates and configures; the signature is what an earlier instance of the release described, or empty for the first.
    pub(super) fn start(
        pre: &ModelPluginPre<State>,
        parts: &Parts,
        signature: Arc<Signature>,
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
            signature,
            limits: parts.call_limits(),
            metrics: parts.metrics.clone(),
        };
        Ok((instance, info))
    }

    /// Asks the plugin for its signature.
    pub(super) fn describe(&mut self, limits: CallLimits) -> Result<Signature, CallError> {
        let guest = self.plugin.scoregate_plugin_model();
        guarded(&mut self.store, "describe", limits, |s| {
            guest.call_describe(s)
        })
        .map(Into::into)
    }

    pub(super) fn set_signature(&mut self, signature: Arc<Signature>) {
        self.signature = signature;
    }

    /// Tensors to tensors. `inputs` are in the signature's order, and so are the outputs; all share the first dimension.
    ///
    /// # Errors
    /// A fault, after which the instance must not be used again, or the model's refusal of its input.
    pub fn infer(&mut self, inputs: &[&Tensor]) -> Result<Vec<Tensor>, CallError> {
        let rows = inputs.first().map_or(0, |tensor| tensor.rows());
        let params: Vec<_> = inputs.iter().map(|&tensor| tensor.into()).collect();
        let start = Instant::now();
        let guest = self.plugin.scoregate_plugin_model();
        let outputs = guarded(&mut self.store, "infer", self.limits, |s| {
            guest.call_infer(s, &params)
        })?
        .map_err(|failure| refused(self.store.data(), "infer", failure.into()))?;
        self.metrics
            .call(Call::Infer, start.elapsed().as_secs_f64());
        let outputs: Vec<Tensor> = outputs.into_iter().map(Into::into).collect();
        self.check(&outputs, rows)
            .map_err(|detail| malformed(self.store.data(), detail))?;
        Ok(outputs)
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

    fn check(&self, outputs: &[Tensor], rows: u64) -> Result<(), String> {
        let specs = &self.signature.outputs;
        if outputs.len() != specs.len() {
            return Err(format!(
                "infer answered with {} tensors; its signature has {}",
                outputs.len(),
                specs.len()
            ));
        }
        for (tensor, spec) in std::iter::zip(outputs, specs) {
            tensor
                .check(spec)
                .map_err(|mismatch| format!("infer: {mismatch}"))?;
            if tensor.rows() != rows {
                return Err(format!(
                    "infer answered with {} rows of `{}` for {rows} rows of input",
                    tensor.rows(),
                    spec.name
                ));
            }
        }
        Ok(())
    }
}
