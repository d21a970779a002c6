//! The payments adapter's mapping as a configuration, beside the same mapping written in Rust; both in the sandbox.

use std::{hint::black_box, time::Instant};

use anyhow::Context as _;
use scoregate::{
    event::Event,
    plugin::{AdapterInstance, Release, Settings},
    tensor::Tensor,
};
use scoregate_tests::plugins;

use crate::{
    chain::event,
    gateway::Parts,
    pairs::{Effort, Pairs},
    sample::Sample,
    table::{Budget, Table},
};

const CONFIG: &str = include_str!("../../../plugins/mapping/tests/payments.json");
const BATCH: usize = 64;
const BATCHES: usize = 64;
const PAIRS: usize = 25;
const BOUND: &str = "the mapping written in Rust";

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    let parts = Parts::new()?;
    let mut written = instance(&parts, &sample.read("payments.wasm")?, "{}")?;
    let mut configured = instance(&parts, plugins::mapping(), CONFIG)?;
    let events: Vec<Event> = sample.payments.iter().map(event).collect();
    same_features(&mut configured, &mut written, &events)?;
    table.section("mapping: an adapter that is configured");
    for calls in [Calls::Both, Calls::Preprocess] {
        let pairs = Pairs::run(
            effort.pairs(PAIRS),
            || per_event(&mut configured, &events, calls),
            || per_event(&mut written, &events, calls),
        )?;
        let (what, budget) = match calls {
            Calls::Both => ("an event of 64, both calls", Budget::RatioAtMost(2.0)),
            Calls::Preprocess => ("  of 64: preprocess", Budget::None),
        };
        table.row(what, "ns", &pairs, BOUND, budget);
    }
    Ok(())
}

/// What is timed.
#[derive(Clone, Copy)]
enum Calls {
    Both,
    Preprocess,
}

fn instance(parts: &Parts, component: &[u8], config: &str) -> anyhow::Result<AdapterInstance> {
    let settings = Settings {
        slot: "adapter".to_owned(),
        config_json: config.to_owned(),
        memory_max_bytes: 128 << 20,
        call_deadline_ms: 1_000,
        result_max_bytes: 16 << 20,
    };
    let release = Release::load(&parts.engine, None, &parts.telemetry, settings, component)?;
    let Release::Adapter(adapter) = release else {
        anyhow::bail!("the component is a model");
    };
    adapter.fresh_instance().ok().context("an adapter")
}

/// Nanoseconds an event: the least of many batches, for others use the machine as well.
fn per_event(adapter: &mut AdapterInstance, events: &[Event], calls: Calls) -> anyhow::Result<f64> {
    let score = scores();
    let mut least = f64::INFINITY;
    for events in events.chunks_exact(BATCH).cycle().take(BATCHES) {
        let batch: Vec<&Event> = events.iter().collect();
        let start = Instant::now();
        let prepared = adapter.preprocess(&batch).ok().context("preprocess")?;
        let mut elapsed = start.elapsed();
        black_box(&prepared.features);
        let outcomes = adapter.postprocess(prepared.batch, &[&score, &score], prepared.rows);
        black_box(outcomes.ok().context("postprocess")?);
        if let Calls::Both = calls {
            elapsed = start.elapsed();
        }
        least = least.min(elapsed.as_nanos() as f64 / BATCH as f64);
    }
    Ok(least)
}

/// A probability for each event of a batch, which stands for its margin as well.
fn scores() -> Tensor {
    let values = (0..BATCH).map(|row| row as f32 / BATCH as f32);
    Tensor {
        shape: vec![BATCH as u64, 1],
        data: values.flat_map(f32::to_le_bytes).collect(),
    }
}

/// Both do the same work, or the bound is none.
fn same_features(
    configured: &mut AdapterInstance,
    written: &mut AdapterInstance,
    events: &[Event],
) -> anyhow::Result<()> {
    for events in events.chunks(BATCH) {
        let batch: Vec<&Event> = events.iter().collect();
        let [ours, theirs] = [&mut *configured, &mut *written].map(|adapter| {
            let prepared = adapter.preprocess(&batch).ok().context("preprocess")?;
            let features = prepared.features[0].clone();
            adapter.discard(prepared.batch).ok().context("discard")?;
            anyhow::Ok(features)
        });
        let (ours, theirs) = (numbers(&ours?), numbers(&theirs?));
        let same =
            |(ours, theirs): (&f32, &f32)| ours == theirs || ours.is_nan() && theirs.is_nan();
        anyhow::ensure!(
            ours.len() == theirs.len() && ours.iter().zip(&theirs).all(same),
            "the configured adapter makes other features than the written one"
        );
    }
    Ok(())
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    let (numbers, _) = tensor.data.as_chunks::<4>();
    numbers
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}
