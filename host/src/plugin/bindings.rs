//! The WIT contract as Rust types, made by wasmtime's macro, and its conversions to the host's own types.

use super::failure::Failure;
use crate::tensor::{Contract, Datatype, Signature, Tensor, TensorSpec};

/// The world of models.
pub mod model {
    wasmtime::component::bindgen!({
        world: "model-plugin",
        path: "../wit",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

/// The world of adapters.
pub mod adapter {
    wasmtime::component::bindgen!({
        world: "adapter-plugin",
        path: "../wit",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

/// The macro makes each world its own copy of the shared types: one conversion serves both.
macro_rules! conversions {
    ($world:ident) => {
        const _: () = {
            use $world::scoregate::plugin::types as wit;

            impl From<wit::Datatype> for Datatype {
                fn from(datatype: wit::Datatype) -> Self {
                    match datatype {
                        wit::Datatype::Boolean => Datatype::Bool,
                        wit::Datatype::Uint8 => Datatype::Uint8,
                        wit::Datatype::Uint16 => Datatype::Uint16,
                        wit::Datatype::Uint32 => Datatype::Uint32,
                        wit::Datatype::Uint64 => Datatype::Uint64,
                        wit::Datatype::Int8 => Datatype::Int8,
                        wit::Datatype::Int16 => Datatype::Int16,
                        wit::Datatype::Int32 => Datatype::Int32,
                        wit::Datatype::Int64 => Datatype::Int64,
                        wit::Datatype::Fp16 => Datatype::Fp16,
                        wit::Datatype::Fp32 => Datatype::Fp32,
                        wit::Datatype::Fp64 => Datatype::Fp64,
                        wit::Datatype::Bytes => Datatype::Bytes,
                    }
                }
            }

            impl From<wit::TensorSpec> for TensorSpec {
                fn from(spec: wit::TensorSpec) -> Self {
                    TensorSpec {
                        name: spec.name,
                        datatype: spec.datatype.into(),
                        shape: spec.shape,
                    }
                }
            }

            impl From<wit::TensorResult> for Tensor {
                fn from(tensor: wit::TensorResult) -> Self {
                    Tensor {
                        shape: tensor.shape,
                        data: tensor.data,
                    }
                }
            }

            impl<'a> From<&'a Tensor> for wit::TensorParam<'a> {
                fn from(tensor: &'a Tensor) -> Self {
                    wit::TensorParam {
                        shape: &tensor.shape,
                        data: &tensor.data,
                    }
                }
            }

            impl From<wit::Failure> for Failure {
                fn from(failure: wit::Failure) -> Self {
                    match failure {
                        wit::Failure::InvalidInput(reason) => Failure::InvalidInput(reason),
                        wit::Failure::Internal(reason) => Failure::Internal(reason),
                    }
                }
            }
        };
    };
}

conversions!(model);
conversions!(adapter);

impl From<model::exports::scoregate::plugin::model::Signature> for Signature {
    fn from(signature: model::exports::scoregate::plugin::model::Signature) -> Self {
        Signature {
            inputs: specs(signature.inputs),
            outputs: specs(signature.outputs),
        }
    }
}

impl From<adapter::exports::scoregate::plugin::adapter::Contract> for Contract {
    fn from(contract: adapter::exports::scoregate::plugin::adapter::Contract) -> Self {
        Contract {
            features: specs(contract.features),
            scores: specs(contract.scores),
            headers: contract.headers,
        }
    }
}

fn specs<S: Into<TensorSpec>>(specs: Vec<S>) -> Vec<TensorSpec> {
    specs.into_iter().map(Into::into).collect()
}
