//! Products of matrices, distances.

use serde::{Deserialize, Serialize};

use super::Args;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Algebra {}

impl Algebra {
    pub(super) fn run<'v>(
        &self,
        _args: &mut Args<'_, 'v>,

    ) -> Result<Tensor<'v>, String> {
        match *self {}
    }
}
