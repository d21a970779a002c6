//! What changes cost: swaps under full load, a shadow beside the active release, the way back, and a release's way in step by step.

mod changes;
mod rollback;
mod shadow;

use crate::{pairs::Effort, sample::Sample, table::Table};

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    changes::run(sample, effort, table)?;
    shadow::run(sample, effort, table)?;
    rollback::run(sample, effort, table)
}
