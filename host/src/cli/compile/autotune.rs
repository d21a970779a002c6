//! `--autotune`: the ways in which the model's trees can be written, measured on the spot.

use scoregate_compiler::{
    Compiled, EdgeRows, Options, Tuning, compile_tuned, description::Description,
};
use serde::Serialize;

use super::{
    measure::{Speed, measure},
    progress::Progress,
    trial::Trial,
};
use crate::plugin::Engine;

/// Rows together: few, some, many. Each counts as much as the others.
const BATCHES: [usize; 3] = [1, 16, 256];

/// A way that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    pub kernel: &'static str,
    pub speeds: Vec<Speed>,
    /// Whether it is the one that was taken.
    pub taken: bool,
}

/// The model compiled in the fastest way, and what was measured.
pub fn choose(
    engine: &Engine,
    model: &Description,
    options: &Options,
    seed: u64,
    progress: &Progress,
) -> anyhow::Result<(Compiled, Vec<Tried>)> {
    progress.step("measuring the kernels");
    let mut candidates: Vec<Compiled> = Vec::new();
    for tuning in Tuning::ALL {
        let compiled = compile_tuned(model, tuning, options)?;
        // What a way cannot serve is written in another.
        if candidates
            .iter()
            .all(|other| other.summary.kernel != compiled.summary.kernel)
        {
            candidates.push(compiled);
        }
    }
    let trials = candidates
        .iter()
        .map(|compiled| Trial::load(engine, &compiled.component, model));
    let mut trials = trials.collect::<anyhow::Result<Vec<Trial>>>()?;
    let mut rows = EdgeRows::new(model, seed);
    let speeds = measure(&mut trials, &mut rows, &BATCHES)?;
    // The geometric mean's logarithm, but for a factor.
    let cost = |speeds: &[Speed]| {
        speeds
            .iter()
            .map(|speed| speed.us_per_row.ln())
            .sum::<f64>()
    };
    let best = (0..speeds.len())
        .min_by(|a, b| cost(&speeds[*a]).total_cmp(&cost(&speeds[*b])))
        .unwrap_or(0);
    let tried = candidates.iter().zip(speeds).enumerate();
    let tried = tried.map(|(at, (compiled, speeds))| Tried {
        kernel: compiled.summary.kernel,
        speeds,
        taken: at == best,
    });
    let tried = tried.collect();
    Ok((candidates.swap_remove(best), tried))
}
