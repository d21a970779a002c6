//! Loops. Converters write one for distances: over the rows of a table, each less all rows of another, squared and added up. That one is
//! known by its body; others are refused.

use scoregate_graph::data::Data;
use scoregate_graph::ops::Metric;
use scoregate_graph::tensor::Tensor;

use super::super::super::lowering::{Lowering, Value};
use super::super::super::node::Node;
use super::super::super::proto::{GraphProto, NodeProto};
use super::super::super::tensors;
use super::distances;
use crate::error::CompileError;

/// Adds the distances.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let refused =
        || node.unsupported("a loop is served only where it computes the distances of rows");
    let body = node
        .graph("body")?
        .ok_or_else(|| node.invalid("it has no `body`"))?;
    let order = [
        "scan_input_axes",
        "scan_input_directions",
        "scan_output_axes",
        "scan_output_directions",
    ];
    for name in order {
        if node.ints(name)?.iter().any(|number| *number != 0) {
            return Err(refused());
        }
    }
    if node.opset < 9 || node.int("num_scan_inputs", 0)? != 1 {
        return Err(refused());
    }
    let body = Body { graph: body };
    let (state, row, out) = match (&body.graph.input[..], &body.graph.output[..]) {
        ([row], [out]) => (None, row, out),
        ([state, row], [kept, out]) if body.origin(&kept.name) == state.name => {
            (Some(&state.name[..]), row, out)
        }
        _ => return Err(refused()),
    };
    let (metric, [left, right]) = body.distance(cx, node, &out.name)?.ok_or_else(refused)?;
    let other = match (left == row.name, right == row.name) {
        (true, false) => right,
        (false, true) => left,
        _ => return Err(refused()),
    };
    let scanned = cx.input(node, usize::from(state.is_some()))?;
    let against = match state {
        Some(state) if other == state => cx.input(node, 0)?,
        Some(_) => return Err(refused()),
        None => outer(cx, &body, node, &other)?.ok_or_else(refused)?,
    };
    if cx.shape(scanned).len() != 2 || cx.shape(against).len() != 2 {
        return Err(refused());
    }
    let made = distances::push(cx, node, metric, scanned, against)?;
    if state.is_some() {
        let kept = cx.input(node, 0)?;
        cx.bind(node, 0, kept)?;
    }
    cx.bind(node, usize::from(state.is_some()), made)
}

/// A value from outside of the loop, or one of its constants.
fn outer(
    cx: &mut Lowering,
    body: &Body<'_>,
    node: &Node<'_>,
    name: &str,
) -> Result<Option<Value>, CompileError> {
    match body.constant(node, name)? {
        Some(constant) => Ok(Some(cx.add_constant(constant))),
        None => Ok(cx.named(name)),
    }
}

struct Body<'f> {
    graph: &'f GraphProto,
}

impl<'f> Body<'f> {
    fn maker(&self, name: &str) -> Option<&'f NodeProto> {
        let mut nodes = self.graph.node.iter();
        nodes.find(|node| node.output.iter().any(|output| output == name))
    }

    /// What a value is a copy of.
    fn origin(&self, name: &str) -> String {
        let mut name = name.to_owned();
        // Each copy is another node: there are not more of them than nodes.
        for _ in &self.graph.node {
            match self.maker(&name) {
                Some(node) if node.op_type == "Identity" && node.input.len() == 1 => {
                    name.clone_from(&node.input[0]);
                }
                _ => break,
            }
        }
        name
    }

    /// The node of this operator that makes a value.
    fn made_by(&self, name: &str, operator: &str) -> Option<&'f NodeProto> {
        self.maker(&self.origin(name))
            .filter(|node| node.op_type == operator)
    }

    /// What is computed of two values, where it is a distance along the last of two dimensions.
    fn distance(
        &self,
        cx: &Lowering,
        node: &Node<'_>,
        out: &str,
    ) -> Result<Option<(Metric, [String; 2])>, CompileError> {
        let squares = self.made_by(out, "ReduceSumSquare");
        let Some(sum) = squares.or(self.made_by(out, "ReduceSum")) else {
            return Ok(None);
        };
        if !self.is_along_rows(cx, node, sum)? {
            return Ok(None);
        }
        let mut inner = &sum.input[0];
        let mut power = 1.0;
        if let Some(pow) = self
            .made_by(inner, "Pow")
            .filter(|pow| pow.input.len() == 2)
        {
            let Some(exponent) = self.number(cx, node, &pow.input[1])? else {
                return Ok(None);
            };
            (inner, power) = (&pow.input[0], exponent);
        }
        let sizes = self
            .made_by(inner, "Abs")
            .filter(|abs| abs.input.len() == 1);
        if let Some(abs) = sizes {
            inner = &abs.input[0];
        }
        let metric = match (squares.is_some(), sizes.is_some(), power) {
            (true, _, 1.0) | (false, _, 2.0) => Metric::Squares,
            (false, true, 1.0) => Metric::Sizes,
            (false, true, power) => Metric::Powers(power),
            _ => return Ok(None),
        };
        let Some(less) = self
            .made_by(inner, "Sub")
            .filter(|less| less.input.len() == 2)
        else {
            return Ok(None);
        };
        let both = [self.origin(&less.input[0]), self.origin(&less.input[1])];
        Ok(Some((metric, both)))
    }

    fn is_along_rows(
        &self,
        cx: &Lowering,
        node: &Node<'_>,
        sum: &NodeProto,
    ) -> Result<bool, CompileError> {
        let attribute = |name: &str| {
            sum.attribute
                .iter()
                .find(|attribute| attribute.name == name)
        };
        let drops = attribute("keepdims").is_some_and(|keep| keep.i == 0);
        let axes = match (sum.input.get(1), attribute("axes")) {
            (Some(name), _) => match self.tensor(cx, node, name)? {
                Some(tensor) => tensor.as_i64().map(<[i64]>::to_vec).unwrap_or_default(),
                None => Vec::new(),
            },
            (None, Some(axes)) => axes.ints.clone(),
            (None, None) => Vec::new(),
        };
        Ok(drops && !sum.input.is_empty() && matches!(axes[..], [1 | -1]))
    }

    fn constant(
        &self,
        node: &Node<'_>,
        name: &str,
    ) -> Result<Option<Tensor<'static>>, CompileError> {
        let mut own = self.graph.initializer.iter();
        let Some(proto) = own.find(|own| own.name == name) else {
            return Ok(None);
        };
        let place = format!("{}, initializer `{name}`", node.place());
        tensors::read(proto, &place, None).map(Some)
    }

    fn tensor(
        &self,
        cx: &Lowering,
        node: &Node<'_>,
        name: &str,
    ) -> Result<Option<Tensor<'static>>, CompileError> {
        let own = self.constant(node, &self.origin(name))?;
        Ok(own.or_else(|| cx.constant(cx.named(name)?).cloned()))
    }

    fn number(
        &self,
        cx: &Lowering,
        node: &Node<'_>,
        name: &str,
    ) -> Result<Option<f64>, CompileError> {
        let tensor = self.tensor(cx, node, name)?;
        Ok(tensor.and_then(|tensor| match tensor.data() {
            Data::F32(data) if data.len() == 1 => Some(f64::from(data[0])),
            Data::F64(data) if data.len() == 1 => Some(data[0]),
            Data::I64(data) if data.len() == 1 => Some(data[0] as f64),
            _ => None,
        }))
    }
}
