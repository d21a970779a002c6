use crate::{Contract, Tensor, TensorBuilder};

/// Where `preprocess` puts the features of one event: a row of each tensor that the contract names, in its order.
#[derive(Debug)]
pub struct Features {
    tensors: Vec<TensorBuilder>,
    /// Takes what is meant for a tensor that the contract does not have, so that asking for one need not panic.
    stray: TensorBuilder,
    stray_index: Option<usize>,
}

impl Features {
    /// Appends to the first tensor.
    #[inline]
    pub fn push_f32(&mut self, value: f32) {
        self.tensor(0).push_f32(value);
    }

    /// Appends to the first tensor.
    #[inline]
    pub fn extend_f32(&mut self, values: &[f32]) {
        self.tensor(0).extend_f32(values);
    }

    /// The tensor at that place in the contract. Where there is none the batch fails with a message that says so.
    #[inline]
    pub fn tensor(&mut self, index: usize) -> &mut TensorBuilder {
        match self.tensors.get_mut(index) {
            Some(tensor) => tensor,
            None => {
                self.stray_index = Some(index);
                &mut self.stray
            }
        }
    }

    pub(crate) fn new(contract: &Contract, rows: usize) -> Result<Self, String> {
        let tensors = contract
            .features
            .iter()
            .map(|spec| TensorBuilder::new(spec, rows))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            tensors,
            stray: TensorBuilder::stray(),
            stray_index: None,
        })
    }

    /// Ends the event's row of each tensor, or says which tensor (by name) got what.
    #[inline]
    pub(crate) fn close_row(&mut self, contract: &Contract) -> Result<(), String> {
        if let Some(index) = self.stray_index {
            let count = self.tensors.len();
            return Err(format!(
                "feature tensor {index} was written to, but the contract has {count}, counted from 0"
            ));
        }
        for (tensor, spec) in self.tensors.iter_mut().zip(&contract.features) {
            tensor
                .close_row()
                .map_err(|why| format!("feature `{}` {why}", spec.name))?;
        }
        Ok(())
    }

    pub(crate) fn roll_back(&mut self) {
        self.stray_index = None;
        for tensor in self.tensors.iter_mut().chain([&mut self.stray]) {
            tensor.roll_back();
        }
    }

    pub(crate) fn finish(self, contract: &Contract, rows: usize) -> Vec<Tensor> {
        let tensors = self.tensors.into_iter().zip(&contract.features);
        tensors
            .map(|(tensor, spec)| tensor.finish(spec, rows))
            .collect()
    }
}
