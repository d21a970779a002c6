//! Many models at once: what a loaded one takes of memory beside its tables, and how long it takes to load from the cache.

#[path = "../../../sdk/compiler/tests/grown/mod.rs"]
mod grown;

use std::{fs, time::Instant};

use anyhow::Context as _;
use grown::{Shape, grow, options};
use scoregate::{
    plugin::{Cache, Compiler, Release, with_golden},
    release::Digest,
};
use scoregate_compiler::{compile_for, description::Precision};
use scoregate_kernel::layout::Kind;
use serde_json::json;

use crate::{gateway::Parts, pairs::Effort, table::Table};

const SHAPE: Shape = Shape {
    precision: Precision::F64,
    trees: 1_000,
    leaves: 255,
    features: 50,
    groups: 1,
    grid: 255,
    sets_percent: 0,
    varied: false,
};
/// Models at once; `--long` takes all thousand, which is eight gigabytes.
const MODELS: usize = 40;
const MODELS_LONG: usize = 1_000;
/// Stands in the component for the model's name, so that each can have its own, and with it a release and a file of its own.
const NAME: &str = "model 0000";

pub fn run(effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    table.section("models: 1,000 trees of 255 leaves each, loaded at once");
    let mut options = options();
    options.name = NAME.to_owned();
    let compiled = compile_for(&grow(&SHAPE, 7), Kind::Ranked, &options)?;
    let tables_bytes = compiled.summary.tables_bytes;
    let models = if effort.is_long() {
        MODELS_LONG
    } else {
        MODELS
    };
    let store = tempfile::tempdir()?;
    let cache = Cache::open(store.path(), Compiler::InProcess)?;
    // As many rows as `scoregate compile` puts in: what is loaded is tried with them, by an instance of its own.
    let row = vec![0.5; SHAPE.features];
    let case = |rows: usize| json!({ "inputs": { "features": vec![&row; rows] }, "outputs": {} });
    let golden = json!({ "version": 1, "cases": [case(8), case(1)] }).to_string();
    let (component, _) = with_golden(&compiled.component, golden.as_bytes())?;
    let components = |nth: usize| named(&component, nth);
    // By an engine of its own, so that what compiling leaves behind is not counted.
    let compiling = Parts::new()?;
    for nth in 0..models {
        drop(compiling.load("compiled", &components(nth)?, Some(&cache))?);
    }
    drop(compiling);

    let parts = Parts::new()?;
    let (mut loaded, mut took_ms): (Vec<Release>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut code_ms = Vec::new();
    let before = Memory::now()?;
    for nth in 0..models {
        let component = components(nth)?;
        let digest = Digest::of(&component);
        let start = Instant::now();
        let release = parts.load_as(Some(&digest), "loaded", &component, Some(&cache))?;
        took_ms.push(start.elapsed().as_secs_f64() * 1e3);
        let steps = &release.parts().steps_ms;
        anyhow::ensure!(release.parts().cached, "it was not in the cache");
        code_ms.push(format!("{steps:?}"));
        loaded.push(release);
    }
    let after = Memory::now()?;
    took_ms.sort_by(f64::total_cmp);
    let per = |of: fn(&Memory) -> f64| (of(&after) - of(&before)) / models as f64;
    let tables_kb = tables_bytes as f64 / 1e3;
    let (pss, own) = (per(|memory| memory.pss_kb), per(|memory| memory.own_kb));
    table.note(&format!(
        "{models} models: {pss:.0} kB each (PSS), of which {own:.0} kB are the process's own, for {tables_kb:.0} kB of tables: {:.2}×",
        pss / tables_kb
    ));
    table.note(&format!(
        "loaded from the cache in {:.2} ms (least {:.2}, most {:.2}); the last's steps, ms: {}",
        took_ms[models / 2],
        took_ms[0],
        took_ms[models - 1],
        code_ms[models - 1]
    ));
    drop(loaded);
    Ok(())
}

/// The component with another name in its tables.
fn named(component: &[u8], nth: usize) -> anyhow::Result<Vec<u8>> {
    let mut component = component.to_vec();
    let at = component
        .windows(NAME.len())
        .position(|bytes| bytes == NAME.as_bytes());
    let at = at.context("the model's name stands in its component")?;
    component[at..at + NAME.len()].copy_from_slice(format!("model {nth:04}").as_bytes());
    Ok(component)
}

/// Of this process, in kB.
struct Memory {
    /// Every page's share.
    pss_kb: f64,
    /// Pages that no file has.
    own_kb: f64,
}

impl Memory {
    fn now() -> anyhow::Result<Self> {
        let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
        let field = |name: &str| {
            let line = rollup.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            number.with_context(|| format!("smaps_rollup has no {name}"))
        };
        Ok(Self {
            pss_kb: field("Pss:")? * 1.024,
            own_kb: (field("Pss_Anon:")? + field("Pss_Shmem:")?) * 1.024,
        })
    }
}
