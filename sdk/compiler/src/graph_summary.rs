//! What the compilation of a graph tells its user.

use std::collections::BTreeMap;

use scoregate_graph::program::Program;
use serde::Serialize;

use crate::graph_model::GraphModel;

/// Facts about a graph and the component that serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GraphSummary {
    /// What wrote the file: `ONNX by skl2onnx 1.20.0`.
    pub origin: String,
    /// How many steps of each operator there are.
    pub operators: BTreeMap<String, usize>,
    /// What the component takes, in order.
    pub inputs: Vec<String>,
    /// What it gives, in order.
    pub outputs: Vec<String>,
    /// Length of the graph's tables.
    pub tables_bytes: usize,
    /// Length of the component.
    pub component_bytes: usize,
    /// What a user should know, one sentence each.
    pub notes: Vec<String>,
}

impl GraphSummary {
    pub(crate) fn new(
        model: &GraphModel,
        program: &Program,
        tables_bytes: usize,
        component_bytes: usize,
    ) -> Self {
        let mut operators = BTreeMap::new();
        for step in &program.steps {
            *operators.entry(step.operator().to_owned()).or_insert(0) += 1;
        }
        Self {
            origin: model.origin.clone(),
            operators,
            inputs: program
                .inputs
                .iter()
                .map(|port| port.name.clone())
                .collect(),
            outputs: program
                .outputs
                .iter()
                .map(|output| output.port.name.clone())
                .collect(),
            tables_bytes,
            component_bytes,
            notes: model.notes.clone(),
        }
    }
}
