//! Products of matrices, distances.

mod distances;
mod scan;

use scoregate_graph::data::{Data, Datatype};
use scoregate_graph::ops::{Algebra, Binary, Dense, Einsum, Elementwise, Metric, Op, pack};
use scoregate_graph::tensor::Tensor;

use super::super::lowering::{Lowering, Value};
use super::super::node::Node;
use super::parts::{Matrix, Rows};
use crate::error::CompileError;

/// Adds the node's steps, if it is of this family.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    match node.op() {
        "MatMul" => {
            let (left, right) = (cx.input(node, 0)?, cx.input(node, 1)?);
            let made = matmul(cx, node, left, right)?;
            cx.bind(node, 0, made)?;
        }
        "Gemm" => gemm(cx, node)?,
        "Einsum" => {
            let einsum = Einsum::parse(node.word("equation", "")?);
            let einsum = einsum.map_err(|error| node.unsupported(error))?;
            let inputs = cx.inputs(node)?;
            let made = cx.push(node, Op::Algebra(Algebra::Einsum(einsum)), &inputs)?;
            cx.bind(node, 0, made)?;
        }
        "Scan" => scan::lower(cx, node)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Likewise of onnxruntime's own operators.
pub(super) fn lower_microsoft(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    if node.op() != "CDist" {
        return Ok(false);
    }
    let metric = match node.word("metric", "sqeuclidean")? {
        "euclidean" => Metric::Euclidean,
        "sqeuclidean" => Metric::Squares,
        other => return Err(node.unsupported(format!("the metric `{other}` is not served"))),
    };
    let (left, right) = (cx.input(node, 0)?, cx.input(node, 1)?);
    let made = distances::push(cx, node, metric, left, right)?;
    cx.bind(node, 0, made)?;
    Ok(true)
}

fn matmul(
    cx: &mut Lowering,
    node: &Node<'_>,
    left: Value,
    right: Value,
) -> Result<Value, CompileError> {
    if let Some(made) = of_parts(cx, node, [left, right], false)? {
        return Ok(made);
    }
    match held(cx, node, right, Metric::Products, false)? {
        Some(dense) => cx.push(node, Op::Algebra(Algebra::Dense(dense)), &[left]),
        None => cx.push(node, Op::Algebra(Algebra::MatMul), &[left, right]),
    }
}

/// The product of a table's rows, or of the parts that they are put together of, with a matrix that the model holds.
fn of_parts(
    cx: &mut Lowering,
    node: &Node<'_>,
    [left, right]: [Value; 2],
    turned: bool,
) -> Result<Option<Value>, CompileError> {
    let Some(rows) = Rows::of_or_whole(cx, left) else {
        return Ok(None);
    };
    let Some((Data::F32(elements), [depth, width])) = cx
        .constant(right)
        .map(|matrix| (matrix.data().clone(), matrix.shape().dims().to_vec()))
        .and_then(|(data, dims)| Some((data, <[usize; 2]>::try_from(dims).ok()?)))
    else {
        return Ok(None);
    };
    let width = if turned { depth } else { width };
    // A single column is summed in another order.
    if width < 2 {
        return Ok(None);
    }
    let matrix = Matrix {
        elements: &elements,
        width,
        turned,
    };
    rows.product(cx, node, &matrix)
}

/// The matrix on the right, laid out, where the model holds it.
fn held(
    cx: &mut Lowering,
    node: &Node<'_>,
    right: Value,
    metric: Metric,
    turned: bool,
) -> Result<Option<Dense>, CompileError> {
    let Some(matrix) = cx.constant(right) else {
        return Ok(None);
    };
    let (shape, datatype) = (matrix.shape(), matrix.datatype());
    let [rows, columns] = *shape.dims() else {
        return Ok(None);
    };
    if !matches!(datatype, Datatype::F32 | Datatype::F64) {
        return Ok(None);
    }
    let matrix = matrix.clone();
    let panels = pack(&matrix, turned, &mut cx.blobs).map_err(|error| node.invalid(error))?;
    let (depth, width) = if turned {
        (columns, rows)
    } else {
        (rows, columns)
    };
    Ok(Some(Dense {
        metric,
        datatype,
        depth: depth as u32,
        width: width as u32,
        panels,
        plus: None,
        table: false,
    }))
}

fn gemm(cx: &mut Lowering, node: &Node<'_>) -> Result<(), CompileError> {
    let (left, right) = (cx.input(node, 0)?, cx.input(node, 1)?);
    let plus = cx.optional_input(node, 2)?;
    let (alpha, beta) = (node.float("alpha", 1.0)?, node.float("beta", 1.0)?);
    let turn_left = node.int("transA", 0)? != 0;
    let turn_right = node.int("transB", 0)? != 0;
    let simple = !turn_left && alpha == 1.0 && (beta == 1.0 || plus.is_none());
    let simple = simple && cx.constant(left).is_none();
    let product = match simple {
        true => gemm_product(cx, node, [left, right], turn_right)?,
        false => None,
    };
    let Some(product) = product else {
        let op = Op::Algebra(Algebra::Gemm {
            alpha,
            beta,
            turn_left,
            turn_right,
        });
        let made = cx.push_step(node, op, &[Some(left), Some(right), plus])?;
        return cx.bind(node, 0, made[0]);
    };
    let mut made = product;
    if let Some(plus) = plus {
        let add = Op::Elementwise(Elementwise::Binary(Binary::Add));
        made = cx.push(node, add, &[product, plus])?;
        if cx.shape(made) != cx.shape(product) {
            return Err(node.invalid("C is larger than the product"));
        }
    }
    cx.bind(node, 0, made)
}

/// The product of two tables, where the model holds the right one.
fn gemm_product(
    cx: &mut Lowering,
    node: &Node<'_>,
    [left, right]: [Value; 2],
    turned: bool,
) -> Result<Option<Value>, CompileError> {
    if let Some(made) = of_parts(cx, node, [left, right], turned)? {
        return Ok(Some(made));
    }
    let Some(mut dense) = held(cx, node, right, Metric::Products, turned)? else {
        return Ok(None);
    };
    dense.table = true;
    let made = cx.push(node, Op::Algebra(Algebra::Dense(dense)), &[left])?;
    Ok(Some(made))
}

/// What is added to each row, where it is the same for all.
pub(in super::super) fn row(plus: &Tensor<'static>, width: usize) -> Option<Data<'static>> {
    match *plus.shape().dims() {
        [] | [1] | [1, 1] => {}
        [columns] | [1, columns] if columns == width => {}
        _ => return None,
    }
    let spread = |count: usize| if count == 1 { width } else { 1 };
    Some(match plus.data() {
        Data::F32(data) => Data::F32(data.repeat(spread(data.len())).into()),
        Data::F64(data) => Data::F64(data.repeat(spread(data.len())).into()),
        _ => return None,
    })
}
