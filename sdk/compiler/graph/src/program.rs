//! What the compiler writes and the kernel runs: steps in order, each with the values that it takes.
//!
//! Values are numbered: the inputs, then the constants, then what each step gives, in order.

use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::data::Datatype;
use crate::ops::Op;

/// The number of a value.
pub type ValueId = u32;

/// Stands for an optional input that is not given.
pub const ABSENT: ValueId = ValueId::MAX;

/// A whole model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The model's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One sentence about it.
    pub description: String,
    /// What it takes.
    pub inputs: Vec<Port>,
    /// What does not depend on the inputs.
    pub constants: Vec<Constant>,
    /// In the order in which they run.
    pub steps: Vec<Step>,
    /// What it gives.
    pub outputs: Vec<Output>,
}

/// An input or an output as the signature tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// What its elements are.
    pub datatype: Datatype,
    /// Its dimensions; the first is the batch, -1.
    pub shape: Vec<i64>,
}

/// An output and the value that it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// As the signature tells it.
    pub port: Port,
    /// Which value it is.
    pub value: ValueId,
}

/// A tensor of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    /// What its elements are.
    pub datatype: Datatype,
    /// Its dimensions.
    pub shape: Vec<u32>,
    /// Its elements.
    pub data: Blob,
}

impl Step {
    /// The operator without the node's name.
    pub fn operator(&self) -> &str {
        match self.name.rsplit_once('(') {
            Some((_, operator)) => operator.trim_end_matches(')'),
            None => &self.name,
        }
    }
}

/// One operator at work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it is called in messages: the operator and the node's name.
    pub name: String,
    /// What it does.
    pub op: Op,
    /// What it takes; [`ABSENT`] for an optional input that is not given.
    pub inputs: Vec<ValueId>,
    /// How many values it gives.
    pub outputs: u32,
}
