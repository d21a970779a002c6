//! An adapter that is configured, not written: JSON, CSV or log lines in, any model's features out; its scores in, decisions out.
//!
//! ```toml
//! [plugins.map.config]
//! features = ["amount", "hour", { name = "ratio", expression = "amount / mean" }]
//! score = "probability"
//! decisions = [{ above = 0.8, decision = "decline" }]
//! otherwise = "approve"
//! fields.mean = { path = "/card/mean_amount", missing = 1.0 }
//! fields.hour = { expression = "hour(time)" }
//! fields.time = { type = "timestamp" }
//! ```
//!
//! `plugins/mapping/README.md` lists every key. All names, types and expressions are settled by `configure`; of an event only what the
//! configuration names is kept, in one pass over its bytes. `format` reads it into cells, `rule` makes numbers of the cells, `expression` computes
//! with them, `inputs` writes the model's tensors, and `answer` makes the outcome of the model's outputs.

#![warn(missing_docs)]

mod answer;
mod cell;
mod definition;
mod expression;
mod format;
mod inputs;
mod labels;
mod limits;
mod names;
mod node;
mod reject;
mod rule;
mod scores;
mod shape;
mod time;

use std::cell::RefCell;

use scoregate_sdk::{Adapter, Config, Contract, Event, Features, Outcome, Rejection, Scores};

use answer::Answer;
use cell::Cell;
use format::Format;
use inputs::Input;
use names::{Fields, Names};
use node::Node;
use reject::Reject;
use scores::Outputs;

/// The adapter: what the operator configured.
pub struct Mapping {
    fields: Fields,
    rejects: Vec<Reject>,
    inputs: Vec<Input>,
    outputs: Outputs,
    answer: Answer,
    /// Of the event at hand; kept for the next one's sake.
    numbers: RefCell<Vec<f64>>,
}

impl Adapter for Mapping {
    /// The outcome's JSON as far as the event itself makes it.
    type Row = Vec<u8>;

    fn configure(config: &Config<'_>) -> Result<Self, String> {
        let value: serde_json::Value = config.parse()?;
        let config = Node::root(&value).object("a table")?;
        let format = Format::of(&config)?;
        let mut names = Names::new(format, config.get("fields").as_ref())?;
        let inputs = Input::all(&config, &mut names)?;
        let rejects = Reject::all(config.get("reject").as_ref(), &mut names)?;
        let mut outputs = Outputs::default();
        let answer = Answer::of(&config, &mut names, &mut outputs)?;
        config.finish()?;
        let fields = names.finish()?;
        Ok(Self {
            numbers: RefCell::new(vec![f64::NAN; fields.cells]),
            fields,
            rejects,
            inputs,
            outputs,
            answer,
        })
    }

    fn contract(&self) -> Contract {
        let inputs = self.inputs.iter();
        let contract = inputs.fold(Contract::new(), |contract, input| input.add_to(contract));
        self.outputs.add_to(contract)
    }

    fn preprocess(&self, event: &Event<'_>, features: &mut Features) -> Result<Vec<u8>, Rejection> {
        // Faster than copies of one.
        let absent = std::iter::repeat_with(|| Cell::Absent);
        let mut cells: Vec<Cell<'_>> = absent.take(self.fields.cells).collect();
        let mut numbers = self.numbers.borrow_mut();
        self.fields.format.read(event.payload, &mut cells)?;
        for rule in &self.fields.rules {
            rule.apply(&mut cells, &mut numbers)?;
        }
        for reject in &self.rejects {
            reject.apply(&cells, &numbers)?;
        }
        for (index, input) in self.inputs.iter().enumerate() {
            input.write(index, &cells, &numbers, features)?;
        }
        Ok(self.answer.begin(&cells, &numbers))
    }

    fn postprocess(&self, row: Vec<u8>, scores: &Scores<'_>) -> Result<Outcome, Rejection> {
        self.answer.end(row, scores)
    }
}

scoregate_sdk::export_adapter!(Mapping);
