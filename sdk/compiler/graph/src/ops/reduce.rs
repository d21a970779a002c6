//! Many elements to few, along an axis.

use serde::{Deserialize, Serialize};

use super::Args;
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reduce {}

impl Reduce {
    pub(super) fn run<'v>(
        &self,
        _args: &mut Args<'_, 'v>,
        _made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        match *self {}
    }
}
