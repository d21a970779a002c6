//! What a model gives for each row, as columns.

use anyhow::bail;

use super::plan::element_name;
use crate::tensor::{Datatype, Signature, Tensor, TensorSpec};

/// See the module.
#[derive(Debug, PartialEq)]
pub struct Given {
    pub outputs: Vec<Output>,
}

#[derive(Debug, PartialEq)]
pub struct Output {
    pub name: String,
    pub datatype: Datatype,
    /// The columns of its values.
    pub columns: Vec<String>,
}

impl Given {
    /// By the tensors that came, since a signature may leave lengths open; without any rows by the signature alone.
    pub fn of(signature: &Signature, tensors: Option<&[Tensor]>) -> anyhow::Result<Self> {
        let output = |(nth, spec): (usize, &TensorSpec)| {
            if spec.datatype == Datatype::Fp16 {
                bail!(
                    "its output `{}` is FP16, which has no written form",
                    spec.name
                );
            }
            let width = match tensors {
                Some(tensors) => width(&tensors[nth]),
                None => spec
                    .shape
                    .iter()
                    .skip(1)
                    .map(|&dim| dim.max(1) as usize)
                    .product(),
            };
            Ok(Output {
                name: spec.name.clone(),
                datatype: spec.datatype,
                columns: (0..width)
                    .map(|nth| element_name(&spec.name, nth, width))
                    .collect(),
            })
        };
        let outputs = signature.outputs.iter().enumerate().map(output);
        Ok(Self {
            outputs: outputs.collect::<anyhow::Result<_>>()?,
        })
    }

    /// Later rows must be as long as the first.
    pub fn check(&self, tensors: &[Tensor]) -> anyhow::Result<()> {
        for (output, tensor) in self.outputs.iter().zip(tensors) {
            if width(tensor) != output.columns.len() {
                bail!(
                    "the model gives {} values of `{}` for a row, and gave {} for those before",
                    width(tensor),
                    output.name,
                    output.columns.len()
                );
            }
        }
        Ok(())
    }

    pub fn columns(&self) -> impl Iterator<Item = &String> {
        self.outputs.iter().flat_map(|output| &output.columns)
    }
}

/// Values of a row.
fn width(tensor: &Tensor) -> usize {
    tensor.shape[1..].iter().product::<u64>() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_of_several_values_has_several_columns() {
        let spec = |name: &str, shape: &[i64]| TensorSpec {
            name: name.into(),
            datatype: Datatype::Fp32,
            shape: shape.into(),
        };
        let signature = Signature {
            inputs: Vec::new(),
            outputs: vec![spec("label", &[-1]), spec("probability", &[-1, -1])],
        };
        let tensor = |shape: &[u64]| Tensor {
            shape: shape.into(),
            data: Vec::new(),
        };
        let came = [tensor(&[5]), tensor(&[5, 3])];
        let given = Given::of(&signature, Some(&came)).unwrap();
        let names: Vec<_> = given.columns().collect();
        assert_eq!(
            names,
            ["label", "probability_0", "probability_1", "probability_2"]
        );
        assert!(given.check(&came).is_ok());
        assert!(given.check(&[tensor(&[5]), tensor(&[5, 2])]).is_err());
    }
}
