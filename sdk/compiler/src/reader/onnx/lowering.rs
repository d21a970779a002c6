//! A graph on its way to a program. Each operator is run, when it is read, on two made-up batches of different lengths: so datatypes and shapes
//! are what the kernel itself makes of them, an operator that does not fit its inputs is told of at its node, and a dimension that
//! differs between both is one that varies. What depends on no input is computed once and becomes a constant.

use std::collections::HashMap;

use scoregate_graph::blob::Blobs;
use scoregate_graph::data::Datatype;
use scoregate_graph::ops::{Args, Op};
use scoregate_graph::program::{ABSENT, Port};
use scoregate_graph::tensor::Tensor;

use super::node::Node;
use crate::error::CompileError;
use crate::graph_rows::Hints;

/// Rows of the two batches.
pub(super) const TRIAL_ROWS: [usize; 2] = [2, 3];

/// A value of the graph, by its number in [`Lowering`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub(crate) usize);

/// See the module.
#[derive(Debug, Default)]
pub struct Lowering {
    /// Large parts of operators.
    pub blobs: Blobs,
    pub(crate) ports: Vec<Port>,
    pub(crate) values: Vec<Known>,
    pub(crate) steps: Vec<Pending>,
    names: HashMap<String, Value>,
    /// Of ones and zeros that are made of categories, the places of the ones, where a step takes these.
    pub(super) places: HashMap<Value, Value>,
    /// What rows that test the model are made of.
    pub(crate) hints: Hints,
}

/// What is known of a value.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) from: From,
    /// What it is for each of [`TRIAL_ROWS`]; a constant has one.
    trials: Vec<Tensor<'static>>,
}

impl Known {
    /// The value itself, where it depends on no input.
    pub(crate) fn constant(&self) -> Option<&Tensor<'static>> {
        match self.from {
            From::Constant => self.trials.first(),
            From::Input | From::Step => None,
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Input,
    Constant,
    Step,
}

/// A step of the program to be.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) name: String,
    pub(crate) op: Op,
    pub(crate) inputs: Vec<Option<Value>>,
    pub(crate) outputs: Vec<Value>,
}

impl Lowering {
    /// Numbers that decide something, such as thresholds and keys: the self-check makes its rows of them.
    pub fn meet_numbers(&mut self, numbers: impl IntoIterator<Item = f64>) {
        self.hints.meet_numbers(numbers);
    }

    /// Likewise texts.
    pub fn meet_texts<T: AsRef<[u8]>>(&mut self, texts: impl IntoIterator<Item = T>) {
        self.hints.meet_texts(texts);
    }

    /// Adds an input of the model; `trials` are its made-up batches.
    pub(super) fn add_input(&mut self, port: Port, trials: Vec<Tensor<'static>>) -> Value {
        self.ports.push(port);
        self.add(From::Input, trials)
    }

    /// Adds a tensor of the model, or one that an operator needs.
    pub fn add_constant(&mut self, tensor: Tensor<'static>) -> Value {
        self.add(From::Constant, vec![tensor])
    }

    fn add(&mut self, from: From, trials: Vec<Tensor<'static>>) -> Value {
        self.values.push(Known { from, trials });
        Value(self.values.len() - 1)
    }

    /// Gives a value a name of the file.
    pub(super) fn name(&mut self, name: &str, value: Value) -> Result<(), String> {
        match self.names.insert(name.to_owned(), value) {
            None => Ok(()),
            Some(_) => Err(format!("`{name}` is made twice; each value has one origin")),
        }
    }

    pub(super) fn named(&self, name: &str) -> Option<Value> {
        self.names.get(name).copied()
    }

    /// An input of a node.
    ///
    /// # Errors
    /// One that is not given, or that nothing before the node makes.
    pub fn input(&self, node: &Node<'_>, at: usize) -> Result<Value, CompileError> {
        self.optional_input(node, at)?
            .ok_or_else(|| node.invalid(format!("input {at} is missing")))
    }

    /// An input of a node, where it is given.
    ///
    /// # Errors
    /// One that nothing before the node makes.
    pub fn optional_input(
        &self,
        node: &Node<'_>,
        at: usize,
    ) -> Result<Option<Value>, CompileError> {
        let Some(name) = node.proto.input.get(at).filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        self.named(name).map(Some).ok_or_else(|| {
            node.invalid(format!(
                "it takes `{name}`, which nothing before it makes; nodes stand in the order in which they run, and none waits for itself"
            ))
        })
    }

    /// All inputs of a node.
    ///
    /// # Errors
    /// As [`Lowering::input`].
    pub fn inputs(&self, node: &Node<'_>) -> Result<Vec<Value>, CompileError> {
        let count = node.proto.input.len();
        (0..count).map(|at| self.input(node, at)).collect()
    }

    /// Names an output of a node; one that the file does not name is nobody's.
    ///
    /// # Errors
    /// A name that another value has.
    pub fn bind(&mut self, node: &Node<'_>, at: usize, value: Value) -> Result<(), CompileError> {
        match node.proto.output.get(at) {
            Some(name) if !name.is_empty() => {
                self.name(name, value).map_err(|error| node.invalid(error))
            }
            _ => Ok(()),
        }
    }

