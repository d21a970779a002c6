//! `cargo bench --bench trees`: nanoseconds a row of compiled forests, in wasmtime as the gateway sets it up, one thread, fresh random rows
//! in each batch; the fast kernels beside the general one in pairs that alternate. `cargo bench --bench trees -- 21` takes 21 pairs.
//! Nothing here asserts a time.

mod engine;
#[path = "trees/explain.rs"]
mod explain;
#[path = "../tests/grown/mod.rs"]
mod grown;

use std::hint::black_box;
use std::time::Instant;

use engine::{Running, Tensor};
use grown::{Random, Shape, grow, options};
use scoregate_compiler::description::{Description, Precision};
use scoregate_compiler::{Options, compile_for};
use scoregate_kernel::layout::Kind;

/// Trees, leaves of each, features of a row.
const MODELS: [(&str, usize, usize, usize); 3] = [
    ("A: 100 trees of 31 leaves, 30 features", 100, 31, 30),
    ("B: 500 trees of 63 leaves, 50 features", 500, 63, 50),
    ("C: 300 trees of 255 leaves, 82 features", 300, 255, 82),
];
const BATCHES: [usize; 4] = [1, 16, 256, 4096];
/// Rows of one measurement, unless a batch has more: short, so that the least of them met no other process.
const ROWS: usize = 512;

struct Served {
    running: Running,
    bytes: usize,
}

impl Served {
    fn ns_a_row(&mut self, shape: &Shape, batch: usize, batches: &[Vec<u8>]) -> f64 {
        let inputs: Vec<Vec<Tensor>> = batches
            .iter()
            .map(|data| {
                vec![Tensor {
                    shape: vec![batch as u64, shape.features as u64],
                    data: data.clone(),
                }]
            })
            .collect();
        let rows = (inputs.len() * batch) as f64;
        let start = Instant::now();
        for input in inputs {
            black_box(self.running.infer(input));
        }
        start.elapsed().as_secs_f64() * 1e9 / rows
    }
}

fn main() {
    let pairs = std::env::args().find_map(|argument| argument.parse().ok());
    let pairs: usize = pairs.unwrap_or(7);
    let engine = engine::engine();
    // What contributions cost is measured alone by `-- explain`.
    if std::env::args().any(|argument| argument == "explain") {
        return explain::measure(&engine, pairs);
    }
    for precision in [Precision::F64, Precision::F32] {
        for model in MODELS {
            let (name, shape) = (model.0, shape(precision, model));
            let model = grow(&shape, 7);
            let [mut ranked, mut walk] =
                [Kind::Ranked, Kind::Walk].map(|kind| start(&engine, &model, kind, &options()));
            println!(
                "\n{name}, {precision:?}: configured in {:.2} ms ({} kB), walk {:.2} ms ({} kB)",
                ranked.running.configured_ms,
                ranked.bytes / 1000,
                walk.running.configured_ms,
                walk.bytes / 1000
            );
            println!(
                "{:>7} {:>12} {:>12} {:>7}",
                "batch", "ranked", "walk", "ratio"
            );
            for batch in BATCHES {
                measure(&shape, batch, pairs, &mut ranked, &mut walk);
            }
        }
    }
}

fn shape(precision: Precision, (_, trees, leaves, features): (&str, usize, usize, usize)) -> Shape {
    Shape {
        precision,
        trees,
        leaves,
        features,
        groups: 1,
        grid: 255,
        sets_percent: 0,
        varied: false,
    }
}

fn measure(shape: &Shape, batch: usize, pairs: usize, ranked: &mut Served, walk: &mut Served) {
    let mut random = Random(99);
    let mut figures: Vec<(f64, f64)> = (0..pairs)
        .map(|_| {
            let batches = rows(shape, batch, &mut random);
            let run = |served: &mut Served| served.ns_a_row(shape, batch, &batches);
            (run(ranked), run(walk))
        })
        .collect();
    figures.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (a, b) = figures[pairs / 2];
    let ratio = a / b;
    let sorted = |of: fn(&(f64, f64)) -> f64| {
        let mut all: Vec<f64> = figures.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (ranked, walk) = (sorted(|pair| pair.0), sorted(|pair| pair.1));
    println!(
        "{batch:>7} {:>9.0} ns {:>9.0} ns {ratio:>7.2} {:>9.0} ns {:>9.0} ns",
        ranked[pairs / 2],
        walk[pairs / 2],
        ranked[0],
        walk[0],
    );
}

/// Batches of fresh rows: one row again and again would flatter code that branches.
fn rows(shape: &Shape, batch: usize, random: &mut Random) -> Vec<Vec<u8>> {
    rows_of(shape, batch, ROWS, random)
}

fn rows_of(shape: &Shape, batch: usize, all: usize, random: &mut Random) -> Vec<Vec<u8>> {
    let mut data = |_| {
        let values = (0..batch * shape.features).map(|_| 4.4 * random.unit() - 2.2);
        match shape.precision {
            Precision::F32 => values
                .flat_map(|value| (value as f32).to_le_bytes())
                .collect(),
            Precision::F64 => values.flat_map(f64::to_le_bytes).collect(),
        }
    };
    (0..(all / batch).max(1)).map(&mut data).collect()
}

fn start(engine: &wasmtime::Engine, model: &Description, kind: Kind, options: &Options) -> Served {
    let compiled = compile_for(model, kind, options).expect("a component");
    Served {
        running: Running::start(engine, &compiled.component),
        bytes: compiled.summary.tables_bytes,
    }
}
