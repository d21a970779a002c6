//! A graph on its way to a component: compiled, checked in the sandbox, measured.

use anyhow::{anyhow, bail};
use scoregate_compiler::{
    CheckError, GraphChecked, GraphRows, GraphSummary, Wire, check_graph, compile_graph,
    graph_model::GraphModel,
};
use serde_json::Value;

use super::{
    Args, BATCHES, Command, feature_names, measure, measure::Speed, memory_note, report::Report,
    self_check, trial::Loaded,
};
use crate::{
    plugin::Engine,
    release::Digest,
    tensor::{Signature, Tensor},
};

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
fn outputs(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).collect()
}

/// The component, checked, with its golden cases, and what is said of it.
pub fn make(
    model: &GraphModel,
    command: &Command<'_>,
) -> anyhow::Result<(Vec<u8>, Report<GraphSummary>)> {
    let (args, progress) = (command.args, &command.progress);
    let own = command.own_golden()?;
    let engine = Engine::new()?;
    progress.step("writing the graph's program");
    let outputs = args.output.as_deref().map(outputs);
    let compiled = compile_graph(model, outputs.as_deref(), &command.name, &args.version)?;
    let (component, mut summary) = (compiled.component, compiled.summary);
    progress.step("starting the component");
    let mut loaded = Loaded::load(&engine, &component)?;
    let checked = check(&mut loaded, &compiled.model, command)?;
    progress.step("trying golden cases");
    let cases = cases(loaded.signature(), &checked);
    let (component, golden_cases) = command.carry(&loaded, component, own, cases)?;
    progress.step("measuring");
    let speeds = speeds(&mut loaded, model, command.seed)?;
    summary.component_bytes = component.len();
    summary.notes.extend(memory_note(&loaded));
    let report = Report {
        file: String::new(),
        digest: Digest::of(&component).to_string(),
        face: loaded.face(),
        memory_bytes: loaded.memory_bytes(),
        checked_rows: checked.rows,
        refused_rows: Some(checked.refused_rows),
        golden_cases,
        speeds,
        autotune: None,
        summary,
    };
    Ok((component, report))
}

fn check(
    loaded: &mut Loaded,
    model: &GraphModel,
    command: &Command<'_>,
) -> anyhow::Result<GraphChecked> {
    let score = |inputs: &[Wire]| {
        let answer = call(loaded, inputs)?;
        let wires = |tensors: Vec<Tensor>| tensors.into_iter().map(wire).collect();
        Ok::<_, anyhow::Error>(answer.map(wires))
    };
    let tell = |done, total| {
        let progress = &command.progress;
        progress.at("comparing the component with the graph", done, total);
    };
    check_graph(model, command.seed, score, tell).map_err(|error| match error {
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
    let kept = checked.kept.as_ref();
    let tensors = |wires: &[Wire]| wires.iter().map(tensor).collect::<Vec<_>>();
    let case = kept.and_then(|(inputs, outputs)| {
        self_check::case(signature, &tensors(inputs), &tensors(outputs))
    });
    case.into_iter().collect()
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
