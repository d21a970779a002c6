//! A model that is a whole graph of operators, as a program of the graph kernel.

use std::collections::{BTreeMap, BTreeSet};

use scoregate_graph::blob::Blobs;
use scoregate_graph::program::{ABSENT, Constant, Output, Port, Program, Step, ValueId};
use scoregate_graph::tables;

use crate::error::CompileError;
use crate::graph_rows::Hints;
use crate::reader::onnx::{From, Known, Lowering, Pending, Value};

/// A graph, checked by the reader that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphModel {
    /// What wrote the file: `ONNX by skl2onnx 1.20.0`.
    pub origin: String,
    /// Its inputs, constants, steps and outputs; without names.
    pub program: Program,
    /// The constants' bytes.
    pub blobs: Blobs,
    /// Names of the inputs' columns, of all inputs one after the other; empty where nobody gave any.
    pub feature_names: Vec<String>,
    /// What rows that test it are made of.
    pub(crate) hints: Hints,
    /// What a user should know of the file, one sentence each.
    pub notes: Vec<String>,
}

impl GraphModel {
    /// The program of what an output needs; steps that serve none are left out.
    pub(crate) fn assemble(
        origin: String,
        lowering: Lowering,
        mut blobs: Blobs,
        outputs: Vec<(Port, Value)>,
        notes: Vec<String>,
    ) -> Result<Self, CompileError> {
        let (steps, needed) = serving(&lowering, &outputs);
        let mut program = Program {
            inputs: lowering.ports.clone(),
            ..Program::default()
        };
        // Inputs keep their order and their place, needed or not.
        let inputs = (0..lowering.values.len())
            .map(Value)
            .filter(|value| lowering.from(*value) == From::Input);
        let mut ids: BTreeMap<Value, ValueId> = BTreeMap::new();
        for value in inputs {
            ids.insert(value, ids.len() as ValueId);
        }
        for value in &needed {
            let Some(tensor) = lowering.constant(*value) else {
                continue;
            };
            let data = blobs.put_data(tensor.data());
            program.constants.push(Constant {
                datatype: tensor.datatype(),
                shape: tensor
                    .shape()
                    .dims()
                    .iter()
                    .map(|dim| *dim as u32)
                    .collect(),
                data: data.map_err(CompileError::Unsupported)?,
            });
            ids.insert(*value, ids.len() as ValueId);
        }
        for step in steps {
            program.steps.push(Step {
                name: step.name.clone(),
                op: step.op.clone(),
                inputs: step
                    .inputs
                    .iter()
                    .map(|input| input.map_or(ABSENT, |value| ids[&value]))
                    .collect(),
                outputs: step.outputs.len() as u32,
            });
            for value in &step.outputs {
                ids.insert(*value, ids.len() as ValueId);
            }
        }
        program.outputs = outputs
            .into_iter()
            .map(|(port, value)| Output {
                port,
                value: ids[&value],
            })
            .collect();
        let hints = hints(lowering);
        Ok(Self {
            origin,
            program,
            blobs,
            feature_names: Vec::new(),
            hints,
            notes,
        })
    }

    /// Elements of a row of all inputs.
    pub fn columns(&self) -> usize {
        let width = |port: &Port| port.shape[1..].iter().product::<i64>() as usize;
        self.program.inputs.iter().map(width).sum()
    }

    /// Keeps the outputs of these names, in this order, and only what they need of the inputs' work. The inputs stay.
    ///
    /// # Errors
    /// An output that the graph has not, or that is named twice, or none.
    pub(crate) fn choose(&mut self, names: &[String]) -> Result<(), CompileError> {
        let all = &self.program.outputs;
        let known: Vec<&str> = all.iter().map(|output| &output.port.name[..]).collect();
        let mut chosen: Vec<Output> = Vec::new();
        for name in names {
            let found = all.iter().find(|output| output.port.name == *name);
            let Some(found) = found else {
                return Err(CompileError::Output(format!(
                    "`{name}` is not an output of this model; there are {}",
                    known.join(", ")
                )));
            };
            if chosen.iter().any(|output| output.port.name == *name) {
                return Err(CompileError::Output(format!(
                    "the output `{name}` is asked for twice"
                )));
            }
            chosen.push(found.clone());
        }
        if chosen.is_empty() {
            return Err(CompileError::Output(
                "no output was asked for; leave the list out for all of them".to_owned(),
            ));
        }
        self.program.outputs = chosen;
        Ok(())
    }

    /// One sentence for `configure`.
    pub(crate) fn describe(&self) -> String {
        let (steps, inputs) = (self.program.steps.len(), self.program.inputs.len());
        format!("{}, a graph of {steps} steps, {inputs} inputs", self.origin)
    }

    /// The kernel's tables.
    ///
    /// # Errors
    /// A model that does not fit a component.
    pub fn tables(&self) -> Result<Vec<u8>, CompileError> {
        tables::write(&self.program, self.blobs.bytes()).map_err(CompileError::Unsupported)
    }
}

/// The steps that an output needs, in their order, and the values that these take or give.
fn serving<'l>(
    lowering: &'l Lowering,
    outputs: &[(Port, Value)],
) -> (Vec<&'l Pending>, BTreeSet<Value>) {
    let mut needed: BTreeSet<Value> = outputs.iter().map(|(_, value)| *value).collect();
    let mut steps = Vec::new();
    for step in lowering.steps.iter().rev() {
        if step.outputs.iter().any(|value| needed.contains(value)) {
            needed.extend(step.inputs.iter().flatten());
            steps.push(step);
        }
    }
    steps.reverse();
    (steps, needed)
}

/// What its operators met, and what its constants hold.
fn hints(lowering: Lowering) -> Hints {
    let mut hints = lowering.hints;
    for constant in lowering.values.iter().filter_map(Known::constant) {
        hints.meet_data(constant.data());
    }
    hints
}
