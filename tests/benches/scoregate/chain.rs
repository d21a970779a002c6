//! The three plugin calls of a batch beside the same Rust code called natively.

use std::{hint::black_box, time::Instant};

use anyhow::Context as _;
use bytes::Bytes;
use scoregate::{
    event::Event,
    pipeline::Chain,
    plugin::{AdapterInstance, ModelInstance},
    tensor::Tensor,
};
use scoregate_tests::spin_model;

use crate::{
    gateway::Parts,
    native::Native,
    pairs::{Effort, Pairs},
    sample::Sample,
    table::{Budget, Table},
};

/// Events of one round: a few hundredths of a second.
const ROUND_EVENTS: usize = 8192;
const PART_EVENTS: usize = 256;
const PAIRS: usize = 25;
const BOUND: &str = "the same Rust code natively";

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    let (parts, native) = (Parts::new()?, Native::new()?);
    let generation = parts.generation(sample)?;
    let mut chain = Chain::new(generation.clone());
    let events: Vec<Event> = sample.payments.iter().map(event).collect();
    same_answers(&mut chain, &native, &events)?;
    table.section("chain: preprocess, infer, postprocess");
    for batch in [1, 8, 64, 1024] {
        let mut next = Batches::new(&events, batch);
        let mut next_native = Batches::new(&events, batch);
        let pairs = Pairs::run(
            effort.pairs(PAIRS),
            || {
                per_event(batch, || {
                    let outcomes = chain
                        .score(&next.take(), None)
                        .ok()
                        .context("the chain scores")?;
                    black_box(outcomes);
                    Ok(())
                })
            },
            || {
                per_event(batch, || {
                    let payloads = payloads(&next_native.take());
                    black_box(native.score(&payloads));
                    Ok(())
                })
            },
        )?;
        let budget = if batch == 64 {
            Budget::RatioAtMost(1.5)
        } else {
            Budget::None
        };
        table.row(&format!("an event of {batch}"), "ns", &pairs, BOUND, budget);
    }
    breakdown(sample, &parts, &native, &events, effort, table)
}

/// What [`breakdown`] times.
const CALLS: [&str; 4] = [
    "preprocess",
    "infer",
    "postprocess",
    "infer of a model that does nothing",
];

/// Instances of the sample's plugins, and of a model that does nothing.
struct Sandboxed {
    adapter: AdapterInstance,
    model: ModelInstance,
    idle: ModelInstance,
}

impl Sandboxed {
    fn new(sample: &Sample, parts: &Parts) -> anyhow::Result<Self> {
        let model = |slot: &str, component: &[u8]| {
            let instance = parts.model(slot, component)?.fresh_instance();
            instance.ok().context("a model")
        };
        let adapter = parts.adapter(sample)?.fresh_instance();
        Ok(Self {
            adapter: adapter.ok().context("an adapter")?,
            model: model("fraud", &sample.read("fraud.wasm")?)?,
            idle: model("spin", &spin_model::component(0))?,
        })
    }

    /// Makes the calls in the order of [`CALLS`], and tells after each which it was.
    fn score(&mut self, batch: &[&Event], mut done: impl FnMut(usize)) -> anyhow::Result<()> {
        let prepared = self.adapter.preprocess(batch).ok().context("preprocess")?;
        done(0);
        let features = [&prepared.features[0]];
        let outputs = self.model.infer(&features).ok().context("infer")?;
        done(1);
        let scores: [&Tensor; 2] = [&outputs[1], &outputs[0]];
        let outcomes = self
            .adapter
            .postprocess(prepared.batch, &scores, prepared.rows);
        black_box(outcomes.ok().context("postprocess")?);
        done(2);
        black_box(self.idle.infer(&features).ok().context("an idle call")?);
        done(3);
        Ok(())
    }
}

