//! What a row costs in the engine, measured on fresh random rows: one row again and again would flatter code that branches.

use std::time::{Duration, Instant};

use scoregate_compiler::EdgeRows;
use serde::Serialize;

use super::trial::Trial;

/// Rows of a round, and of its largest batch.
const ROWS: usize = 256;
/// What a measurement may take, once there are enough rounds.
const PATIENCE: Duration = Duration::from_millis(150);
const ROUNDS_MIN: usize = 3;
const ROUNDS_MAX: usize = 15;
/// Calls with one batch's size in a round at most.
const CALLS_MAX: usize = 32;
/// Values of a round's rows at most.
const VALUES_MAX: usize = 1 << 20;

/// Time of a row where so many are scored together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Speed {
    pub batch: usize,
    pub us_per_row: f64,
}

/// Medians of single calls with batches of these sizes, for each of the trials, which take turns with the same rows.
pub fn measure(
    trials: &mut [Trial],
    rows: &mut EdgeRows<'_>,
    batches: &[usize],
) -> anyhow::Result<Vec<Vec<Speed>>> {
    let start = Instant::now();
    let mut rounds = vec![vec![Vec::new(); batches.len()]; trials.len()];
    for round in 0..ROUNDS_MAX {
        if round >= ROUNDS_MIN && start.elapsed() > PATIENCE * trials.len() as u32 {
            break;
        }
        let first = rows.usual();
        let width = first.len();
        let count = ROWS.min(VALUES_MAX / width.max(1)).max(1);
        let mut values = first;
        for _ in 1..count {
            values.extend(rows.usual());
        }
        for (trial, rounds) in trials.iter_mut().zip(&mut rounds) {
            for (batch, figures) in batches.iter().zip(rounds) {
                let batch = (*batch).min(count);
                for values in values.chunks_exact(batch * width).take(CALLS_MAX) {
                    let took = trial.time(values, batch)?;
                    figures.push(took.as_secs_f64() * 1e6 / batch as f64);
                }
            }
        }
    }
    let speeds = |rounds: &mut Vec<Vec<f64>>| {
        let pairs = batches.iter().zip(rounds);
        let speed = |(batch, figures): (&usize, &mut Vec<f64>)| Speed {
            batch: *batch,
            us_per_row: median(figures),
        };
        pairs.map(speed).collect()
    };
    Ok(rounds.iter_mut().map(speeds).collect())
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The median of single calls with so many rows, of as many calls as the patience allows; none where all of them are refused.
pub fn median_of(
    batch: usize,
    mut time: impl FnMut() -> anyhow::Result<Option<Duration>>,
) -> anyhow::Result<Option<Speed>> {
    let start = Instant::now();
    let mut figures = Vec::new();
    for call in 0..ROUNDS_MAX * CALLS_MAX {
        if call >= ROUNDS_MIN && start.elapsed() > PATIENCE / 2 {
            break;
        }
        let took = time()?;
        figures.extend(took.map(|took| took.as_secs_f64() * 1e6 / batch as f64));
    }
    Ok((!figures.is_empty()).then(|| Speed {
        batch,
        us_per_row: median(&mut figures),
    }))
}
