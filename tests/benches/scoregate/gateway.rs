//! The gateway's own parts in this process: the engine and the sample's releases.

use std::sync::Arc;

use anyhow::Context as _;
use scoregate::{
    pipeline::Generation,
    plugin::{AdapterRelease, Cache, Engine, ModelRelease, Release, Settings},
    release::Digest,
    telemetry::Telemetry,
};

use crate::sample::Sample;

pub struct Parts {
    pub engine: Engine,
    pub telemetry: Arc<Telemetry>,
}

impl Parts {
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            engine: Engine::new()?,
            telemetry: Telemetry::new(),
        })
    }

    pub fn load(
        &self,
        slot: &str,
        component: &[u8],
        cache: Option<&Cache>,
    ) -> anyhow::Result<Release> {
        self.load_as(None, slot, component, cache)
    }

    /// As a gateway loads what its store keeps under a digest.
    pub fn load_as(
        &self,
        digest: Option<&Digest>,
        slot: &str,
        component: &[u8],
        cache: Option<&Cache>,
    ) -> anyhow::Result<Release> {
        let settings = Settings {
            slot: slot.to_owned(),
            config_json: "{}".to_owned(),
            memory_max_bytes: 128 << 20,
            call_deadline_ms: 1_000,
            result_max_bytes: 16 << 20,
        };
        Ok(Release::load_as(
            digest,
            &self.engine,
            cache,
            &self.telemetry,
            settings,
            component,
        )?)
    }

    pub fn adapter(&self, sample: &Sample) -> anyhow::Result<Arc<AdapterRelease>> {
        match self.load("payments", &sample.read("payments.wasm")?, None)? {
            Release::Adapter(adapter) => Ok(adapter),
            Release::Model(_) => anyhow::bail!("payments.wasm is a model"),
        }
    }

    pub fn model(&self, slot: &str, component: &[u8]) -> anyhow::Result<Arc<ModelRelease>> {
        match self.load(slot, component, None)? {
            Release::Model(model) => Ok(model),
            Release::Adapter(_) => anyhow::bail!("{slot} is an adapter"),
        }
    }

    pub fn generation(&self, sample: &Sample) -> anyhow::Result<Arc<Generation>> {
        let model = self.model("fraud", &sample.read("fraud.wasm")?)?;
        let generation = Generation::new(self.adapter(sample)?, model);
        Ok(Arc::new(
            generation
                .ok()
                .context("the sample's plugins fit each other")?,
        ))
    }
}
