//! A sum of trees on its way to a component: compiled, checked in the sandbox, measured.

use scoregate_compiler::{
    Compiled, EdgeRows, Options, Summary, Tuning, compile_tuned, description::Description,
    parse_outputs,
};

use super::{
    BATCHES, Command, autotune, feature_names, measure, memory_note, report::Report, self_check,
    trial::Trial,
};
use crate::{plugin::Engine, release::Digest};

/// What is asked for, of a sum; the names of its features are those that are given.
pub fn settle(model: &mut Description, command: &Command<'_>) -> anyhow::Result<Options> {
    let args = command.args;
    let options = Options {
        outputs: args.output.as_deref().map(parse_outputs).transpose()?,
        explain: args.explain,
        name: command.name.clone(),
        version: args.version.clone(),
        iterations: args.iteration_range.clone(),
    };
    if let Some(names) = &args.feature_names {
        model.feature_names = feature_names::read(names, model.features)?;
    }
    Ok(options)
}

/// The component, checked, with its golden cases, and what is said of it.
pub fn make(
    model: &Description,
    options: &Options,
    command: &Command<'_>,
) -> anyhow::Result<(Vec<u8>, Report<Summary>)> {
    let (seed, progress) = (command.seed, &command.progress);
    let own = command.own_golden()?;
    let engine = Engine::new()?;
    let (compiled, tried) = if command.args.autotune {
        autotune::choose(&engine, model, options, seed, progress)?
    } else {
        progress.step("writing the kernel's tables");
        let compiled = compile_tuned(model, Tuning::Planes, options)?;
        (compiled, Vec::new())
    };
    let Compiled {
        component,
        mut summary,
    } = compiled;
    progress.step("starting the component");
    let mut trial = Trial::load(&engine, &component, model)?;
    let checked = self_check::run(&mut trial, model, &summary.outputs, seed, progress)?;
    progress.step("trying golden cases");
    let cases = self_check::cases(&mut trial, &checked)?;
    let (component, golden_cases) = command.carry(&trial.loaded, component, own, cases)?;
    progress.step("measuring");
    let mut rows = EdgeRows::new(model, seed);
    let mut trials = [trial];
    let speeds = measure::measure(&mut trials, &mut rows, &BATCHES)?;
    let [Trial { loaded, .. }] = trials;
    summary.component_bytes = component.len();
    summary.notes.extend(memory_note(&loaded));
    let report = Report {
        file: String::new(),
        digest: Digest::of(&component).to_string(),
        face: loaded.face(),
        memory_bytes: loaded.memory_bytes(),
        checked_rows: checked.rows,
        refused_rows: None,
        golden_cases,
        speeds: speeds.into_iter().flatten().collect(),
        autotune: Some(tried),
        summary,
    };
    Ok((component, report))
}
