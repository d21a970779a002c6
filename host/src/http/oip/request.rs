//! An inference request as it is written: JSON, and binary data after it.

use std::{borrow::Cow, time::Duration};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::{
    caller::DEADLINE_MAX_MS,
    problem::{Problem, echo},
};
use crate::tensor::Signature;

/// A request whose JSON was read; the data of its tensors was not yet.
#[derive(Debug, Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow, default)]
    pub id: Option<Cow<'a, str>>,
    #[serde(default)]
    parameters: Option<Parameters>,
    #[serde(borrow)]
    pub inputs: Vec<Input<'a>>,
    #[serde(borrow, default)]
    outputs: Option<Vec<Output<'a>>>,
    /// What follows the JSON.
    #[serde(skip)]
    pub binary: &'a [u8],
}

/// Of the request; those that we do not know are for others.
#[derive(Debug, Default, Deserialize)]
struct Parameters {
    /// Microseconds, 0 for none: as Triton has it.
    timeout: Option<u64>,
    binary_data_output: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Input<'a> {
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    #[serde(borrow)]
    pub datatype: Cow<'a, str>,
    pub shape: Vec<u64>,
    #[serde(default)]
    parameters: Option<InputParameters>,
    /// Kept as text until its datatype is known: it may come before it.
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct InputParameters {
    binary_data_size: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    parameters: Option<OutputParameters>,
}

#[derive(Debug, Deserialize)]
struct OutputParameters {
    binary_data: Option<bool>,
}

/// An output that the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Its place in the signature.
    pub at: usize,
    pub binary: bool,
}

impl<'a> Request<'a> {
    /// Reads the JSON: the whole body, or its first `header_length` bytes.
    pub(super) fn read(body: &'a [u8], header_length: Option<usize>) -> Result<Self, Problem> {
        let (json, binary) = match header_length {
            None => (body, &[][..]),
            Some(length) => body.split_at_checked(length).ok_or_else(|| {
                Problem::bad_request(format!(
                    "Inference-Header-Content-Length is {length}, but the body has {} bytes",
                    body.len()
                ))
            })?,
        };
        let json = std::str::from_utf8(json)
            .map_err(|_| Problem::bad_request("the request is not UTF-8"))?;
        // Serde would also take an array of the members' values in their order.
        if !json.trim_ascii_start().starts_with('{') {
            return Err(Problem::bad_request(
                "the request is no inference request in JSON: expected an object",
            ));
        }
        let mut request: Self = serde_json::from_str(json).map_err(|error| {
            let reason: String = error.to_string().chars().take(200).collect();
            Problem::bad_request(format!(
                "the request is no inference request in JSON: {reason}"
            ))
        })?;
        request.binary = binary;
        if header_length.is_none()
            && let Some(input) = request.inputs.iter().find(|input| input.is_binary())
        {
            return Err(Problem::bad_request(format!(
                "input `{}` has a binary_data_size, but the request has no Inference-Header-Content-Length",
                echo(&input.name)
            )));
        }
        Ok(request)
    }

    /// The caller's patience, if it has an end.
    pub(super) fn timeout(&self) -> Option<Duration> {
        let timeout_us = self.parameters.as_ref()?.timeout.filter(|&us| us > 0)?;
        Some(Duration::from_micros(timeout_us).min(Duration::from_millis(DEADLINE_MAX_MS)))
    }

    /// The outputs that the caller wants, in that order: all of them where none is named.
    pub(super) fn outputs(
        &self,
        model: &str,
        signature: &Signature,
    ) -> Result<Vec<Asked>, Problem> {
        let binary = self
            .parameters
            .as_ref()
            .and_then(|parameters| parameters.binary_data_output)
            .unwrap_or(false);
        let named = self.outputs.as_deref().unwrap_or_default();
        if named.is_empty() {
            return Ok((0..signature.outputs.len())
                .map(|at| Asked { at, binary })
                .collect());
        }
        let mut asked: Vec<Asked> = Vec::new();
        for output in named {
            let at = signature
                .outputs
                .iter()
                .position(|spec| spec.name == output.name)
                .ok_or_else(|| {
                    let has: Vec<&str> = signature.outputs.iter().map(|spec| &*spec.name).collect();
                    Problem::bad_request(format!(
                        "model `{model}` has no output `{}`: it has {}",
                        echo(&output.name),
                        has.join(", ")
                    ))
                })?;
            if asked.iter().any(|other| other.at == at) {
                return Err(Problem::bad_request(format!(
                    "output `{}` is asked for more than once",
                    echo(&output.name)
                )));
            }
            let own = output.parameters.as_ref().and_then(|p| p.binary_data);
            asked.push(Asked {
                at,
                binary: own.unwrap_or(binary),
            });
        }
        Ok(asked)
    }
}

impl Input<'_> {
    pub(super) fn is_binary(&self) -> bool {
        self.binary_data_size().is_some()
    }

    /// Bytes of this input after the JSON.
    pub(super) fn binary_data_size(&self) -> Option<u64> {
        self.parameters.as_ref()?.binary_data_size
    }
}
