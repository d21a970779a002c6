//! A program made ready, and its run.

use crate::ops::{Args, Ready};
use crate::program::{ABSENT, Constant, Program};
use crate::shape::Shape;
use crate::tables;
use crate::tensor::Tensor;

/// A model, ready to run. The same code runs in the sandbox and natively.
#[derive(Debug)]
pub struct Graph<'a> {
    program: Program,
    constants: Vec<Tensor<'a>>,
    steps: Vec<Ready<'a>>,
    /// Of each step, which of its inputs no later step takes: those it may use up.
    last: Vec<Vec<bool>>,
}

impl<'a> Graph<'a> {
    /// Reads tables and makes their steps ready.
    ///
    /// # Errors
    /// What is wrong with the tables.
    pub fn from_tables(tables: &'a [u8]) -> Result<Self, String> {
        let (program, blobs) = tables::read(tables)?;
        let constants = program
            .constants
            .iter()
            .map(|constant| tensor(constant, blobs))
            .collect::<Result<Vec<_>, _>>()?;
        let steps = program
            .steps
            .iter()
            .map(|step| step.op.ready(blobs))
            .collect::<Result<Vec<_>, _>>()?;
        check(&program)?;
        Ok(Self {
            last: last(&program),
            program,
            constants,
            steps,
        })
    }

    /// Names, inputs and outputs.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The outputs of these inputs, which are as the program's ports say.
    ///
    /// # Errors
    /// What an operator cannot do with these inputs.
    pub fn run<'v>(&'v self, inputs: Vec<Tensor<'v>>) -> Result<Vec<Tensor<'v>>, String> {
        let first_made = self.program.inputs.len() + self.constants.len();
        let mut values: Vec<Option<Tensor<'v>>> = Vec::with_capacity(first_made + self.steps.len());
        values.extend(inputs.into_iter().map(Some));
        values.extend(
            self.constants
                .iter()
                .map(|constant| Some(constant.borrowed())),
        );
        let mut made = Vec::new();
        for ((ready, step), last) in self.steps.iter().zip(&self.program.steps).zip(&self.last) {
            let mut args = Args::new(&mut values, &step.inputs, last);
            ready
                .run(&mut args, &mut made)
                .map_err(|error| format!("{}: {error}", step.name))?;
            if made.len() != step.outputs as usize {
                return Err(format!("{}: gave {} values", step.name, made.len()));
            }
            values.extend(made.drain(..).map(Some));
        }
        let outputs = self.program.outputs.iter().map(|output| {
            let value = values.get(output.value as usize);
            let value = value.and_then(Option::as_ref).cloned();
            value.ok_or_else(|| format!("the output `{}` was not made", output.port.name))
        });
        outputs.collect()
    }
}

fn tensor<'a>(constant: &Constant, blobs: &'a [u8]) -> Result<Tensor<'a>, String> {
    let dims: Vec<usize> = constant.shape.iter().map(|dim| *dim as usize).collect();
    let data = constant.data.data(constant.datatype, blobs)?;
    Tensor::new(Shape::new(&dims)?, data)
}

/// Each step takes what was made before it.
fn check(program: &Program) -> Result<(), String> {
    let mut made = (program.inputs.len() + program.constants.len()) as u64;
    for step in &program.steps {
        let mut inputs = step.inputs.iter().filter(|input| **input != ABSENT);
        if inputs.any(|input| u64::from(*input) >= made) {
            return Err(format!("{}: takes a value that is not made yet", step.name));
        }
        made += u64::from(step.outputs);
    }
    match program
        .outputs
        .iter()
        .find(|output| u64::from(output.value) >= made)
    {
        Some(output) => Err(format!("the output `{}` is not made", output.port.name)),
        None => Ok(()),
    }
}

fn last(program: &Program) -> Vec<Vec<bool>> {
    let mut later: std::collections::BTreeSet<u32> =
        program.outputs.iter().map(|output| output.value).collect();
    let mut last: Vec<Vec<bool>> = Vec::with_capacity(program.steps.len());
    for step in program.steps.iter().rev() {
        // A value that stands twice among a step's inputs is used up by the second.
        let mut own: Vec<bool> = step
            .inputs
            .iter()
            .rev()
            .map(|input| *input != ABSENT && later.insert(*input))
            .collect();
        own.reverse();
        last.push(own);
    }
    last.reverse();
    last
}
