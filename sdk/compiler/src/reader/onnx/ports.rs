//! The graph's inputs and outputs: tables whose first dimension is the batch.

use scoregate_graph::data::{Data, Datatype, Text};
use scoregate_graph::ops::{Layout, Op};

use scoregate_graph::program::Port;
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

use super::lowering::{Lowering, TRIAL_ROWS, Value};
use super::node::Node;
use super::proto::{GraphProto, NodeProto, TensorTypeProto, ValueInfoProto};
use super::tensors;
use crate::error::CompileError;

/// Inputs of a graph at most.
const INPUTS_MAX: usize = 4_096;

/// Adds the graph's inputs; an initializer of the same name is a default that nobody overrides.
pub(super) fn inputs(graph: &GraphProto, lowering: &mut Lowering) -> Result<(), CompileError> {
    if graph.input.len() > INPUTS_MAX {
        return Err(CompileError::Unsupported(format!(
            "the graph has {} inputs; at most {INPUTS_MAX} are served",
            graph.input.len()
        )));
    }
    for info in &graph.input {
        if lowering.named(&info.name).is_some() {
            continue;
        }
        let place = format!("input `{}`", info.name);
        let port = port(info, &place)?;
        let trial = |rows: &usize| {
            let rest = port.shape[1..].iter().map(|dim| *dim as usize);
            let dims: Vec<usize> = std::iter::once(*rows).chain(rest).collect();
            zeros(port.datatype, &dims)
        };
        let trials = TRIAL_ROWS.iter().map(trial);
        let trials = trials.collect::<Result<_, _>>();
        let trials = trials.map_err(|reason| CompileError::Invalid {
            place: place.clone(),
            reason,
        })?;
        let value = lowering.add_input(port, trials);
        lowering
            .name(&info.name, value)
            .map_err(|reason| CompileError::Invalid { place, reason })?;
    }
    if lowering.ports.is_empty() {
        return Err(CompileError::Invalid {
            place: "graph.input".to_owned(),
            reason: "the graph has no inputs".to_owned(),
        });
    }
    Ok(())
}

fn port(info: &ValueInfoProto, place: &str) -> Result<Port, CompileError> {
    let unsupported = |reason: String| CompileError::Unsupported(format!("{place}: {reason}"));
    let tensor = info.r#type.as_ref().and_then(|of| of.tensor_type.as_ref());
    let Some(TensorTypeProto { elem_type, shape }) = tensor else {
        return Err(unsupported(
            "it is no tensor; sequences and maps are not served as inputs".to_owned(),
        ));
    };
    let datatype = tensors::datatype(*elem_type).ok_or_else(|| {
        unsupported(format!(
            "elements of {} are not served",
            tensors::name(*elem_type)
        ))
    })?;
    let dims = shape.as_ref().map_or(&[][..], |shape| &shape.dim);
    let [_batch, rest @ ..] = dims else {
        return Err(unsupported("it has no dimension for the rows".to_owned()));
    };
    let mut shape = vec![-1];
    for dim in rest {
        match dim.dim_value {
            Some(fixed) if fixed > 0 => shape.push(fixed),
            _ => {
                return Err(unsupported(format!(
                    "only its first dimension, the rows, may vary, but dimension {} has no fixed size; \
                     name the number of columns when the model is converted, as in FloatTensorType([None, 12])",
                    shape.len()
                )));
            }
        }
    }
    Ok(Port {
        name: info.name.clone(),
        datatype,
        shape,
    })
}

fn zeros(datatype: Datatype, dims: &[usize]) -> Result<Tensor<'static>, String> {
    let shape = Shape::new(dims)?;
    let count = shape.elements();
    let data = match datatype {
        Datatype::F32 => Data::F32(vec![0.0; count].into()),
        Datatype::F64 => Data::F64(vec![0.0; count].into()),
        Datatype::I32 => Data::I32(vec![0; count].into()),
        Datatype::I64 => Data::I64(vec![0; count].into()),
        Datatype::Bool => Data::Bool(vec![0; count].into()),
        Datatype::Text => Data::Text(vec![Text::Borrowed(&b""[..]); count].into()),
    };
    Tensor::new(shape, data)
}

/// The graph's outputs: those that have a row for each row of the inputs. Where the rows are another dimension than the first, as with
/// the probabilities of several labels at once, they become the first.
pub(super) fn outputs(
    graph: &GraphProto,
    lowering: &mut Lowering,
) -> Result<Vec<(Port, Value)>, CompileError> {
    let mut outputs = Vec::new();
    for info in &graph.output {
        let place = format!("output `{}`", info.name);
        let Some(value) = lowering.named(&info.name) else {
            return Err(CompileError::Invalid {
                place,
                reason: "no node makes it".to_owned(),
            });
        };
        if lowering.constant(value).is_some() {
            continue;
        }
        let value = rows_first(graph, lowering, &info.name, value)?;
        let rest = lowering.shape(value).into_iter().skip(1);
        let rest = rest.map(|dim| dim.map_or(-1, |dim| dim as i64));
        let port = Port {
            name: info.name.clone(),
            datatype: lowering.datatype(value),
            shape: std::iter::once(-1).chain(rest).collect(),
        };
        outputs.push((port, value));
    }
    if outputs.is_empty() {
        return Err(CompileError::Invalid {
            place: "graph.output".to_owned(),
            reason: "the graph has no output that depends on its inputs".to_owned(),
        });
    }
    Ok(outputs)
}

fn rows_first(
    graph: &GraphProto,
    lowering: &mut Lowering,
    output: &str,
    value: Value,
) -> Result<Value, CompileError> {
    let Some(rows) = lowering.rows_dimension(value) else {
        return Err(CompileError::Unsupported(format!(
            "output `{output}`: none of its dimensions is the rows': answers of a batch could not be told apart"
        )));
    };
    if rows == 0 {
        return Ok(value);
    }
    let rank = lowering.shape(value).len();
    let others = (0..rank).filter(|dim| *dim != rows);
    let order = std::iter::once(rows).chain(others);
    let order = Layout::Transpose {
        order: Some(order.map(|dim| dim as i64).collect()),
    };
    let proto = NodeProto {
        name: format!("rows first of {output}"),
        op_type: "Transpose".to_owned(),
        ..NodeProto::default()
    };
    let node = Node {
        proto: &proto,
        nth: graph.node.len(),
        opset: 0,
    };
    lowering.push(&node, Op::Layout(order), &[value])
}
