//! ONNX: what the converters of scikit-learn, XGBoost and LightGBM write, and small networks. A file becomes a program of the graph kernel:
//! `proto.rs` is the file's schema, `lowering.rs` the program in the making, `ops/` says what each operator becomes, `fusion/` which of them
//! become one.

pub mod external;
mod fusion;
mod lowering;
mod node;
mod ops;
mod ports;
mod proto;
mod tensors;
mod weight;

use prost::Message as _;
use scoregate_graph::blob::Blobs;

use crate::error::CompileError;
use crate::graph_model::GraphModel;
use external::Folder;
use fusion::Plan;
pub(crate) use lowering::{From, Known, Lowering, Pending, Value};
use node::Node;
use proto::{GraphProto, ModelProto};

/// Reads a model. Tensors that lie in other files are read from `folder` only.
pub(super) fn read(file: &[u8], folder: Option<&Folder>) -> Result<GraphModel, CompileError> {
    weight::check(file)?;
    let model = ModelProto::decode(file).map_err(|error| CompileError::Onnx(error.to_string()))?;
    if let Some(function) = model.functions.first() {
        return Err(CompileError::Unsupported(format!(
            "the model has functions of its own (`{}`), which are not served",
            function.name
        )));
    }
    let graph = model.graph.as_ref().ok_or_else(|| CompileError::Invalid {
        place: "graph".to_owned(),
        reason: "the file has no graph".to_owned(),
    })?;
    let mut lowering = Lowering::default();
    constants(graph, folder, &mut lowering)?;
    ports::inputs(graph, &mut lowering)?;
    nodes(&model, graph, &mut lowering)?;
    let outputs = ports::outputs(graph, &mut lowering)?;
    fusion::plus::join(&mut lowering, outputs.iter().map(|(_, value)| *value))?;
    let mut notes = Vec::new();
    if graph.output.len() > outputs.len() {
        notes.push("outputs that depend on no input are left out".to_owned());
    }
    let origin = match (&model.producer_name[..], &model.producer_version[..]) {
        ("", _) => "ONNX".to_owned(),
        (name, version) => format!("ONNX by {name} {version}").trim_end().to_owned(),
    };
    let blobs: Blobs = std::mem::take(&mut lowering.blobs);
    GraphModel::assemble(origin, lowering, blobs, outputs, notes)
}

fn constants(
    graph: &GraphProto,
    folder: Option<&Folder>,
    lowering: &mut Lowering,
) -> Result<(), CompileError> {
    if !graph.sparse_initializer.is_empty() {
        return Err(CompileError::Unsupported(
            "the graph has sparse initializers, which are not served".to_owned(),
        ));
    }
    for (nth, proto) in graph.initializer.iter().enumerate() {
        let place = format!("initializer {nth} `{}`", proto.name);
        let tensor = tensors::read(proto, &place, folder)?;
        let value = lowering.add_constant(tensor);
        lowering
            .name(&proto.name, value)
            .map_err(|reason| CompileError::Invalid { place, reason })?;
    }
    Ok(())
}

/// All nodes in order; those that serve a sum of trees only, where it comes.
fn nodes(
    model: &ModelProto,
    graph: &GraphProto,
    lowering: &mut Lowering,
) -> Result<(), CompileError> {
    let plan = Plan::of(model, graph);
    let mut work = 0;
    for nth in 0..graph.node.len() {
        if plan.is_servant(nth) {
            continue;
        }
        if let Some(sum) = plan.sum(nth) {
            if fusion::lower(lowering, &plan, sum, &mut work) {
                continue;
            }
            for servant in plan.servants(sum) {
                ops::lower(lowering, &node_at(model, graph, *servant)?)?;
            }
        }
        ops::lower(lowering, &node_at(model, graph, nth)?)?;
    }
    Ok(())
}

/// A node with the version of its operators.
fn node_at<'f>(
    model: &ModelProto,
    graph: &'f GraphProto,
    nth: usize,
) -> Result<Node<'f>, CompileError> {
    let mut node = Node {
        proto: &graph.node[nth],
        nth,
        opset: 0,
    };
    node.opset = opset(model, &node)?;
    Ok(node)
}

/// The version of the node's domain.
fn opset(model: &ModelProto, node: &Node<'_>) -> Result<i64, CompileError> {
    let imports = &model.opset_import;
    let same = |domain: &str| {
        domain == node.domain() || (domain.is_empty() && node.domain() == node::PLAIN)
    };
    let found = imports.iter().find(|import| same(&import.domain));
    // onnxruntime knows its own operators, imported or not.
    let own = (node.domain() == node::MICROSOFT).then_some(1);
    found.map(|import| import.version).or(own).ok_or_else(|| {
        node.invalid(format!(
            "the model imports no operator set of the domain `{}`",
            node.domain()
        ))
    })
}