/// The three calls one by one, at 64 events.
fn breakdown(
    sample: &Sample,
    parts: &Parts,
    native: &Native,
    events: &[Event],
    effort: Effort,
    table: &mut Table,
) -> anyhow::Result<()> {
    const BATCH: usize = 64;
    let mut sandboxed = Sandboxed::new(sample, parts)?;
    let mut next = Batches::new(events, BATCH);
    let mut rows: [Pairs; 4] = Default::default();
    for _ in 0..effort.pairs(PAIRS) {
        let (mut wasm, mut natively) = ([f64::INFINITY; 4], [f64::INFINITY; 4]);
        for _ in 0..ROUND_EVENTS / BATCH {
            let batch = next.take();
            let mut clock = Instant::now();
            let mut lap = |slot: &mut f64| {
                *slot = slot.min(clock.elapsed().as_nanos() as f64);
                clock = Instant::now();
            };
            sandboxed.score(&batch, |call| lap(&mut wasm[call]))?;
            let payloads = payloads(&batch);
            lap(&mut 0.0);
            let prepared = native.preprocess(&payloads);
            lap(&mut natively[0]);
            let outputs = native.infer(&prepared.features);
            lap(&mut natively[1]);
            black_box(native.postprocess(prepared.rows, &outputs));
            lap(&mut natively[2]);
        }
        natively[3] = natively[1];
        for (row, (wasm, natively)) in rows.iter_mut().zip(wasm.into_iter().zip(natively)) {
            row.push(wasm / BATCH as f64, natively / BATCH as f64);
        }
    }
    for (what, pairs) in CALLS.iter().zip(&rows) {
        table.row(
            &format!("  of 64: {what}"),
            "ns",
            pairs,
            BOUND,
            Budget::None,
        );
    }
    Ok(())
}

/// Nanoseconds an event: the least of a round's short parts, for others use the machine as well and interrupt most longer ones.
fn per_event(batch: usize, mut work: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let calls = (PART_EVENTS / batch).max(1);
    let mut least = f64::INFINITY;
    for _ in 0..ROUND_EVENTS / (calls * batch) {
        let start = Instant::now();
        for _ in 0..calls {
            work()?;
        }
        least = least.min(start.elapsed().as_nanos() as f64 / (calls * batch) as f64);
    }
    Ok(least)
}

/// Batches of neighbouring events, round and round.
struct Batches<'a> {
    events: &'a [Event],
    batch: usize,
    at: usize,
}

impl<'a> Batches<'a> {
    fn new(events: &'a [Event], batch: usize) -> Self {
        Self {
            events,
            batch,
            at: 0,
        }
    }

    fn take(&mut self) -> Vec<&'a Event> {
        if self.at + self.batch > self.events.len() {
            self.at = 0;
        }
        let batch = self.events[self.at..self.at + self.batch].iter().collect();
        self.at += self.batch;
        batch
    }
}

/// An event with this payload and nothing else.
pub fn event(payload: &String) -> Event {
    Event {
        id: String::new(),
        key: None,
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        timestamp_ms: 0,
        headers: Vec::new(),
        origin: scoregate::event::Origin::Http,
    }
}

fn payloads<'a>(events: &[&'a Event]) -> Vec<&'a [u8]> {
    events.iter().map(|event| &event.payload[..]).collect()
}

/// The bound does the same work, or it is none.
fn same_answers(chain: &mut Chain, native: &Native, events: &[Event]) -> anyhow::Result<()> {
    for batch in events.chunks(64) {
        let batch: Vec<&Event> = batch.iter().collect();
        let ours = chain.score(&batch, None).ok().context("the chain scores")?;
        for (ours, theirs) in ours.into_iter().zip(native.score(&payloads(&batch))) {
            let theirs = theirs.map(|outcome| (outcome.score, outcome.decision, outcome.payload));
            let ours = ours.map(|outcome| (outcome.score, outcome.decision, outcome.payload));
            anyhow::ensure!(
                ours == theirs,
                "{ours:?} in the sandbox, {theirs:?} natively"
            );
        }
    }
    Ok(())
}
