//! Turns a trained model file into a component that serves it, with no toolchain on the user's machine.
//!
//! A [`reader`] makes the one [`description`] of the model, checked to the last node; `tables` writes it for a kernel, which
//! is Rust compiled to WebAssembly when this crate was built; `emit` adds the tables to the kernel and wraps both as a
//! component. The same model and options give the same bytes.

mod check;
mod check_contributions;
pub mod description;
mod edge_rows;
mod edge_values;
mod emit;
mod error;
pub mod forest;
mod graph_check;
pub mod graph_model;
mod graph_rows;
mod graph_summary;
pub mod limits;
mod output;
mod random;
pub mod reader;
pub mod reference;
mod sets;
pub mod shapley;
mod summary;
mod tables;
mod tuning;

use std::ops::Range;

use scoregate_kernel::Kernel;
use scoregate_kernel::layout::Kind;

pub use check::{CheckError, Checked, Difference, check};
pub use edge_rows::EdgeRows;
pub use emit::FEATURES_SECTION;
pub use error::CompileError;
pub use graph_check::{GraphChecked, GraphDifference, check_graph};
pub use graph_rows::{GraphRows, Wire};
pub use graph_summary::GraphSummary;
pub use output::parse_outputs;
pub use scoregate_kernel::layout::Output;
pub use sets::LinearLeaf;
pub use summary::Summary;
pub use tuning::Tuning;

use description::Description;
use graph_model::GraphModel;
use reader::Model;

/// The kernel as a core module, built by this crate's build script.
static KERNEL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/kernel.wasm"));

/// The kernel of graphs, likewise.
static GRAPH_KERNEL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/graph.wasm"));

/// How to compile a model.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the component gives, in order; none for the objective's default: `probability` of a classifier, else `prediction`.
    pub outputs: Option<Vec<Output>>,
    /// Whether the component also says what each feature added to the score: [`Output::Contributions`], after the other outputs.
    pub explain: bool,
    /// The model's name, which `inspect` shows.
    pub name: String,
    /// The model's version.
    pub version: String,
    /// Iterations (boosting rounds) that are kept, from 0; none for all.
    pub iterations: Option<Range<u32>>,
}

/// A compiled model.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The component, a plugin of the world `model-plugin`.
    pub component: Vec<u8>,
    /// What it holds.
    pub summary: Summary,
}

/// A compiled graph.
#[derive(Clone, Debug)]
pub struct CompiledGraph {
    /// The component, a plugin of the world `model-plugin`.
    pub component: Vec<u8>,
    /// What it holds.
    pub summary: GraphSummary,
    /// The graph with the outputs that were chosen.
    pub model: GraphModel,
}

/// Compiles a model that is a sum of trees or weighted values; the file's format is told by its content.
///
/// # Errors
/// [`CompileError`] names the place in the file and what would be right there.
pub fn compile(model: &[u8], options: &Options) -> Result<Compiled, CompileError> {
    let model = reader::read_iterations(model, options.iterations.as_ref())?;
    compile_for(&model, Kind::Ranked, options)
}

/// A component for a graph. `outputs` names those of the graph's outputs that it gives, in order; none for all of them.
///
/// # Errors
/// An output that the graph has not, a name or version that is too long, or a model that does not fit a component.
pub fn compile_graph(
    model: &GraphModel,
    outputs: Option<&[String]>,
    name: &str,
    version: &str,
) -> Result<CompiledGraph, CompileError> {
    check_labels(name, version)?;
    let mut model = model.clone();
    if let Some(outputs) = outputs {
        model.choose(outputs)?;
    }
    model.program.name = name.to_owned();
    model.program.version = version.to_owned();
    model.program.description = model.describe();
    let tables = model.tables()?;
    // The kernel reads its tables in the sandbox; what it would refuse there must not leave the compiler.
    scoregate_graph::Graph::from_tables(&tables).map_err(CompileError::Component)?;
    let component = emit::component(GRAPH_KERNEL, &tables)?;
    let component = emit::with_feature_names(component, &model.feature_names)?;
    let summary = GraphSummary::new(&model, &model.program, tables.len(), component.len());
    Ok(CompiledGraph {
        component,
        summary,
        model,
    })
}

/// The component of a model of any kind.
///
/// # Errors
/// As [`compile`] and [`compile_graph`].
pub fn compile_any(model: &Model, options: &Options) -> Result<Vec<u8>, CompileError> {
    Ok(match model {
        Model::Sum(model) => compile_for(model, Kind::Ranked, options)?.component,
        Model::Graph(model) => {
            compile_graph(model, None, &options.name, &options.version)?.component
        }
    })
}

/// The kernel's tables of a model, for tests and benchmarks of the kernel outside a sandbox.
///
/// # Errors
/// As [`compile`].
pub fn tables(model: &[u8], options: &Options) -> Result<Vec<u8>, CompileError> {
    let model = reader::read_iterations(model, options.iterations.as_ref())?;
    tables_for(&model, Kind::Ranked, options)
}

/// A component for a described model whose trees are served by kernels of this kind where they can, else by the general one: for tests
/// and benchmarks that compare kernels.
///
/// # Errors
/// As [`compile`].
pub fn compile_for(
    model: &Description,
    kind: Kind,
    options: &Options,
) -> Result<Compiled, CompileError> {
    compile_tuned(model, Tuning::of_kind(kind), options)
}

/// A component for a described model whose trees are written in this way where they can be.
///
/// # Errors
/// As [`compile`].
pub fn compile_tuned(
    model: &Description,
    tuning: Tuning,
    options: &Options,
) -> Result<Compiled, CompileError> {
    let outputs = output::choose(model, options.outputs.as_deref(), options.explain)?;
    let tables = tables_of(model, tuning, &outputs, options)?;
    let component = emit::component(KERNEL, &tables)?;
    let component = emit::with_feature_names(component, &model.feature_names)?;
    let kernel = Tuning::of(&tables).map_or(Kind::Linear.name(), Tuning::name);
    let summary = Summary::new(model, &outputs, kernel, tables.len(), component.len());
    Ok(Compiled { component, summary })
}

/// The tables of [`compile_for`].
///
/// # Errors
/// As [`compile`].
pub fn tables_for(
    model: &Description,
    kind: Kind,
    options: &Options,
) -> Result<Vec<u8>, CompileError> {
    let outputs = output::choose(model, options.outputs.as_deref(), options.explain)?;
    tables_of(model, Tuning::of_kind(kind), &outputs, options)
}

fn tables_of(
    model: &Description,
    tuning: Tuning,
    outputs: &[Output],
    options: &Options,
) -> Result<Vec<u8>, CompileError> {
    check_labels(&options.name, &options.version)?;
    let description = summary::describe(model);
    let text = tables::Text {
        name: &options.name,
        version: &options.version,
        description: &description,
    };
    let tables = tables::write(model, tuning, outputs, &text)?;
    // The kernel checks its tables in the sandbox; what it would refuse there must not leave the compiler.
    Kernel::from_tables(&tables).map_err(CompileError::Component)?;
    Ok(tables)
}

fn check_labels(name: &str, version: &str) -> Result<(), CompileError> {
    for (what, text) in [("name", name), ("version", version)] {
        if text.len() > limits::LABEL_MAX_BYTES {
            return Err(CompileError::Unsupported(format!(
                "the model's {what} has {} bytes; at most {} are kept",
                text.len(),
                limits::LABEL_MAX_BYTES
            )));
        }
    }
    Ok(())
}
