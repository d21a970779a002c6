//! A named slot: which release of a plugin is active.

use arc_swap::ArcSwapOption;
use serde::Serialize;

use super::{check::Kind, describe::Info, parts::Settings, release::Release};
use crate::{
    fault::FaultKind,
    release::ReleaseName,
    tensor::{Contract, Signature, TensorSpec},
};

/// See the module. A first load is a swap from nothing.
pub struct Slot {
    pub settings: Settings,
    active: ArcSwapOption<Release>,
}

impl Slot {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            active: ArcSwapOption::empty(),
        }
    }

    pub fn name(&self) -> &str {
        &self.settings.slot
    }

    /// Makes a release the active one; what still runs on the one before drains by its last reference.
    pub fn activate(&self, release: Release) {
        self.active.store(Some(std::sync::Arc::new(release)));
    }

    pub fn active(&self) -> Option<Release> {
        self.active.load_full().map(|release| (*release).clone())
    }

    pub fn status(&self) -> SlotStatus {
        SlotStatus {
            name: self.name().to_owned(),
            memory_max_bytes: self.settings.memory_max_bytes,
            call_deadline_ms: self.settings.call_deadline_ms,
            result_max_bytes: self.settings.result_max_bytes,
            active: self.active().map(|release| ReleaseStatus::of(&release)),
        }
    }
}

/// What operators see of a slot.
#[derive(Debug, Serialize)]
pub struct SlotStatus {
    pub name: String,
    pub memory_max_bytes: u64,
    pub call_deadline_ms: u64,
    pub result_max_bytes: u64,
    pub active: Option<ReleaseStatus>,
}

/// What operators see of a release.
#[derive(Debug, Serialize)]
pub struct ReleaseStatus {
    pub release: String,
    pub kind: Kind,
    #[serde(flatten)]
    pub info: Info,
    pub size_bytes: u64,
    #[serde(flatten)]
    pub face: Face,
    pub calls: u64,
    pub call_seconds: f64,
    pub faults: std::collections::BTreeMap<&'static str, u64>,
}

/// What a plugin takes and gives.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Face {
    Contract {
        features: Vec<SpecStatus>,
        scores: Vec<SpecStatus>,
        headers: Vec<String>,
    },
    Signature {
        inputs: Vec<SpecStatus>,
        outputs: Vec<SpecStatus>,
    },
}

/// A tensor's specification in the words of the Open Inference Protocol.
#[derive(Debug, Serialize)]
pub struct SpecStatus {
    pub name: String,
    pub datatype: &'static str,
    pub shape: Vec<i64>,
}

impl ReleaseStatus {
    pub fn of(release: &Release) -> Self {
        let parts = release.parts();
        Self {
            release: ReleaseName::as_str(&parts.name).to_owned(),
            kind: release.kind(),
            info: parts.info.clone(),
            size_bytes: parts.size_bytes,
            face: Face::of(release),
            calls: parts.metrics.calls(),
            call_seconds: parts.metrics.call_seconds(),
            faults: FaultKind::ALL
                .into_iter()
                .map(|kind| (kind.name(), parts.metrics.faults(kind)))
                .collect(),
        }
    }
}

impl Face {
    pub fn of(release: &Release) -> Self {
        match release {
            Release::Adapter(adapter) => Self::contract(&adapter.contract),
            Release::Model(model) => Self::signature(&model.signature),
        }
    }

    fn contract(contract: &Contract) -> Self {
        Face::Contract {
            features: specs(&contract.features),
            scores: specs(&contract.scores),
            headers: contract.headers.clone(),
        }
    }

    fn signature(signature: &Signature) -> Self {
        Face::Signature {
            inputs: specs(&signature.inputs),
            outputs: specs(&signature.outputs),
        }
    }
}

fn specs(specs: &[TensorSpec]) -> Vec<SpecStatus> {
    specs
        .iter()
        .map(|spec| SpecStatus {
            name: spec.name.clone(),
            datatype: spec.datatype.name(),
            shape: spec.shape.clone(),
        })
        .collect()
}
