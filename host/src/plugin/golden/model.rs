//! A case of a model.

use super::{compare, format::ModelCase};
use crate::{
    plugin::{call::CallError, model::ModelInstance},
    tensor::{Signature, Tensor},
};

/// Says what differs.
pub fn try_case(
    case: &ModelCase,
    instance: &mut ModelInstance,
    signature: &Signature,
    tolerance: f64,
) -> Result<(), String> {
    let inputs = compare::given("its `inputs`", &case.inputs, &signature.inputs)?;
    let inputs: Vec<&Tensor> = inputs.iter().collect();
    let outputs = instance.infer(&inputs).map_err(ended)?;
    let specs = &signature.outputs;
    compare::tensors("its `outputs`", &case.outputs, &outputs, specs, tolerance)
}

/// A call without a result, in a clause.
pub fn ended(error: CallError) -> String {
    match error {
        CallError::Fault(fault) => format!("{} ({})", fault.detail, fault.kind.name()),
        CallError::InvalidInput(reason) => format!("the plugin refuses the input: {reason}"),
        CallError::NoRoom => "there is no room for its instance".to_owned(),
    }
}
