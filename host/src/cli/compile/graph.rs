//! A graph on its way to a component: compiled, checked in the sandbox, measured.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use scoregate_compiler::{
    CheckError, GraphChecked, GraphRows, Wire, check_graph, compile_graph, graph_model::GraphModel,
};
use serde_json::{Value, json};

use super::{
    Args, carry, feature_names, measure, measure::Speed, progress::Progress, read_golden,
    report::GraphReport, self_check, trial::Loaded,
};
use crate::{
    limits::MEMORY_MAX_BYTES,
    plugin::{Engine, cell_json},
    release::Digest,
    tensor::{Signature, Tensor, TensorSpec},
};

/// Rows together whose speed is told.
const BATCHES: [usize; 2] = [1, 256];

/// What is asked for, of a graph.
pub struct Job<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub outputs: Option<Vec<String>>,
    pub golden: Option<&'a Path>,
    pub seed: u64,
    pub progress: &'a Progress,
}

/// Options that only sums of trees have are refused, and names of columns are those that are given.
pub fn settle(model: &mut GraphModel, args: &Args) -> anyhow::Result<()> {
    let of_sums = [("--explain", args.explain), ("--autotune", args.autotune)];
    if let Some((option, _)) = of_sums.iter().find(|(_, given)| *given) {
        bail!("{option} is for models of XGBoost and LightGBM in their own files, not for ONNX");
    }
    if let Some(names) = &args.feature_names {
        model.feature_names = feature_names::read(names, model.columns())?;
    }
    Ok(())
}

/// The names of `--output`.
pub fn outputs(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).collect()
}

/// The component, checked, with its golden cases, and what is said of it.
pub fn make(model: &GraphModel, job: &Job<'_>) -> anyhow::Result<(Vec<u8>, GraphReport)> {
    let own = job.golden.map(read_golden).transpose()?;
    let engine = Engine::new()?;
    job.progress.step("writing the graph's program");
    let compiled = compile_graph(model, job.outputs.as_deref(), job.name, job.version)?;
    let (mut component, mut summary) = (compiled.component, compiled.summary);
    job.progress.step("starting the component");
    let mut loaded = Loaded::load(&engine, &component)?;
    let checked = check(&mut loaded, &compiled.model, job)?;
    job.progress.step("trying golden cases");
    let face = loaded.face();
    let mut golden_cases = 0;
    if let Some(json) = self_check::golden(own, cases(loaded.signature(), &checked))? {
        let carried = carry(&loaded, &component, &json);
        (component, golden_cases) = match job.golden {
            Some(path) => carried.with_context(|| path.display().to_string())?,
            None => carried?,
        };
    }
    job.progress.step("measuring");
    let speeds = speeds(&mut loaded, model, job.seed)?;
    summary.component_bytes = component.len();
    if loaded.memory_bytes() as u64 > MEMORY_MAX_BYTES {
        summary
            .notes
            .push(super::memory_note(loaded.memory_bytes()));
    }
    let report = GraphReport {
        file: String::new(),
        digest: Digest::of(&component).to_string(),
        memory_bytes: loaded.memory_bytes(),
        checked_rows: checked.rows,
        refused_rows: checked.refused_rows,
        golden_cases,
        speeds,
        summary,
        face,
    };
    Ok((component, report))
}

fn check(loaded: &mut Loaded, model: &GraphModel, job: &Job<'_>) -> anyhow::Result<GraphChecked> {
    let score = |inputs: &[Wire]| {
        let answer = call(loaded, inputs)?;
        let wires = |tensors: Vec<Tensor>| tensors.into_iter().map(wire).collect();
        Ok::<_, anyhow::Error>(answer.map(wires))
    };
    let tell = |done, total| {
        job.progress
            .at("comparing the component with the graph", done, total);
    };
    check_graph(model, job.seed, score, tell).map_err(|error| match error {
        CheckError::Differs(difference) => anyhow!(
            "the component does not compute what the graph does outside of the sandbox, so it is not written: {difference}"
        ),
        CheckError::Form(reason) => anyhow!("the graph cannot be run, so it is not written: {reason}"),
        CheckError::Score(error) => error.context("the component cannot be run, so it is not written"),
    })
}

fn call(loaded: &mut Loaded, inputs: &[Wire]) -> anyhow::Result<Result<Vec<Tensor>, String>> {
    let tensors: Vec<Tensor> = inputs.iter().map(tensor).collect();
    let tensors: Vec<&Tensor> = tensors.iter().collect();
    loaded.call(&tensors)
}

fn tensor(wire: &Wire) -> Tensor {
    Tensor {
        shape: wire.shape.clone(),
        data: wire.data.clone(),
    }
}

fn wire(tensor: Tensor) -> Wire {
    Wire {
        shape: tensor.shape,
        data: tensor.data,
    }
}

/// The rows that the check kept, as one case.
fn cases(signature: &Signature, checked: &GraphChecked) -> Vec<Value> {
    let Some((inputs, outputs)) = &checked.kept else {
        return Vec::new();
    };
    let named = |specs: &[TensorSpec], wires: &[Wire]| {
        let pairs = specs.iter().zip(wires);
        let named = pairs.map(|(spec, wire)| {
            let cells = cell_json(spec.datatype, &tensor(wire))?;
            Some((spec.name.clone(), cells))
        });
        named.collect::<Option<_>>().map(Value::Object)
    };
    let rows = inputs.first().map_or(0, |input| input.shape[0]);
    let (Some(inputs), Some(outputs)) = (
        named(&signature.inputs, inputs),
        named(&signature.outputs, outputs),
    ) else {
        return Vec::new();
    };
    vec![json!({
        "name": format!("self-check, rows: {rows}"),
        "inputs": inputs,
        "outputs": outputs,
    })]
}

/// Medians of calls with fresh rows. A graph that refuses some rows is measured on those that it takes.
fn speeds(loaded: &mut Loaded, model: &GraphModel, seed: u64) -> anyhow::Result<Vec<Speed>> {
    let mut rows = GraphRows::new(model, seed);
    let mut speeds = Vec::new();
    for batch in BATCHES {
        let time = || {
            let inputs: Vec<Tensor> = rows.batch(batch).iter().map(tensor).collect();
            loaded.time(&inputs.iter().collect::<Vec<_>>())
        };
        speeds.extend(measure::median_of(batch, time)?);
    }
    Ok(speeds)
}
