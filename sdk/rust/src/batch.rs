//! Batches on plain types: what the exported plugin does, for tests and benchmarks on a native target as well.

use crate::scores::ScoreTable;
use crate::{Adapter, Contract, Event, Failure, Features, Outcome, Tensor, TensorView};

/// What `prepare` made of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared<Row> {
    /// One tensor for each feature of the contract, with one row for each event that was not rejected.
    pub features: Vec<Tensor>,
    /// The other events, in their order.
    pub rejected: Vec<RejectedEvent>,
    /// What the adapter keeps of the events that were not rejected, in their order.
    pub rows: Vec<Row>,
}

/// An event that the adapter rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedEvent {
    /// Its place in the batch, counted from 0.
    pub row: u32,
    /// Why.
    pub reason: String,
}

/// Makes the features of a batch. What a rejected event has written by then is taken back.
///
/// # Errors
/// [`Failure::Internal`] where the adapter breaks its own contract: wrong width, datatype or tensor.
pub fn prepare<A: Adapter>(
    adapter: &A,
    contract: &Contract,
    events: &[Event<'_>],
) -> Result<Prepared<A::Row>, Failure> {
    prepare_each(adapter, contract, events.iter().copied())
}

/// Makes the outcomes of the rows that `prepare` kept, one for each, in their order.
///
/// # Errors
/// [`Failure::InvalidInput`] where a score tensor has not one row for each; [`Failure::Internal`] where the adapter
/// reads a tensor that is not there, or by another datatype.
pub fn finish<A: Adapter>(
    adapter: &A,
    rows: Vec<A::Row>,
    scores: &[TensorView<'_>],
) -> Result<Vec<Result<Outcome, String>>, Failure> {
    finish_each(adapter, rows, scores, |result| result)
}

#[inline]
pub(crate) fn prepare_each<'a, A: Adapter>(
    adapter: &A,
    contract: &Contract,
    events: impl ExactSizeIterator<Item = Event<'a>>,
) -> Result<Prepared<A::Row>, Failure> {
    let mut features = Features::new(contract, events.len()).map_err(Failure::Internal)?;
    let mut rows = Vec::with_capacity(events.len());
    let mut rejected = Vec::new();
    for (row, event) in events.enumerate() {
        match adapter.preprocess(&event, &mut features) {
            Ok(kept) => {
                features
                    .close_row(contract)
                    .map_err(|why| at_row(row, &why))?;
                rows.push(kept);
            }
            Err(rejection) => {
                features.roll_back();
                let row = u32::try_from(row).unwrap_or(u32::MAX);
                rejected.push(RejectedEvent {
                    row,
                    reason: rejection.into_reason(),
                });
            }
        }
    }
    Ok(Prepared {
        features: features.finish(contract, rows.len()),
        rejected,
        rows,
    })
}

/// `finish` with each answer turned into what the caller wants, so that no second list is needed.
#[inline]
pub(crate) fn finish_each<A: Adapter, T>(
    adapter: &A,
    rows: Vec<A::Row>,
    scores: &[TensorView<'_>],
    mut answer: impl FnMut(Result<Outcome, String>) -> T,
) -> Result<Vec<T>, Failure> {
    let table = ScoreTable::new(scores, rows.len())?;
    let mut answers = Vec::with_capacity(rows.len());
    for (row, kept) in rows.into_iter().enumerate() {
        let result = match adapter.postprocess(kept, &table.row(row)) {
            Ok(Outcome {
                unwritable: Some(why),
                ..
            }) => Err(why),
            Ok(outcome) => Ok(outcome),
            Err(rejection) => Err(rejection.into_reason()),
        };
        if let Some(why) = table.misread() {
            return Err(at_row(row, why));
        }
        answers.push(answer(result));
    }
    Ok(answers)
}

#[cold]
fn at_row(row: usize, why: &str) -> Failure {
    Failure::Internal(format!(
        "the adapter breaks its contract at row {row}: {why}"
    ))
}
