//! What a plugin says of itself, held against what the contract allows.

use std::collections::HashSet;

use serde::Serialize;
use thiserror::Error;

use crate::{
    limits::{DIMENSIONS_MAX_COUNT, PLUGIN_TEXT_MAX_BYTES, TENSORS_MAX_COUNT},
    plugin::text::capped,
    tensor::{Contract, Shape, Signature, TensorSpec},
};

/// A plugin's own name, version and description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Info {
    pub name: String,
    pub version: String,
    pub description: String,
}

impl Info {
    /// Texts of a plugin are bounded before anyone reads them.
    pub(super) fn new(name: String, version: String, description: String) -> Self {
        Self {
            name: capped(name, PLUGIN_TEXT_MAX_BYTES),
            version: capped(version, PLUGIN_TEXT_MAX_BYTES),
            description: capped(description, PLUGIN_TEXT_MAX_BYTES),
        }
    }
}

/// A description that breaks the contract.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DescribeError {
    #[error("its {list} are {count} tensors; expected 1 to {TENSORS_MAX_COUNT}")]
    Count { list: &'static str, count: usize },
    #[error(
        "tensor {index} of its {list} has a name of {bytes} bytes; expected 1 to {PLUGIN_TEXT_MAX_BYTES}"
    )]
    Name {
        list: &'static str,
        index: usize,
        bytes: usize,
    },
    #[error("its {list} have two tensors named `{name}`")]
    Twice { list: &'static str, name: String },
    #[error(
        "tensor `{name}` of its {list} has the shape {shape}; expected 1 to {DIMENSIONS_MAX_COUNT} dimensions, of which the first is -1 (the batch) and the others are -1 or more than 0"
    )]
    Shape {
        list: &'static str,
        name: String,
        shape: String,
    },
    #[error("it asks for {count} headers; the limit is {TENSORS_MAX_COUNT}")]
    Headers { count: usize },
    #[error("it asks for a header whose name is `{name}`; expected letters, digits and hyphens")]
    Header { name: String },
}

/// Checks a model's signature.
pub fn check_signature(signature: &Signature) -> Result<(), DescribeError> {
    check_specs("inputs", &signature.inputs)?;
    check_specs("outputs", &signature.outputs)
}

/// Checks an adapter's contract; names of headers become lower case, as HTTP compares them.
pub fn check_contract(contract: &mut Contract) -> Result<(), DescribeError> {
    check_specs("features", &contract.features)?;
    check_specs("scores", &contract.scores)?;
    if contract.headers.len() > TENSORS_MAX_COUNT {
        return Err(DescribeError::Headers {
            count: contract.headers.len(),
        });
    }
    for name in &mut contract.headers {
        let plain = !name.is_empty()
            && name.len() <= PLUGIN_TEXT_MAX_BYTES
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !plain {
            return Err(DescribeError::Header {
                name: capped(name.clone(), 80),
            });
        }
        name.make_ascii_lowercase();
    }
    Ok(())
}

fn check_specs(list: &'static str, specs: &[TensorSpec]) -> Result<(), DescribeError> {
    if specs.is_empty() || specs.len() > TENSORS_MAX_COUNT {
        return Err(DescribeError::Count {
            list,
            count: specs.len(),
        });
    }
    let mut names = HashSet::new();
    for (index, spec) in specs.iter().enumerate() {
        let bytes = spec.name.len();
        if bytes == 0 || bytes > PLUGIN_TEXT_MAX_BYTES {
            return Err(DescribeError::Name { list, index, bytes });
        }
        if !names.insert(&spec.name) {
            return Err(DescribeError::Twice {
                list,
                name: spec.name.clone(),
            });
        }
        let fits = spec.shape.len() <= DIMENSIONS_MAX_COUNT
            && spec.shape.first() == Some(&-1)
            && spec.shape.iter().all(|&dim| dim == -1 || dim > 0);
        if !fits {
            return Err(DescribeError::Shape {
                list,
                name: spec.name.clone(),
                shape: capped(Shape(&spec.shape).to_string(), 80),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Datatype;

    fn spec(name: &str, shape: &[i64]) -> TensorSpec {
        TensorSpec {
            name: name.into(),
            datatype: Datatype::Fp32,
            shape: shape.into(),
        }
    }

    #[test]
    fn a_signature_that_breaks_the_contract_is_named() {
        let x = || spec("x", &[-1, 2]);
        let cases = [
            (vec![], "its inputs are 0 tensors"),
            (vec![spec("", &[-1])], "has a name of 0 bytes"),
            (vec![x(), x()], "two tensors named `x`"),
            (vec![spec("x", &[])], "has the shape []"),
            (vec![spec("x", &[2, -1])], "has the shape [2, -1]"),
            (vec![spec("x", &[-1, 0])], "has the shape [-1, 0]"),
            (vec![spec("x", &[-1, -2])], "has the shape [-1, -2]"),
            (vec![spec("x", &[-1; 9])], "1 to 8 dimensions"),
        ];
        for (inputs, expected) in cases {
            let signature = Signature {
                inputs,
                outputs: vec![x()],
            };
            let text = check_signature(&signature).unwrap_err().to_string();
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn header_names_become_lower_case() {
        let mut contract = Contract {
            features: vec![spec("x", &[-1, 2])],
            scores: vec![spec("y", &[-1])],
            headers: vec!["X-Device".into()],
        };
        check_contract(&mut contract).unwrap();
        assert_eq!(contract.headers, ["x-device"]);
        contract.headers = vec!["no\nname".into()];
        assert!(check_contract(&mut contract).is_err());
    }
}
