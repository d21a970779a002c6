//! What a fault or a deployment costs: a fresh instance, a load from the cache, a compilation.

use std::{hint::black_box, time::Instant};

use anyhow::Context as _;
use scoregate::plugin::{Cache, Compiler, check};
use scoregate_tests::spin_model;

use crate::{
    gateway::Parts,
    pairs::{Effort, Pairs},
    sample::Sample,
    table::{Budget, Table},
};

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    let parts = Parts::new()?;
    table.section("instance: fresh and configured, loaded, compiled");
    instances(sample, &parts, effort, table)?;
    let store = tempfile::tempdir()?;
    let cache = Cache::open(store.path(), Compiler::InProcess)?;
    for name in ["payments", "fraud"] {
        let component = sample.read(&format!("{name}.wasm"))?;
        drop(parts.load(name, &component, Some(&cache))?);
        let load = || ms(|| parts.load(name, &component, Some(&cache)).map(drop));
        let files: Vec<_> = std::fs::read_dir(store.path().join("cache"))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        let pairs = Pairs::run(effort.pairs(15), load, || {
            ms(|| {
                for file in &files {
                    black_box(std::fs::read(file)?);
                }
                check(black_box(&component))?;
                Ok(())
            })
        })?;
        table.row(
            &format!("load {name} from the cache"),
            "ms",
            &pairs,
            "reading its code, checking the component",
            Budget::None,
        );
        let compile = || ms(|| parts.load(name, &component, None).map(drop));
        let pairs = Pairs::run(effort.pairs(5), compile, load)?;
        table.row(
            &format!("compile {name} ({} kB)", component.len() / 1000),
            "ms",
            &pairs,
            "loading it from the cache",
            Budget::None,
        );
    }
    Ok(())
}

fn instances(
    sample: &Sample,
    parts: &Parts,
    effort: Effort,
    table: &mut Table,
) -> anyhow::Result<()> {
    const BOUND: &str = "of a model that does nothing";
    let adapter = parts.adapter(sample)?;
    let model = parts.model("fraud", &sample.read("fraud.wasm")?)?;
    let empty = parts.model("spin", &spin_model::component(0))?;
    let bound = || fresh(|| empty.fresh_instance().ok().map(drop));
    let pairs = Pairs::run(
        effort.pairs(25),
        || fresh(|| adapter.fresh_instance().ok().map(drop)),
        bound,
    )?;
    table.row(
        "a fresh instance of payments",
        "µs",
        &pairs,
        BOUND,
        Budget::None,
    );
    let pairs = Pairs::run(
        effort.pairs(25),
        || fresh(|| model.fresh_instance().ok().map(drop)),
        bound,
    )?;
    table.row(
        "a fresh instance of fraud",
        "µs",
        &pairs,
        BOUND,
        Budget::None,
    );
    Ok(())
}

/// Microseconds of one, from many: made, configured and dropped.
fn fresh(mut make: impl FnMut() -> Option<()>) -> anyhow::Result<f64> {
    const COUNT: usize = 100;
    let start = Instant::now();
    for _ in 0..COUNT {
        make().context("an instance")?;
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / COUNT as f64)
}

fn ms(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}
