//! What a step is given: values that it looks at, or uses up where no later step takes them.

use crate::data::Data;
use crate::program::{ABSENT, ValueId};
use crate::tensor::Tensor;

/// A step's inputs.
#[derive(Debug)]
pub struct Args<'r, 'v> {
    values: &'r mut [Option<Tensor<'v>>],
    inputs: &'r [ValueId],
    last: &'r [bool],
    trial: bool,
}

impl<'r, 'v> Args<'r, 'v> {
    /// `last` tells of each input whether this step is the last one to take it.
    pub fn new(
        values: &'r mut [Option<Tensor<'v>>],
        inputs: &'r [ValueId],
        last: &'r [bool],
    ) -> Self {
        Self {
            values,
            inputs,
            last,
            trial: false,
        }
    }

    /// The same with made-up values, by which the compiler finds shapes: nothing may be refused for what its elements are.
    #[must_use]
    pub fn on_trial(mut self) -> Self {
        self.trial = true;
        self
    }

    /// Whether the values are made up.
    pub fn is_trial(&self) -> bool {
        self.trial
    }

    /// How many inputs there are, those that are not given included.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// An input to look at.
    ///
    /// # Errors
    /// One that is not given.
    pub fn get(&self, at: usize) -> Result<&Tensor<'v>, String> {
        self.optional(at)
            .ok_or_else(|| format!("input {at} is missing"))
    }

    /// An input to look at, where it is given.
    pub fn optional(&self, at: usize) -> Option<&Tensor<'v>> {
        let id = *self.inputs.get(at)?;
        if id == ABSENT {
            return None;
        }
        self.values.get(id as usize)?.as_ref()
    }

    /// Whether [`Args::take`] moves an input whose elements can be overwritten; never where this step takes the same value twice.
    pub fn is_spare(&self, at: usize) -> bool {
        let Some(id) = self.inputs.get(at) else {
            return false;
        };
        self.last.get(at) == Some(&true)
            && self
                .optional(at)
                .is_some_and(|value| value.data().is_owned())
            && self.inputs.iter().filter(|other| *other == id).count() == 1
    }

    /// A list of whole numbers: a shape, axes, indices.
    ///
    /// # Errors
    /// One that is not given, or of another datatype.
    pub fn whole(&self, at: usize) -> Result<Vec<i64>, String> {
        match self.get(at)?.data() {
            Data::I64(data) => Ok(data.to_vec()),
            Data::I32(data) => Ok(data.iter().map(|value| i64::from(*value)).collect()),
            other => Err(format!(
                "input {at} is of {} where whole numbers are needed",
                other.datatype().name()
            )),
        }
    }

    /// An input to keep: moved where nothing else needs it, else copied.
    ///
    /// # Errors
    /// One that is not given.
    pub fn take(&mut self, at: usize) -> Result<Tensor<'v>, String> {
        if self.last.get(at) == Some(&true)
            && let Some(id) = self.inputs.get(at)
            && let Some(value) = self.values.get_mut(*id as usize).and_then(Option::take)
        {
            return Ok(value);
        }
        self.get(at).cloned()
    }
}
