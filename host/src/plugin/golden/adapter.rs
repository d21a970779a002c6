//! A case of an adapter: events to features, and given scores to outcomes.

use serde_json::{Value, json};

use super::{
    compare,
    format::{AdapterCase, Expected, Rejected},
    model::ended,
};
use crate::{
    event::{Event, Outcome},
    plugin::adapter::{AdapterInstance, Prepared},
    tensor::{Contract, Tensor},
};

/// Says what differs.
pub fn try_case(
    case: &AdapterCase,
    instance: &mut AdapterInstance,
    contract: &Contract,
    tolerance: f64,
) -> Result<(), String> {
    let mut events = Vec::with_capacity(case.events.len());
    for (row, event) in case.events.iter().enumerate() {
        let event = event.event();
        events.push(event.map_err(|error| format!("row {row} of `events`: {error}"))?);
    }
    let events: Vec<&Event> = events.iter().collect();
    let Prepared {
        features,
        rejected,
        rows,
        batch,
    } = instance.preprocess(&events).map_err(ended)?;
    let prepared = rejections(&case.rejected, &rejected).and_then(|()| match &case.features {
        None => Ok(()),
        Some(expected) => {
            let specs = &contract.features;
            compare::tensors("its `features`", expected, &features, specs, tolerance)
        }
    });
    let scores = prepared.and_then(|()| scores(case, contract, rows));
    let scores = match scores {
        Ok(Some(scores)) => scores,
        other => {
            instance.discard(batch).map_err(ended)?;
            return other.map(drop);
        }
    };
    let tensors: Vec<&Tensor> = scores.iter().collect();
    let outcomes = instance.postprocess(batch, &tensors, rows);
    let outcomes = outcomes.map_err(ended)?;
    let expected = case.outcomes.iter().flatten();
    for (row, (expected, got)) in expected.zip(outcomes).enumerate() {
        outcome(row, expected, got, tolerance)?;
    }
    Ok(())
}

fn rejections(expected: &[Rejected], got: &[(usize, String)]) -> Result<(), String> {
    let reason = |row| {
        let found = got.iter().find(|(rejected, _)| *rejected == row);
        found.map(|(_, reason)| reason)
    };
    for Rejected {
        row,
        reason: wanted,
    } in expected
    {
        match (reason(*row), wanted) {
            (None, _) => {
                return Err(format!(
                    "row {row} of `events` was expected to be rejected, and was not"
                ));
            }
            (Some(got), Some(wanted)) if got != wanted => {
                return Err(format!(
                    "row {row} of `events` was expected to be rejected by {wanted:?}, got {got:?}"
                ));
            }
            _ => {}
        }
    }
    let surprise = got
        .iter()
        .find(|(row, _)| expected.iter().all(|e| e.row != *row));
    match surprise {
        None => Ok(()),
        Some((row, reason)) => Err(format!(
            "row {row} of `events` was not expected to be rejected, got {reason:?}"
        )),
    }
}

/// What `postprocess` is given; none where the case ends before it.
fn scores(
    case: &AdapterCase,
    contract: &Contract,
    rows: usize,
) -> Result<Option<Vec<Tensor>>, String> {
    let (scores, outcomes) = match (&case.scores, &case.outcomes) {
        (None, None) => return Ok(None),
        (Some(scores), Some(outcomes)) => (scores, outcomes),
        _ => return Err("`scores` and `outcomes` need each other".to_owned()),
    };
    let scores = compare::given("its `scores`", scores, &contract.scores)?;
    let given = scores.first().map_or(0, Tensor::rows);
    if given != rows as u64 || outcomes.len() != rows {
        return Err(format!(
            "it has {given} rows of `scores` and {} `outcomes` for {rows} events that were not rejected",
            outcomes.len()
        ));
    }
    Ok(Some(scores))
}

fn outcome(
    row: usize,
    expected: &Expected,
    got: Result<Outcome, String>,
    tolerance: f64,
) -> Result<(), String> {
    let field = |word: &str, expected: Option<Value>, got: Value| match expected {
        None => Ok(()),
        Some(expected) => compare::field(row, word, &expected, &got, tolerance),
    };
    match got {
        Err(reason) => {
            let expected = expected.rejected.clone().map_or(Value::Null, Value::String);
            field("rejected", Some(expected), Value::String(reason))
        }
        Ok(got) => {
            field(
                "rejected",
                expected.rejected.clone().map(Value::String),
                Value::Null,
            )?;
            // A score that is not finite is none in JSON.
            field(
                "score",
                expected.score.map(|score| json!(score)),
                json!(got.score),
            )?;
            field(
                "decision",
                expected.decision.clone().map(|d| json!(d)),
                json!(got.decision),
            )?;
            field(
                "route",
                expected.route.clone().map(|r| json!(r)),
                json!(got.route),
            )?;
            field("output", expected.output.clone(), output(&got.payload))
        }
    }
}

/// As an answer over HTTP shows it: a JSON value, else a text; nothing is null.
fn output(payload: &[u8]) -> Value {
    if payload.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(payload)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(payload).into_owned()))
}
