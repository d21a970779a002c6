//! What the target of graphs does with a file.

use scoregate_compiler::check_graph;
use scoregate_compiler::reader::{Model, read_model};

/// Reads a file and, where it is a graph, runs it on some rows: each is answered or refused, and nothing panics.
pub fn read(file: &[u8]) {
    if let Ok(Model::Graph(graph)) = read_model(file, None, None) {
        // The check runs the graph before it asks for the component's answer; a refusal ends it after the first rows.
        let refuse = |_: &[scoregate_compiler::Wire]| Ok::<_, ()>(Err(String::new()));
        let _ = check_graph(&graph, 7, refuse, |_, _| ());
    }
}
