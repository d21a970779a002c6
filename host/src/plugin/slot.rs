//! What operators see of a named slot and of a release in it.

use serde::Serialize;

use super::{check::Kind, describe::Info, parts::Settings, release::Release};
use crate::{
    fault::FaultKind,
    release::ReleaseName,
    tensor::{Contract, Signature, TensorSpec},
};

/// What operators see of a slot.
#[derive(Debug, Serialize)]
pub struct SlotStatus {
    pub name: String,
    pub memory_max_bytes: u64,
    pub call_deadline_ms: u64,
    pub result_max_bytes: u64,
    pub active: ReleaseStatus,
}

impl SlotStatus {
    pub fn of(settings: &Settings, active: &Release) -> Self {
        Self {
            name: settings.slot.clone(),
            memory_max_bytes: settings.memory_max_bytes,
            call_deadline_ms: settings.call_deadline_ms,
            result_max_bytes: settings.result_max_bytes,
            active: ReleaseStatus::of(active),
        }
    }
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
