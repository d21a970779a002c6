//! A request's inputs, held against the model's signature and put into its order.

use super::{
    super::problem::{Problem, echo},
    data,
    request::{Input, Request},
};
use crate::tensor::{Datatype, Shape, Signature, Tensor, TensorSpec};

/// The tensors of a request in the order of the signature. Names, datatypes, shapes and lengths are right afterwards.
pub(super) fn bind(
    request: &Request<'_>,
    model: &str,
    signature: &Signature,
) -> Result<Vec<Tensor>, Problem> {
    let mut tensors: Vec<Option<Tensor>> = vec![None; signature.inputs.len()];
    let mut binary = request.binary;
    for input in &request.inputs {
        let at = signature
            .inputs
            .iter()
            .position(|spec| spec.name == input.name)
            .ok_or_else(|| unknown(input, model, signature))?;
        if tensors[at].is_some() {
            return Err(Problem::bad_request(format!(
                "input `{}` was given more than once",
                echo(&input.name)
            )));
        }
        tensors[at] = Some(tensor(input, &signature.inputs[at], &mut binary)?);
    }
    if !binary.is_empty() {
        return Err(Problem::bad_request(format!(
            "{} bytes follow the binary data of the last input",
            binary.len()
        )));
    }
    let tensors: Vec<Tensor> = std::iter::zip(tensors, &signature.inputs)
        .map(|(tensor, spec)| {
            tensor.ok_or_else(|| {
                Problem::bad_request(format!(
                    "model `{model}` needs the input {spec}, which is missing"
                ))
            })
        })
        .collect::<Result<_, _>>()?;
    same_rows(&tensors, signature)?;
    Ok(tensors)
}

/// All inputs share the first dimension: the batch.
fn same_rows(tensors: &[Tensor], signature: &Signature) -> Result<(), Problem> {
    let mut named = std::iter::zip(tensors, &signature.inputs);
    let Some((first, first_spec)) = named.next() else {
        return Ok(());
    };
    match named.find(|(tensor, _)| tensor.rows() != first.rows()) {
        None => Ok(()),
        Some((tensor, spec)) => Err(Problem::bad_request(format!(
            "input `{}` has {} rows, input `{}` has {}; expected as many",
            spec.name,
            tensor.rows(),
            first_spec.name,
            first.rows()
        ))),
    }
}

fn unknown(input: &Input<'_>, model: &str, signature: &Signature) -> Problem {
    let has: Vec<String> = signature.inputs.iter().map(TensorSpec::to_string).collect();
    Problem::bad_request(format!(
        "model `{model}` has no input `{}`: it has {}",
        echo(&input.name),
        has.join(", ")
    ))
}

fn tensor(input: &Input<'_>, spec: &TensorSpec, binary: &mut &[u8]) -> Result<Tensor, Problem> {
    if input.datatype != spec.datatype.name() {
        return Err(Problem::bad_request(format!(
            "input `{}` is of {}, expected {}",
            spec.name,
            echo(&input.datatype),
            spec.datatype
        )));
    }
    // The shape before the data: it says how much data there must be.
    let fits = input.shape.len() == spec.shape.len()
        && std::iter::zip(&input.shape, &spec.shape)
            .all(|(&actual, &expected)| expected < 0 || actual == expected as u64);
    if !fits {
        let shape = &input.shape[..input.shape.len().min(16)];
        return Err(Problem::bad_request(format!(
            "input `{}` has the shape {}{}, expected {}",
            spec.name,
            Shape(shape),
            if shape.len() < input.shape.len() {
                "…"
            } else {
                ""
            },
            Shape(&spec.shape)
        )));
    }
    let data = match (input.binary_data_size(), input.data) {
        (Some(size), None) => split(binary, size, &spec.name)?.to_vec(),
        (None, Some(json)) => data::read(json.get(), spec, &input.shape)?,
        (Some(_), Some(_)) => {
            return Err(Problem::bad_request(format!(
                "input `{}` has both data and a binary_data_size",
                spec.name
            )));
        }
        (None, None) => {
            return Err(Problem::bad_request(format!(
                "input `{}` has neither data nor a binary_data_size",
                spec.name
            )));
        }
    };
    let tensor = Tensor {
        shape: input.shape.clone(),
        data,
    };
    tensor
        .check(spec)
        .map_err(|mismatch| Problem::bad_request(mismatch.to_string()))?;
    if spec.datatype == Datatype::Bool && tensor.data.iter().any(|&byte| byte > 1) {
        return Err(Problem::bad_request(format!(
            "input `{}`: a BOOL is a byte of 0 or 1",
            spec.name
        )));
    }
    Ok(tensor)
}

/// Takes the binary data of one input.
fn split<'a>(binary: &mut &'a [u8], size: u64, name: &str) -> Result<&'a [u8], Problem> {
    let taken = usize::try_from(size)
        .ok()
        .and_then(|size| binary.split_at_checked(size));
    let Some((taken, rest)) = taken else {
        return Err(Problem::bad_request(format!(
            "input `{name}` claims {size} bytes of binary data, {} are left",
            binary.len()
        )));
    };
    *binary = rest;
    Ok(taken)
}

#[cfg(test)]
mod tests;
