//! The self-check of a compiled graph: what the component answers in the sandbox is what the same program answers natively, to the last bit.
//! That the program says what the model's file says is held by the operators' own tests and by [docs/MODELS.md].

use std::fmt;

use scoregate_graph::Graph;
use scoregate_graph::data::Datatype;
use scoregate_graph::tensor::Tensor;

use crate::check::CheckError;
use crate::graph_model::GraphModel;
use crate::graph_rows::{GraphRows, Wire};

/// Rows of the calls, one after the other.
const BATCHES: [usize; 6] = [64, 1, 17, 128, 3, 43];
/// Rows at most, and of a model whose tables are large.
const ROWS_MAX: usize = 2_048;
const ROWS_MIN: usize = 64;
/// Bytes of tables that all rows may go through.
const WORK_MAX_BYTES: usize = 1 << 28;
/// Rows that are kept for golden cases.
const KEPT_ROWS: usize = 8;

/// A check that found no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphChecked {
    /// Rows that were compared.
    pub rows: usize,
    /// Those of them that the model refuses, as it does in its component.
    pub refused_rows: usize,
    /// Some rows with their answers, for golden cases; none if they are refused.
    pub kept: Option<(Vec<Wire>, Vec<Wire>)>,
}

/// Where a component is not what its program says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphDifference {
    /// The call's first row among the check's, and its rows.
    pub row: usize,
    /// Likewise.
    pub rows: usize,
    /// What differs.
    pub what: String,
}

impl fmt::Display for GraphDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, rows, what } = self;
        write!(
            f,
            "rows {row} to {} of the self-check: {what}",
            row + rows - 1
        )
    }
}

/// What a component answers: its outputs, or why it refuses the inputs.
pub type Answer = Result<Vec<Wire>, String>;

/// Compares what `score` answers with the program's own run. `progress` is told how many rows of how many are compared.
///
/// # Errors
/// The first difference, or why the component did not answer.
pub fn check_graph<E>(
    model: &GraphModel,
    seed: u64,
    mut score: impl FnMut(&[Wire]) -> Result<Answer, E>,
    mut progress: impl FnMut(usize, usize),
) -> Result<GraphChecked, CheckError<E, GraphDifference>> {
    let form = |error: String| CheckError::Form(error);
    let tables = model.tables().map_err(|error| form(error.to_string()))?;
    let graph = Graph::from_tables(&tables).map_err(form)?;
    let total = (WORK_MAX_BYTES / tables.len().max(1)).clamp(ROWS_MIN, ROWS_MAX);
    let mut rows = GraphRows::new(model, seed);
    let mut checked = GraphChecked {
        rows: 0,
        refused_rows: 0,
        kept: None,
    };
    let mut compare = |inputs: Vec<Tensor<'static>>, checked: &mut GraphChecked| {
        let sent: Vec<Wire> = inputs.iter().map(Wire::of).collect();
        let count = inputs[0].shape().table().0;
        let expected = graph.run(inputs);
        let expected: Answer = expected.map(|outputs| outputs.iter().map(Wire::of).collect());
        let found = score(&sent).map_err(CheckError::Score)?;
        if let Some(what) = difference(model, &expected, &found) {
            let row = checked.rows;
            return Err(CheckError::Differs(Box::new(GraphDifference {
                row,
                rows: count,
                what,
            })));
        }
        Ok((sent, expected))
    };
    for size in BATCHES.iter().cycle() {
        if checked.rows >= total {
            return Ok(checked);
        }
        let kept = if checked.rows == 0 { KEPT_ROWS } else { *size };
        let before = rows.clone();
        let (sent, answer) = compare(rows.tensors(kept), &mut checked)?;
        match answer {
            Ok(answer) if checked.kept.is_none() && kept <= KEPT_ROWS => {
                checked.kept = Some((sent, answer));
            }
            Ok(_) => {}
            // One row that is refused has the whole call refused: each once more by itself.
            Err(_) => {
                let mut again = before;
                for _ in 0..kept {
                    let (sent, answer) = compare(again.tensors(1), &mut checked)?;
                    match answer {
                        Ok(answer) => checked.kept = checked.kept.or(Some((sent, answer))),
                        Err(_) => checked.refused_rows += 1,
                    }
                }
            }
        }
        checked.rows += kept;
        progress(checked.rows.min(total), total);
    }
    Ok(checked)
}

fn difference(model: &GraphModel, expected: &Answer, found: &Answer) -> Option<String> {
    let (expected, found) = match (expected, found) {
        (Ok(expected), Ok(found)) => (expected, found),
        // The component's reason may say more, as which input it was.
        (Err(_), Err(_)) => return None,
        (Ok(_), Err(reason)) => return Some(format!("the component refuses them: {reason}")),
        (Err(reason), Ok(_)) => {
            return Some(format!(
                "the component answers what should be refused: {reason}"
            ));
        }
    };
    if expected.len() != found.len() {
        let (found, expected) = (found.len(), expected.len());
        return Some(format!("{found} outputs where there should be {expected}"));
    }
    let outputs = &model.program.outputs;
    for ((output, expected), found) in outputs.iter().zip(expected).zip(found) {
        let name = &output.port.name;
        if expected.shape != found.shape {
            return Some(format!(
                "output `{name}` has shape {:?}, not {:?}",
                found.shape, expected.shape
            ));
        }
        if !same(output.port.datatype, &expected.data, &found.data) {
            return Some(format!("output `{name}` differs"));
        }
    }
    None
}

/// The same bits; NaN is NaN, whatever else its bits say.
fn same(datatype: Datatype, expected: &[u8], found: &[u8]) -> bool {
    if expected == found {
        return true;
    }
    fn all<const N: usize>(a: &[u8], b: &[u8], nan: fn([u8; N]) -> bool) -> bool {
        let ((a, rest), (b, _)) = (a.as_chunks::<N>(), b.as_chunks::<N>());
        let mut pairs = a.iter().zip(b);
        a.len() == b.len() && rest.is_empty() && pairs.all(|(a, b)| a == b || nan(*a) && nan(*b))
    }
    match datatype {
        Datatype::F32 => all(expected, found, |bytes| f32::from_le_bytes(bytes).is_nan()),
        Datatype::F64 => all(expected, found, |bytes| f64::from_le_bytes(bytes).is_nan()),
        _ => false,
    }
}
