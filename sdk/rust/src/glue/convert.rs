//! From the generated types to the SDK's and back. Buffers are moved, never copied.

use crate::bindings::adapter::exports::scoregate::plugin::adapter as wit_adapter;
use crate::bindings::adapter::scoregate::plugin::types as wit;
use crate::bindings::plugin::exports::scoregate::plugin::plugin as wit_plugin;
use crate::{Contract, Datatype, Event, Failure, Info, Outcome, Tensor, TensorSpec, TensorView};

impl From<Datatype> for wit::Datatype {
    fn from(datatype: Datatype) -> Self {
        match datatype {
            Datatype::Bool => Self::Boolean,
            Datatype::Uint8 => Self::Uint8,
            Datatype::Uint16 => Self::Uint16,
            Datatype::Uint32 => Self::Uint32,
            Datatype::Uint64 => Self::Uint64,
            Datatype::Int8 => Self::Int8,
            Datatype::Int16 => Self::Int16,
            Datatype::Int32 => Self::Int32,
            Datatype::Int64 => Self::Int64,
            Datatype::Fp16 => Self::Fp16,
            Datatype::Fp32 => Self::Fp32,
            Datatype::Fp64 => Self::Fp64,
            Datatype::Bytes => Self::Bytes,
        }
    }
}

impl From<TensorSpec> for wit::TensorSpec {
    fn from(spec: TensorSpec) -> Self {
        Self {
            name: spec.name,
            datatype: spec.datatype.into(),
            shape: spec.shape,
        }
    }
}

impl From<Tensor> for wit::Tensor {
    fn from(tensor: Tensor) -> Self {
        Self {
            shape: tensor.shape,
            data: tensor.data,
        }
    }
}

impl From<Failure> for wit::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::InvalidInput(reason) => Self::InvalidInput(reason),
            Failure::Internal(reason) => Self::Internal(reason),
        }
    }
}

impl From<Info> for wit_plugin::Info {
    fn from(info: Info) -> Self {
        Self {
            name: info.name,
            version: info.version,
            description: info.description,
        }
    }
}

impl From<Contract> for wit_adapter::Contract {
    fn from(contract: Contract) -> Self {
        Self {
            features: contract.features.into_iter().map(Into::into).collect(),
            scores: contract.scores.into_iter().map(Into::into).collect(),
            headers: contract.headers,
        }
    }
}

impl From<Outcome> for wit_adapter::Outcome {
    #[inline]
    fn from(outcome: Outcome) -> Self {
        Self {
            score: outcome.score,
            decision: outcome.decision,
            payload: outcome.payload,
            route: outcome.route,
        }
    }
}

impl<'a> From<&'a wit_adapter::Event> for Event<'a> {
    #[inline]
    fn from(event: &'a wit_adapter::Event) -> Self {
        let mut borrowed = Self::new(&event.payload)
            .with_timestamp_ms(event.timestamp_ms)
            .with_headers(&event.headers);
        borrowed.key = event.key.as_deref();
        borrowed
    }
}

/// Sees the host's tensors as those that the specs announce.
pub fn views<'a>(
    tensors: &'a [wit::Tensor],
    specs: &[TensorSpec],
    what: &str,
) -> Result<Vec<TensorView<'a>>, Failure> {
    if tensors.len() != specs.len() {
        let (found, wanted) = (tensors.len(), specs.len());
        return Err(Failure::InvalidInput(format!(
            "there are {found} {what} tensors where there should be {wanted}"
        )));
    }
    let pairs = tensors.iter().zip(specs);
    pairs
        .map(|(tensor, spec)| TensorView::new(spec.datatype, &tensor.shape, &tensor.data))
        .collect()
}
