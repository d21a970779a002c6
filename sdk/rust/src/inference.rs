//! One call of a model on plain types: what the exported plugin does, for tests and benchmarks on a native target as well.

use crate::{Failure, Model, Signature, Tensor, TensorView};

/// Calls the model and holds it to its signature: number, datatype and length of what goes in and of what comes out.
///
/// # Errors
/// The model's own; [`Failure::InvalidInput`] where the inputs are not those of the signature;
/// [`Failure::Internal`] where the outputs are not.
pub fn run<M: Model>(
    model: &M,
    signature: &Signature,
    inputs: &[TensorView<'_>],
) -> Result<Vec<Tensor>, Failure> {
    if inputs.len() != signature.inputs.len() {
        let (found, wanted) = (inputs.len(), signature.inputs.len());
        return Err(Failure::InvalidInput(format!(
            "the model got {found} inputs, but its signature has {wanted}"
        )));
    }
    for (input, spec) in inputs.iter().zip(&signature.inputs) {
        if input.datatype() != spec.datatype {
            let (name, found, wanted) = (&spec.name, input.datatype(), spec.datatype);
            return Err(Failure::InvalidInput(format!(
                "input `{name}` is {found}, but the signature says {wanted}"
            )));
        }
    }
    let outputs = model.infer(inputs)?;
    if outputs.len() != signature.outputs.len() {
        let (found, wanted) = (outputs.len(), signature.outputs.len());
        return Err(Failure::Internal(format!(
            "the model gave {found} outputs, but its signature has {wanted}"
        )));
    }
    for (output, spec) in outputs.iter().zip(&signature.outputs) {
        if let Err(why) = output.view(spec.datatype) {
            return Err(Failure::Internal(format!(
                "the model's output `{}` is malformed: {why}",
                spec.name
            )));
        }
    }
    Ok(outputs)
}