    /// The value itself, where it depends on no input.
    pub fn constant(&self, value: Value) -> Option<&Tensor<'static>> {
        self.values[value.0].constant()
    }

    /// Where a value comes from.
    pub(crate) fn from(&self, value: Value) -> From {
        self.values[value.0].from
    }

    /// The step that gives a value.
    pub(super) fn maker(&self, value: Value) -> Option<&Pending> {
        // Steps give values in the order in which they stand.
        let after = self
            .steps
            .partition_point(|step| step.outputs.first() <= Some(&value));
        let step = self.steps.get(after.checked_sub(1)?)?;
        step.outputs.contains(&value).then_some(step)
    }

    /// What a value's elements are.
    pub fn datatype(&self, value: Value) -> Datatype {
        self.values[value.0].trials[0].datatype()
    }

    /// A value's dimensions; none for one that varies with the rows.
    pub fn shape(&self, value: Value) -> Vec<Option<usize>> {
        let mut trials = self.values[value.0].trials.iter();
        let first = trials.next().map(Tensor::shape);
        let dims = first.iter().flat_map(|shape| shape.dims().to_vec());
        let mut dims: Vec<Option<usize>> = dims.map(Some).collect();
        for trial in trials {
            let shape = trial.shape();
            // Another rank with other rows: nothing is fixed.
            dims.resize(shape.rank(), None);
            for (dim, found) in dims.iter_mut().zip(shape.dims()) {
                *dim = dim.filter(|dim| dim == found);
            }
        }
        dims
    }

    /// Which dimension of a value is the batch's: the first where it is, or else the only one that varies.
    pub(super) fn rows_dimension(&self, value: Value) -> Option<usize> {
        let known = &self.values[value.0];
        if known.from == From::Constant {
            return None;
        }
        let is_rows = |dim: usize| {
            let mut batches = known.trials.iter().zip(TRIAL_ROWS);
            batches.all(|(trial, rows)| trial.shape().dims().get(dim) == Some(&rows))
        };
        if is_rows(0) {
            return Some(0);
        }
        let shape = self.shape(value);
        let mut varying = (0..shape.len()).filter(|dim| shape[*dim].is_none());
        match (varying.next(), varying.next()) {
            (Some(dim), None) if is_rows(dim) => Some(dim),
            _ => None,
        }
    }

    /// Adds a step that gives one value.
    ///
    /// # Errors
    /// What the operator cannot do with inputs of these datatypes and shapes.
    pub fn push(
        &mut self,
        node: &Node<'_>,
        op: Op,
        inputs: &[Value],
    ) -> Result<Value, CompileError> {
        let inputs: Vec<Option<Value>> = inputs.iter().copied().map(Some).collect();
        match self.push_step(node, op, &inputs)?[..] {
            [value] => Ok(value),
            ref several => Err(node.invalid(format!(
                "it gives {} values where it should give one",
                several.len()
            ))),
        }
    }

    /// Adds a step; some of its inputs may be left out.
    ///
    /// # Errors
    /// As [`Lowering::push`].
    pub fn push_step(
        &mut self,
        node: &Node<'_>,
        op: Op,
        inputs: &[Option<Value>],
    ) -> Result<Vec<Value>, CompileError> {
        self.push_named(node, node.label(), op, inputs)
    }

    /// Adds a step that messages tell of by another name than the node's.
    ///
    /// # Errors
    /// As [`Lowering::push`].
    pub(super) fn push_named(
        &mut self,
        node: &Node<'_>,
        name: String,
        op: Op,
        inputs: &[Option<Value>],
    ) -> Result<Vec<Value>, CompileError> {
        let ready = op.ready(self.blobs.bytes());
        let ready = ready.map_err(|error| node.invalid(error))?;
        let folded = inputs
            .iter()
            .flatten()
            .all(|value| self.values[value.0].from == From::Constant);
        let batches = if folded { 1 } else { TRIAL_ROWS.len() };
        let mut outputs: Vec<Vec<Tensor<'static>>> = Vec::new();
        for batch in 0..batches {
            let mut values: Vec<Option<Tensor<'_>>> = Vec::with_capacity(inputs.len());
            let ids: Vec<u32> = inputs
                .iter()
                .map(|input| {
                    let Some(value) = input else { return ABSENT };
                    let trials = &self.values[value.0].trials;
                    let trial = trials.get(batch).or(trials.first());
                    values.push(trial.map(Tensor::borrowed));
                    values.len() as u32 - 1
                })
                .collect();
            let last = vec![false; ids.len()];
            let mut made = Vec::new();
            let mut args = Args::new(&mut values, &ids, &last);
            if !folded {
                args = args.on_trial();
            }
            ready
                .run(&mut args, &mut made)
                .map_err(|error| node.invalid(error))?;
            let made = made.into_iter().map(Tensor::into_owned);
            outputs.resize_with(made.len(), Vec::new);
            for (output, tensor) in outputs.iter_mut().zip(made) {
                output.push(tensor);
            }
        }
        drop(ready);
        let from = if folded { From::Constant } else { From::Step };
        let made: Vec<Value> = outputs
            .into_iter()
            .map(|trials| self.add(from, trials))
            .collect();
        if !folded {
            self.steps.push(Pending {
                name,
                op,
                inputs: inputs.to_vec(),
                outputs: made.clone(),
            });
        }
        Ok(made)
    }
}
