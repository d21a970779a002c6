//! The component held against the model's file, and golden cases of what it answers.

use anyhow::{Context as _, anyhow};
use scoregate_compiler::{
    CheckError, Checked, Output, check,
    description::{Description, Precision},
};
use serde_json::{Value, json, value::RawValue};
use std::collections::BTreeMap;

use super::{progress::Progress, trial::Trial};
use crate::limits::{GOLDEN_MAX_BYTES, GOLDEN_MAX_CASES};

/// Runs the component on rows made for it.
///
/// # Errors
/// What differs, or why it could not be said.
pub fn run(
    trial: &mut Trial,
    model: &Description,
    outputs: &[Output],
    seed: u64,
    progress: &Progress,
) -> anyhow::Result<Checked> {
    let score = |values: &[f64], rows: usize| trial.score(values, rows);
    let tell = |done, total| progress.at("comparing the component with the model", done, total);
    check(model, outputs, seed, score, tell).map_err(|error| match error {
        CheckError::Differs(difference) => anyhow!(
            "the component does not compute what the model's file says, so it is not written: {difference}"
        ),
        CheckError::Form(reason) => {
            anyhow!("the component does not answer as its signature says, so it is not written: {reason}")
        }
        CheckError::Score(error) => error.context("the component cannot be run, so it is not written"),
    })
}

/// Golden cases as `--golden` takes them: some rows together, and one alone, which is scored another way. None where the rows are too wide to be
/// carried.
pub fn cases(
    trial: &mut Trial,
    model: &Description,
    outputs: &[Output],
    checked: &Checked,
) -> anyhow::Result<Vec<Value>> {
    let mut cases = Vec::new();
    let all = &checked.kept[..];
    for rows in [all, &all[..all.len().min(1)]] {
        if rows.is_empty() {
            continue;
        }
        let answers = trial.score(&rows.concat(), rows.len())?;
        let expected = outputs.iter().zip(&answers).map(|(output, answer)| {
            let width = answer.len() / rows.len();
            let rows = answer.chunks(width.max(1));
            let rows: Vec<Value> = rows.map(|row| elements(model, *output, row)).collect();
            (output.name().to_owned(), Value::from(rows))
        });
        let expected: serde_json::Map<String, Value> = expected.collect();
        let given = rows
            .iter()
            .map(|row| row.iter().map(|value| number(*value)).collect());
        let given: Vec<Value> = given.collect();
        cases.push(json!({
            "name": format!("self-check, rows: {}", rows.len()),
            "inputs": { "features": given },
            "outputs": expected,
        }));
    }
    Ok(cases)
}

/// The file that carries these cases after the user's own; his file as it is where they find no room in it, or where it is none.
pub fn golden(own: Option<Vec<u8>>, cases: Vec<Value>) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(own) = own else {
        return match cases.is_empty() {
            true => Ok(None),
            false => Ok(Some(serde_json::to_vec(
                &json!({ "version": 1, "cases": cases }),
            )?)),
        };
    };
    let parts: Result<BTreeMap<String, Box<RawValue>>, _> = serde_json::from_slice(&own);
    let Ok(mut parts) = parts else {
        return Ok(Some(own));
    };
    let given = parts
        .get("cases")
        .map(|cases| serde_json::from_str(cases.get()));
    let Some(Ok(given)) = given else {
        return Ok(Some(own));
    };
    let mut all: Vec<Box<RawValue>> = given;
    for case in cases {
        all.push(RawValue::from_string(case.to_string())?);
    }
    let count = all.len();
    parts.insert("cases".to_owned(), serde_json::value::to_raw_value(&all)?);
    let both = serde_json::to_vec(&parts).context("the golden cases cannot be written")?;
    let fit = count <= GOLDEN_MAX_CASES && both.len() <= GOLDEN_MAX_BYTES;
    Ok(Some(if fit { both } else { own }))
}

fn elements(model: &Description, output: Output, row: &[u8]) -> Value {
    fn each<const N: usize>(row: &[u8], element: impl Fn([u8; N]) -> Value) -> Value {
        let (elements, _) = row.as_chunks::<N>();
        elements.iter().map(|bytes| element(*bytes)).collect()
    }
    match (output, model.precision) {
        (Output::Label, _) => each(row, |bytes| i64::from_le_bytes(bytes).into()),
        (Output::Leaf, _) => each(row, |bytes| i32::from_le_bytes(bytes).into()),
        (_, Precision::F32) => each(row, |bytes| number(f32::from_le_bytes(bytes).into())),
        (_, Precision::F64) => each(row, |bytes| number(f64::from_le_bytes(bytes))),
    }
}

/// As golden cases spell numbers.
fn number(number: f64) -> Value {
    match number {
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        // NaN becomes null.
        number => number.into(),
    }
}
