//! `cargo bench --bench trees`: nanoseconds a row of compiled forests, in wasmtime as the gateway sets it up, one thread, fresh random rows
//! in each batch; the fast kernels beside the general one in pairs that alternate. `cargo bench --bench trees -- 21` takes 21 pairs.
//! Nothing here asserts a time.

#[path = "../tests/grown/mod.rs"]
mod grown;

#[path = "trees/explain.rs"]
mod explain;

use std::hint::black_box;
use std::time::Instant;

use grown::{Random, Shape, grow, options};
use scoregate_compiler::description::{Description, Precision};
use scoregate_compiler::{Options, compile_for};
use scoregate_kernel::layout::Kind;
use wasmtime::component::{Component, ComponentType, Lift, Linker, Lower, TypedFunc};
use wasmtime::{Config, Engine, Store};

/// Trees, leaves of each, features of a row.
const MODELS: [(&str, usize, usize, usize); 3] = [
    ("A: 100 trees of 31 leaves, 30 features", 100, 31, 30),
    ("B: 500 trees of 63 leaves, 50 features", 500, 63, 50),
    ("C: 300 trees of 255 leaves, 82 features", 300, 255, 82),
];
const BATCHES: [usize; 4] = [1, 16, 256, 4096];
/// Rows of one measurement, unless a batch has more: short, so that the least of them met no other process.
const ROWS: usize = 512;

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Tensor {
    shape: Vec<u64>,
    data: Vec<u8>,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Info {
    name: String,
    version: String,
    description: String,
}

#[derive(ComponentType, Lift, Lower, Debug)]
#[component(variant)]
enum Failure {
    #[component(name = "invalid-input")]
    InvalidInput(String),
    #[component(name = "internal")]
    Internal(String),
}

type Infer = TypedFunc<(Vec<Tensor>,), (Result<Vec<Tensor>, Failure>,)>;

struct Running {
    store: Store<()>,
    infer: Infer,
    configured_ms: f64,
    bytes: usize,
}

impl Running {
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
            let (answer,) = self.infer.call(&mut self.store, (input,)).expect("a call");
            black_box(answer.expect("scores"));
        }
        start.elapsed().as_secs_f64() * 1e9 / rows
    }
}

fn main() {
    let pairs = std::env::args().find_map(|argument| argument.parse().ok());
    let pairs: usize = pairs.unwrap_or(7);
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .wasm_relaxed_simd(false)
        .generate_address_map(false);
    let engine = Engine::new(&config).expect("the engine");
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
                ranked.configured_ms,
                ranked.bytes / 1000,
                walk.configured_ms,
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

fn measure(shape: &Shape, batch: usize, pairs: usize, ranked: &mut Running, walk: &mut Running) {
    let mut random = Random(99);
    let mut figures: Vec<(f64, f64)> = (0..pairs)
        .map(|_| {
            let batches = rows(shape, batch, &mut random);
            let run = |running: &mut Running| running.ns_a_row(shape, batch, &batches);
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

fn start(engine: &Engine, model: &Description, kind: Kind, options: &Options) -> Running {
    let compiled = compile_for(model, kind, options).expect("a component");
    let component = Component::new(engine, &compiled.component).expect("a component");
    let mut linker = Linker::new(engine);
    linker
        .define_unknown_imports_as_traps(&component)
        .expect("no imports");
    let mut store = Store::new(engine, ());
    store.set_epoch_deadline(1 << 40);
    let instance = linker
        .instantiate(&mut store, &component)
        .expect("an instance");
    let mut export = |interface: &str, function: &str| {
        let interface = instance.get_export_index(&mut store, None, interface);
        let interface = interface.expect("the interface");
        instance
            .get_export_index(&mut store, Some(&interface), function)
            .expect("the function")
    };
    let configure = export("scoregate:plugin/plugin@0.1.0", "configure");
    let infer = export("scoregate:plugin/model@0.1.0", "infer");
    let configure: TypedFunc<(String,), (Result<Info, String>,)> = instance
        .get_typed_func(&mut store, configure)
        .expect("its type");
    let infer: Infer = instance
        .get_typed_func(&mut store, infer)
        .expect("its type");
    let begin = Instant::now();
    let (configured,) = configure
        .call(&mut store, ("{}".to_owned(),))
        .expect("a call");
    configured.expect("sound tables");
    Running {
        configured_ms: begin.elapsed().as_secs_f64() * 1e3,
        store,
        infer,
        bytes: compiled.summary.tables_bytes,
    }
}
