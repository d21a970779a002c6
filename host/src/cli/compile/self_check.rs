//! The component held against the model's file, and golden cases of what it answers.

use anyhow::{Context as _, anyhow};
use scoregate_compiler::{CheckError, Checked, Output, check, description::Description};
use serde_json::{Value, json, value::RawValue};
use std::collections::BTreeMap;

use super::{progress::Progress, trial::Trial};
use crate::{
    limits::{GOLDEN_MAX_BYTES, GOLDEN_MAX_CASES},
    plugin::cell_json,
    tensor::{Signature, Tensor, TensorSpec},
};

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
pub fn cases(trial: &mut Trial, checked: &Checked) -> anyhow::Result<Vec<Value>> {
    let mut cases = Vec::new();
    let all = &checked.kept[..];
    for rows in [all, &all[..all.len().min(1)]] {
        if rows.is_empty() {
            continue;
        }
        let (features, outputs) = trial.answer(&rows.concat(), rows.len())?;
        cases.extend(case(trial.loaded.signature(), &[features], &outputs));
    }
    Ok(cases)
}

/// A golden case of these tensors, which are in the signature's order. None where one of them has no form as JSON.
pub fn case(signature: &Signature, inputs: &[Tensor], outputs: &[Tensor]) -> Option<Value> {
    let named = |specs: &[TensorSpec], tensors: &[Tensor]| {
        let pairs = specs.iter().zip(tensors);
        let named = pairs.map(|(spec, tensor)| {
            let cells = cell_json(spec.datatype, tensor)?;
            Some((spec.name.clone(), cells))
        });
        named.collect::<Option<_>>().map(Value::Object)
    };
    let rows = inputs.first().map_or(0, Tensor::rows);
    Some(json!({
        "name": format!("self-check, rows: {rows}"),
        "inputs": named(&signature.inputs, inputs)?,
        "outputs": named(&signature.outputs, outputs)?,
    }))
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
